"""Whose prints the simulated state bureau, FBI and DHS hold: the known people of the cast, and strangers.

All three are in one gallery. The meta of a subject says which repositories hold it and under which numbers,
so that a simulator searches once and then answers for each repository what that repository knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from matching.engine.leader import Extractor
from matching.engine.template import Template
from matching.samples.bookings import SEED
from matching.samples.casting import JAILS, Sample
from matching.samples.people import draw
from matching.samples.prints import POSITIONS, impress
from matching.samples.records import Holdings, Standing, holdings, rap_sheet
from matching.samples.ridges import grow_master

STRANGERS: Final = 150
FIRST_STRANGER: Final = 1_001
RECORD_IMPRESSION: Final = 90  # another time the finger was pressed than any booking
_STRANGER_TAG: Final = 0x5E


@dataclass(frozen=True)
class Holder:
    """Somebody with a record: the number of the person, what is held, and which fingers."""

    person: int
    holdings: Holdings
    positions: tuple[int, ...] = POSITIONS

    @property
    def ref(self) -> str:
        return f"person-{self.person:04d}"


def holders(cast: tuple[Sample, ...]) -> list[Holder]:
    """Everybody in the gallery, each person once."""
    known: dict[int, Holder] = {}
    for sample in cast:
        amputated = {position for position, code in sample.prints.missing if code == "XX"}
        positions = tuple(position for position in POSITIONS if position not in amputated)
        if sample.holdings.repositories:
            known.setdefault(sample.person, Holder(sample.person, sample.holdings, positions))
    return [*known.values(), *(stranger(FIRST_STRANGER + number) for number in range(STRANGERS))]


def stranger(person: int) -> Holder:
    """Somebody who is never booked. Criminal and immigration records are drawn separately."""
    rng = np.random.default_rng([SEED, person, _STRANGER_TAG])
    states = sorted(jail.state for jail in JAILS.values())
    state = states[int(rng.integers(len(states)))] if rng.random() < 0.6 else None
    fbi = bool(rng.random() < 0.7)
    standing = list(Standing)[int(rng.integers(3))]
    dhs = standing if rng.random() < 0.45 or not (state or fbi) else None
    return Holder(person, holdings(person, state=state, fbi=fbi, dhs=dhs))


def meta(holder: Holder) -> dict[str, Any]:
    """What the repositories know of a subject besides the prints."""
    held = holder.holdings
    persona = draw(holder.person)
    return {
        "repositories": list(held.repositories),
        "sid": held.sid,
        "ucn": held.ucn,
        "fin": held.fin,
        "iar": held.iar,
        "rap_sheet": rap_sheet(held.ucn) if held.ucn else None,
        "surname": persona.surname,
        "given_names": persona.given_names,
    }


def enrolled_prints(holder: Holder, extractor: Extractor) -> dict[int, Template]:
    """Templates of the impression the repositories have on file."""
    return {
        position: extractor.extract(
            impress(grow_master(SEED, holder.person, position), SEED, holder.person, RECORD_IMPRESSION)
        )
        for position in holder.positions
    }
