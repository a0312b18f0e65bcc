"""Finger images of a transaction, out of Type-4 and Type-14 records, and back into them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from matching.formats.errors import FieldProblem
from matching.formats.records import BinaryRecord, TaggedRecord, Transaction, read_grey_print
from matching.formats.writer import RawOut, TaggedOut, pack_grey_print
from matching.imaging.headers import has_header, image_size

ROLLED = frozenset({1, 3})
FINGERS = range(1, 11)
POSITIONS = range(1, 15)
MINIMUM_PPI = 500
_INCH_IN_MM = 25.4
_TYPE_4_COMPRESSION = {0: "NONE", 1: "WSQ20", 2: "JPEGB", 3: "JPEGL", 4: "JP2", 5: "JP2L", 6: "PNG"}
_AMPUTATION_CODES = frozenset({"XX", "UP"})


@dataclass(frozen=True, slots=True)
class PrintImage:
    """One print: position 1-10 fingers, 11-12 plain thumbs, 13-14 plain four fingers; bytes as received."""

    position: int
    impression: int
    width: int
    height: int
    ppi: int
    compression: str
    data: bytes = field(repr=False)
    record_type: int = 4

    @property
    def is_rolled(self) -> bool:
        return self.impression in ROLLED


def prints_digest(prints: Iterable[PrintImage]) -> str:
    """One SHA-256 over positions and image bytes, the same whatever record type or order carried them."""
    digest = hashlib.sha256()
    for image in sorted(prints, key=lambda item: (item.position, item.data)):
        digest.update(f"{image.position}:{len(image.data)}:".encode())
        digest.update(image.data)
    return digest.hexdigest()


def read_prints(transaction: Transaction) -> tuple[list[PrintImage], list[FieldProblem]]:
    """Every finger image and what is wrong with any; an image that has a problem is left out."""
    header = transaction.header
    prints: list[PrintImage] = []
    problems: list[FieldProblem] = []
    images = [_from_type_4(record, header) for record in transaction.binary(4)]
    # A Type-14 record may say only that its finger is missing.
    images += [_from_type_14(r) for r in transaction.tagged(14) if r.data is not None or r.get(18) is None]
    for image in images:
        wrong = list(_check(image))
        problems.extend(wrong)
        if not wrong:
            prints.append(image)
    problems.extend(_check_twice(prints))
    return sorted(prints, key=lambda image: image.position), problems


def read_amputations(transaction: Transaction) -> tuple[tuple[int, str], ...]:
    """Fingers declared amputated (XX) or unable to print (UP), in Type-2 or in Type-14 records."""
    found: dict[int, str] = {}
    fields = [record.get(84) for record in transaction.tagged(2)]
    fields.extend(record.get(18) for record in transaction.tagged(14))
    for item in fields:
        for occurrence in () if item is None else item.subfields:
            if len(occurrence) == 2 and occurrence[1] in _AMPUTATION_CODES:
                position = _number(occurrence[0])
                if position in FINGERS:
                    found[position] = occurrence[1]
    return tuple(sorted(found.items()))


def print_record(image: PrintImage, idc: int, *, source: str, captured: date) -> TaggedOut | RawOut:
    """The record that carries this image, of the type the image says; its bytes are not touched."""
    if image.record_type == 4:
        codes = {name: number for number, name in _TYPE_4_COMPRESSION.items()}
        return pack_grey_print(
            idc=idc, impression=image.impression, position=image.position, width=image.width,
            height=image.height, compression=codes[image.compression], data=image.data,
        )  # fmt: skip
    fields = {
        3: str(image.impression), 4: source, 5: f"{captured:%Y%m%d}", 6: str(image.width),
        7: str(image.height), 8: "1", 9: str(image.ppi), 10: str(image.ppi), 11: image.compression, 12: "8",
        13: str(image.position),
    }  # fmt: skip
    return TaggedOut(14, idc, fields, image.data)


def _from_type_4(record: BinaryRecord, header: TaggedRecord) -> PrintImage:
    grey = read_grey_print(record)
    ppi = MINIMUM_PPI if grey.scanning_resolution == 0 else _native_ppi(header.text(11))
    return PrintImage(
        position=grey.positions[0] if grey.positions else 0,
        impression=grey.impression,
        width=grey.width,
        height=grey.height,
        ppi=ppi,
        compression=_TYPE_4_COMPRESSION.get(grey.compression, f"code {grey.compression}"),
        data=grey.data,
        record_type=4,
    )


def _from_type_14(record: TaggedRecord) -> PrintImage:
    density = _number(record.text(9))
    per_inch = density if record.text(8) == "1" else round(density * 2.54)
    return PrintImage(
        position=_number(record.text(13)),
        impression=_number(record.text(3)),
        width=_number(record.text(6)),
        height=_number(record.text(7)),
        ppi=per_inch,
        compression=record.text(11) or "",
        data=record.data or b"",
        record_type=14,
    )


def _check(image: PrintImage) -> Iterator[FieldProblem]:
    kind = image.record_type
    if image.position not in POSITIONS:
        yield _problem(kind, "FGP", "A print does not name its finger; enter a position from 1 to 14.")
        return
    which = f"The print of position {image.position}"
    if not image.data:
        yield _problem(
            kind, "DATA", f"{which} has no image; scan the finger or declare it missing in 2.084 AMP."
        )
    elif not 1 <= image.width <= 65535 or not 1 <= image.height <= 65535:
        yield _problem(kind, "HLL", f"{which} has no width or height; enter both in pixels.")
    elif not 1 <= image.ppi <= 4000:
        yield _problem(kind, "SLC", f"{which} has no usable resolution; enter it in pixels per inch.")
    else:
        size = image_size(image.compression, image.data)
        if size is None and has_header(image.compression):
            yield _problem(kind, "DATA", f"{which} is damaged; scan the finger again.")
        elif size is not None and size != (image.width, image.height):
            wrong = "says another width or height inside its image than in its record"
            yield _problem(kind, "HLL", f"{which} {wrong}; scan the finger again.")


def _check_twice(prints: list[PrintImage]) -> Iterator[FieldProblem]:
    seen: set[int] = set()
    for image in prints:
        if image.position in seen:
            message = f"Position {image.position} has two prints; send one of them."
            yield _problem(image.record_type, "FGP", message)
        seen.add(image.position)


def _problem(record_type: int, mnemonic: str, message: str) -> FieldProblem:
    numbers = {"FGP": (4, 13), "DATA": (9, 999), "HLL": (6, 6), "SLC": (5, 8)}
    number = numbers[mnemonic][record_type == 14]
    return FieldProblem(f"{record_type}.{number:03d}", mnemonic, message, "image")


def _native_ppi(resolution: str | None) -> int:
    """1.011 NSR is in pixels per millimetre."""
    whole, _, part = (resolution or "").partition(".")
    scale: int = 10 ** len(part)
    return round(_number(whole + part) / scale * _INCH_IN_MM)


def _number(text: str | None) -> int:
    return int(text) if text and len(text) <= 6 and text.isascii() and text.isdigit() else 0
