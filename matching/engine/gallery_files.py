"""The two files of a stored gallery: templates as one array of bytes, the rest as readable JSON."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from matching.engine.errors import GalleryRefused
from matching.engine.template import Template

SCHEMA: Final = "clearhold-gallery/1"


@dataclass(frozen=True)
class StoredSubject:
    ref: str
    prints: Mapping[int, Template]
    meta: Mapping[str, Any]


def write(path: Path, subjects: Sequence[StoredSubject]) -> None:
    """Replace both files, each in one step, so that a reader never sees half a file."""
    fingers = [
        (number, position, subject.prints[position].to_bytes())
        for number, subject in enumerate(subjects)
        for position in sorted(subject.prints)
    ]
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        subject=np.array([number for number, _, _ in fingers], dtype=np.int32),
        position=np.array([position for _, position, _ in fingers], dtype=np.uint8),
        length=np.array([len(data) for _, _, data in fingers], dtype=np.int32),
        templates=np.frombuffer(b"".join(data for _, _, data in fingers), dtype=np.uint8),
    )
    listing = {"schema": SCHEMA, "subjects": [{"ref": s.ref, "meta": dict(s.meta)} for s in subjects]}
    _replace(path.with_suffix(".npz"), buffer.getvalue())
    _replace(path.with_suffix(".json"), (json.dumps(listing, ensure_ascii=False, indent=1) + "\n").encode())


def read(path: Path) -> list[StoredSubject]:
    """Raises GalleryRefused when a file is missing, of another kind, or the two do not belong together."""
    try:
        listing = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
            numbers, positions = arrays["subject"].tolist(), arrays["position"].tolist()
            lengths, content = arrays["length"].tolist(), arrays["templates"].tobytes()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise GalleryRefused(f"The gallery {path.name} cannot be read: {error}.") from error
    if not isinstance(listing, dict) or listing.get("schema") != SCHEMA:
        raise GalleryRefused(f"{path.with_suffix('.json').name} is not a gallery of the form {SCHEMA}.")
    entries = listing["subjects"]
    if sum(lengths) != len(content) or (numbers and max(numbers) >= len(entries)):
        raise GalleryRefused(f"The two files of the gallery {path.name} do not belong together.")
    prints: list[dict[int, Template]] = [{} for _ in entries]
    start = 0
    for number, position, length in zip(numbers, positions, lengths, strict=True):
        prints[number][position] = Template.from_bytes(content[start : start + length])
        start += length
    return [StoredSubject(e["ref"], prints[i], e["meta"]) for i, e in enumerate(entries)]


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
