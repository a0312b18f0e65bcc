"""Where a case stands, in one word, from the facts. Pure; never stored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """One word for the whole case. Later acts and later clocks win over earlier ones."""

    BOOKED = "booked"
    CHECKING = "checking"
    REVIEW = "review"
    DETAINER = "detainer"
    HOLD = "hold"
    RELEASE_ELIGIBLE = "release_eligible"
    OVERDUE = "overdue"
    ENDED = "ended"


MEANING: dict[Stage, str] = {
    Stage.BOOKED: "Booked; no answer is waited for and no detainer is open.",
    Stage.CHECKING: "The fingerprint check waits for an answer.",
    Stage.REVIEW: "A person must look: an immigration response to read, prints refused, or no finding.",
    Stage.DETAINER: "A detainer is open and a local ground still holds the person.",
    Stage.HOLD: "The person is held on a detainer, and its clock runs.",
    Stage.RELEASE_ELIGIBLE: "The last local ground has ended; another authority still holds the person.",
    Stage.OVERDUE: "The person is in custody after every authority to hold has ended.",
    Stage.ENDED: "Custody has ended.",
}

_WAITS = frozenset({"waiting", "held_back", "overdue"})
_NEEDS_A_PERSON = frozenset({"awaiting_iar", "inconclusive", "rejected", "error"})


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What the word depends on."""

    custody_state: str
    now: datetime
    release_eligible_at: datetime | None = None
    authority_ends_at: datetime | None = None
    is_held_on_detainer: bool = False
    has_open_breach: bool = False
    has_open_detainer: bool = False
    answers: Collection[str] = ()

    @property
    def is_past_authority(self) -> bool:
        return self.has_open_breach or (
            self.authority_ends_at is not None and self.authority_ends_at <= self.now
        )


def stage(facts: StageFacts) -> Stage:
    """The first that applies, from the end of the road to its beginning."""
    answers = set(facts.answers)
    ladder = (
        (facts.custody_state != "in_custody", Stage.ENDED),
        (facts.is_past_authority, Stage.OVERDUE),
        (facts.is_held_on_detainer, Stage.HOLD),
        (
            facts.release_eligible_at is not None and facts.release_eligible_at <= facts.now,
            Stage.RELEASE_ELIGIBLE,
        ),
        (facts.has_open_detainer, Stage.DETAINER),
        (bool(answers & _NEEDS_A_PERSON), Stage.REVIEW),
        (bool(answers & _WAITS), Stage.CHECKING),
    )
    return next((found for applies, found in ladder if applies), Stage.BOOKED)
