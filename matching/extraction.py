"""From a file of prints to templates: decode in a limited child process, extract with the network, one finger at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matching.engine.errors import ImageRefused
from matching.engine.leader import Extractor
from matching.engine.quality import quality
from matching.engine.template import Template
from matching.formats.ebts import PrintImage, validate_booking_eft
from matching.formats.errors import EftError
from matching.imaging import GreyImage, decode, from_print

FINGERS: Final = range(1, 11)

_extractor = Extractor()  # the network is loaded at first use, after any fork


class Unusable(Exception):
    """The prints cannot be searched.

    `code` is stable; `sentence` says what to do and nothing about the person.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True)
class Extracted:
    """The minutiae of one finger and how usable the impression is, 1 (best) to 5."""

    position: int
    template: Template
    quality: int


def extract_prints(content: bytes) -> list[Extracted]:
    """Templates of the fingers of a booking file.

    A finger that cannot be read is left out. Raises Unusable when none can.
    """
    try:
        eft = validate_booking_eft(content)
    except EftError as error:
        raise Unusable("file_unreadable", "The file of prints can no longer be read.") from error
    images = _single_fingers(eft.prints)
    decoded = decode([from_print(image) for image in images])
    found = [
        finger
        for image, grey in zip(images, decoded, strict=True)
        if isinstance(grey, GreyImage) and (finger := _extract(image.position, grey)) is not None
    ]
    if not found:
        raise Unusable("no_usable_finger", "No finger could be read. Take new prints.")
    return found


def _single_fingers(prints: tuple[PrintImage, ...]) -> list[PrintImage]:
    """Rolled or plain single fingers; slaps and plain thumbs are in the file too, but not compared."""
    return [image for image in prints if image.position in FINGERS]


def _extract(position: int, grey: GreyImage) -> Extracted | None:
    try:
        template = _extractor.extract(grey.pixels, ppi=grey.ppi)
        if not len(template):
            return None
        return Extracted(position, template, quality(grey.pixels, template, ppi=grey.ppi))
    except ImageRefused:
        return None
