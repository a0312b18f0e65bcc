"""Who the prints belong to, in three separate repositories. Sees pixels and templates, never a file."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Meta = Mapping[str, Any]
STATE, FBI, DHS = "state", "fbi", "dhs"
# A subject is in the repository whose number it has; a state number starts with its state.
NUMBER_OF = {STATE: "sid", FBI: "ucn", DHS: "fin"}
WORST_QUALITY = 5
ENROLLED_FROM = "enrolled_from"


@dataclass(frozen=True, slots=True)
class Impression:
    """What extraction made of one image, and how much it is worth."""

    template: Any
    minutiae: int
    quality: int


@dataclass(frozen=True, slots=True)
class Place:
    """A repository: that of one state, of the FBI or of DHS."""

    source: str
    state: str = ""

    def holds(self, meta: Meta) -> bool:
        number = meta.get(NUMBER_OF[self.source])
        return bool(number) and str(number).startswith(self.state)


class SearchEngine(Protocol):
    """Extraction and search, so that tests can do without a network."""

    def extract(self, pixels: Pixels, ppi: int) -> Impression: ...

    def search(self, prints: Mapping[int, Any], place: "Place", *, but_not: str) -> Meta | None:
        """The subject of that repository with these prints; `but_not` names an enrolment to leave out."""
        ...

    def enrol(self, reference: str, prints: Mapping[int, Any], meta: Meta) -> None: ...

    def pack(self, template: Any) -> bytes: ...

    def unpack(self, data: bytes) -> Any: ...


def pack_enrolment(engine: SearchEngine, digest: str, prints: Mapping[int, Any], meta: Meta) -> bytes:
    packed = {position: base64.b64encode(engine.pack(item)).decode() for position, item in prints.items()}
    return json.dumps({"digest": digest, "prints": packed, "meta": dict(meta)}).encode()


def enrol_packed(engine: SearchEngine, document: bytes) -> None:
    read = json.loads(document)
    prints = {int(place): engine.unpack(base64.b64decode(data)) for place, data in read["prints"].items()}
    engine.enrol(f"enrolled-{read['digest']}", prints, read["meta"])


class LeaderEngine:
    """Our own engine over one gallery file; the numbers in its meta tell the repositories apart."""

    def __init__(self, gallery: Path) -> None:
        from matching.engine.errors import ImageRefused
        from matching.engine.gallery import Gallery
        from matching.engine.leader import Extractor
        from matching.engine.quality import quality
        from matching.engine.template import Template

        self._extractor = Extractor()
        self._refused = ImageRefused
        self._quality = quality
        self._template = Template
        self._gallery = Gallery.load(gallery)
        self._threshold = Gallery.threshold_for

    def extract(self, pixels: Pixels, ppi: int) -> Impression:
        try:
            template = self._extractor.extract(pixels, ppi)
        except self._refused:
            return Impression(None, 0, WORST_QUALITY)
        return Impression(template, len(template), self._quality(pixels, template, ppi))

    def search(self, prints: Mapping[int, Any], place: Place, *, but_not: str) -> Meta | None:
        hits = self._gallery.search(
            prints,
            limit=1,
            where=lambda meta: place.holds(meta) and meta.get(ENROLLED_FROM) != but_not,
        )
        for hit in hits:
            if hit.score >= self._threshold(hit.fingers):
                return self._gallery.meta(hit.subject_ref)
        return None

    def enrol(self, reference: str, prints: Mapping[int, Any], meta: Meta) -> None:
        if reference not in self._gallery:
            self._gallery.add(reference, prints, dict(meta))

    def pack(self, template: Any) -> bytes:
        packed: bytes = template.to_bytes()
        return packed

    def unpack(self, data: bytes) -> Any:
        return self._template.from_bytes(data)
