"""The file that goes out: our numbers and addresses in front, the received images untouched behind. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outgoing:
    """An outgoing file as the part that is ours and the number of bytes taken from the end of the received file."""

    head: bytes = field(repr=False)
    tail: int
    sha256: str


def split_outgoing(received: bytes, outgoing: bytes) -> Outgoing:
    """Store an outgoing file as what differs from the received one, so that images are not kept twice."""
    tail = common_end(received, outgoing)
    return Outgoing(
        head=outgoing[: len(outgoing) - tail], tail=tail, sha256=hashlib.sha256(outgoing).hexdigest()
    )


def common_end(one: bytes, other: bytes) -> int:
    """How many bytes at the end two files share; found by halving, as every shorter end is shared too."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low
