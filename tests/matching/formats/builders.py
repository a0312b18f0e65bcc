"""Transactions for tests: invented people, patterns instead of fingers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from matching.formats.answers import Envelope
from matching.formats.ebts import ArrestCharge, PrintImage, build_car
from matching.formats.records import GS
from matching.imaging import encode_wsq

AT = datetime(2026, 3, 2, 15, 15, tzinfo=UTC)
ENVELOPE = Envelope(
    tcn="E2026000000000000001", tcr="MA20260302000000000001", ori="USFBI0000", dai="MA0010000", at=AT,
    oca="2026-00391", cri=("MA0010000",),
)  # fmt: skip
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@cache
def pattern(seed: int, side: int = 96) -> bytes:
    """A small WSQ image that is its seed's own."""
    y, x = np.mgrid[0:side, 0:side]
    waves = np.sin(x / (2.5 + seed % 7) + seed) + np.cos(y / (2.0 + seed % 5) + x / (9.0 + seed % 11))
    return encode_wsq((128 + 50 * waves).clip(0, 255).astype(np.uint8))


def prints_of(
    person: int, positions: Sequence[int] = range(1, 11), *, record_type: int = 4
) -> list[PrintImage]:
    return [
        PrintImage(place, 1, 96, 96, 500, "WSQ20", pattern(person * 20 + place), record_type)
        for place in positions
    ]


def car(**changes: Any) -> bytes:
    facts: dict[str, Any] = {
        "tcn": "MA20260302000000000001",
        "ori": "MA0010000",
        "dai": "MASBI0000",
        "cri": "MA0010000",
        "at": AT,
        "surname": "Testcase",
        "given_names": "Alpha Beta",
        "dob": date(1990, 1, 31),
        "sex": "X",
        "doa": date(2026, 3, 1),
        "arrests": [ArrestCharge(date(2026, 3, 1), "LARCENY UNDER 250"), ArrestCharge(None, "TRESPASS")],
        "prints": prints_of(1),
        "oca": "2026-00391",
    }
    return build_car(**{**facts, **changes})


def tagged(record_type: int, fields: Sequence[tuple[int, bytes]]) -> bytes:
    """A tagged record written without any of the writer's care."""
    body = (
        GS.encode().join(b"%d.%03d:%s" % (record_type, number, value) for number, value in fields) + b"\x1c"
    )
    prefix = b"%d.001:" % record_type
    length = len(prefix) + 1 + len(body)
    digits = next(size for size in range(1, 9) if len(str(length + size)) == size)
    return prefix + b"%d" % (length + digits) + b"\x1d" + body


def rough(
    body: Sequence[tuple[int, bytes]], *, tot: bytes = b"SRE", header: Sequence[tuple[int, bytes]] = ()
) -> bytes:
    """A file of a Type-1 and a Type-2 record, written without any of the writer's care."""
    first = [
        (2, b"0500"), (3, b"1\x1f1\x1e2\x1f00"), (4, tot), (5, b"20260302"), (7, b"MA0010000"),
        (8, b"USFBI0000"), (9, b"E2026001000000000001"), (10, b"MA20260302000000000001"), *header,
    ]  # fmt: skip
    return tagged(1, first) + tagged(2, [(2, b"00"), *body])


def altered(content: bytes, tag: bytes, value: bytes | None) -> bytes:
    """The Type-2 text of a built file with one field replaced or removed, lengths made right again."""
    from matching.formats import itl

    transaction = itl.read(content)
    number = int(tag.partition(b".")[2])
    parts = []
    for record in transaction.records:
        if record.type == int(tag.partition(b".")[0]):
            kept = [
                (item.number, item.value.encode()) for item in record.fields if item.number not in (1, number)
            ]
            if value is not None:
                kept.append((number, value))
            parts.append(tagged(record.type, sorted(kept)))
        else:
            parts.append(record.raw)
    return b"".join(parts)
