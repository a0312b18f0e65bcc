"""What cases needs from others, in its own words. `config/wiring.py` plugs the adapters in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.models import Case, Document


@dataclass(frozen=True)
class EftFacts:
    """What a booking EFT says about the person, for comparison with what was typed."""

    surname: str
    given_names: str
    birth_date: date | None
    sex: str
    birth_place: str
    arrest_date: date | None
    charges: tuple[tuple[date | None, str], ...]
    prints_digest: str
    print_count: int
    reading: object = field(default=None, repr=False, compare=False)
    """The reader's own result, for the app behind the reader; cases does not look into it."""


@dataclass(frozen=True)
class JustBooked:
    """Carried by the event of a new booking, for handlers of its transaction: the case made and the file read a moment ago."""

    case: Case
    document: Document | None
    content: bytes | None = field(repr=False)
    reading: object = field(repr=False)


EftReader = Callable[[bytes], EftFacts]
"""Reads a booking EFT; raises accounts.errors.Invalid with one sentence per wrong field."""

NameFolder = Callable[[str], str]
"""Writes a name as the wire can carry it (7-bit), so that a true name and a file's name can be compared."""


def _not_wired(content: bytes) -> EftFacts:
    raise RuntimeError("No reader of print files is wired; config/wiring.py sets cases.ports.eft_reader.")


eft_reader: EftReader = _not_wired
fold_name: NameFolder = str.upper


NumberLookUp = Callable[[Collection[int], str], list[int]]
"""Agencies and a number as typed; the cases of these agencies that are known by it."""

number_look_ups: dict[str, NumberLookUp] = {}
"""Numbers that other apps keep, by the reason that the search gives (`cases.search.Why`)."""
