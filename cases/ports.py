"""What cases needs from others, in its own words. `config/wiring.py` plugs the adapters in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


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


EftReader = Callable[[bytes], EftFacts]
"""Reads a booking EFT; raises accounts.errors.Invalid with one sentence per wrong field."""

NameFolder = Callable[[str], str]
"""Writes a name as the wire can carry it (7-bit), so that a true name and a file's name can be compared."""


def _not_wired(content: bytes) -> EftFacts:
    raise RuntimeError("No reader of print files is wired; config/wiring.py sets cases.ports.eft_reader.")


eft_reader: EftReader = _not_wired
fold_name: NameFolder = str.upper
