"""Rules of the fingerprint check. Pure: facts in, verdict out; no query, no clock, no write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from matching.states import AnswerState, CandidateState, Decision, Source

IMMIGRATION_NDR: Final = frozenset({"9", "10"})  # 2.098: DHS IDENT; DHS IDENT and the support centre
UNANSWERED_TOT: Final = frozenset({"CNA"})  # no answer is to be waited for


class Outcome(StrEnum):
    """What one reply says, as its parser read it; never a boolean."""

    IDENTIFICATION = "identification"
    NON_IDENTIFICATION = "non_identification"
    INCONCLUSIVE = "inconclusive"
    REJECTED = "rejected"
    ERROR = "error"
    IMMIGRATION_RESPONSE = "immigration_response"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True)
class PolicyRow:
    """One dated row of the submission policies, with its citation."""

    code: str
    place: str
    effective_from: date
    effective_to: date | None
    adult_age: int | None
    forbidden_ndr: frozenset[str]
    citation: str
    confidence: str

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


@dataclass(frozen=True)
class Place:
    """Where the jail is, as far as the rules ask."""

    state: str
    county: str = ""
    city: str = ""

    def chain(self) -> tuple[str, ...]:
        """The names of this place from the widest to the narrowest."""
        local = (f"{self.state}/{name}" for name in (self.county, self.city) if name)
        return ("US", self.state, *local)


@dataclass(frozen=True)
class BookingFacts:
    """What the decision on a new submission depends on."""

    birth_date: date | None
    booked_on: date
    tot: str
    ndr: tuple[str, ...]
    has_prints: bool
    place: Place


@dataclass(frozen=True)
class Plan:
    """What goes out and what is expected back, each with the code of its reason."""

    is_sent: bool
    held_back_reason: str
    ndr: tuple[str, ...]
    dropped_ndr: tuple[str, ...]
    answers: tuple[tuple[Source, AnswerState, str], ...]
    policy_codes: tuple[str, ...]


HELD_BACK_MINOR: Final = "minor"
HELD_BACK_AGE_UNKNOWN: Final = "age_unknown"
NO_PRINTS: Final = "no_prints"
NO_ANSWER_ASKED: Final = "no_answer_asked"
NOT_ASKED_BY_US: Final = "not_asked_by_us"

REASONS: Final[dict[str, str]] = {
    HELD_BACK_MINOR: (
        "The person is a minor under the rule of this place. A supervisor decides whether the prints go out."
    ),
    HELD_BACK_AGE_UNKNOWN: (
        "The date of birth is not known. A supervisor confirms that the person is an adult."
    ),
    NO_PRINTS: "No prints came with the booking, so nothing was asked.",
    NO_ANSWER_ASKED: "This kind of transaction asks for no answer.",
    NOT_ASKED_BY_US: "Not asked by us; the FBI may share.",
    "": "",
}


def age_on(birth_date: date, on: date) -> int:
    """Completed years. A person born on 29 February comes of age on 1 March in a common year."""
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)


def rows_in_force(rows: Iterable[PolicyRow], place: Place, on: date) -> list[PolicyRow]:
    """The rows that apply here and then, from the widest place to the narrowest, older before newer."""
    order = {name: rank for rank, name in enumerate(place.chain())}
    found = [row for row in rows if row.place in order and row.is_in_force(on)]
    return sorted(found, key=lambda row: (order[row.place], row.effective_from))


def plan_submission(facts: BookingFacts, rows: Sequence[PolicyRow]) -> Plan:
    """Decide what goes out for a booking and what answers are expected.

    Unknown age is treated with the care due to a minor.
    """
    used = rows_in_force(rows, facts.place, facts.booked_on)
    forbidden = frozenset().union(*(row.forbidden_ndr for row in used))
    kept = tuple(code for code in facts.ndr if code not in forbidden)
    dropped = tuple(code for code in facts.ndr if code in forbidden)
    reason = _held_back_reason(facts, used) if facts.has_prints else ""
    return Plan(
        is_sent=facts.has_prints,
        held_back_reason=reason,
        ndr=kept,
        dropped_ndr=dropped,
        answers=tuple(
            (
                source,
                *_first_answer(
                    source, facts, reason, immigration_forbidden=bool(forbidden & IMMIGRATION_NDR)
                ),
            )
            for source in Source
        ),
        policy_codes=tuple(row.code for row in used),
    )


def _held_back_reason(facts: BookingFacts, rows: Sequence[PolicyRow]) -> str:
    if facts.birth_date is None:
        return HELD_BACK_AGE_UNKNOWN
    ages = [row.adult_age for row in rows if row.adult_age is not None]
    adult_age = ages[-1] if ages else 18
    return HELD_BACK_MINOR if age_on(facts.birth_date, facts.booked_on) < adult_age else ""


def _first_answer(
    source: Source, facts: BookingFacts, held_back: str, *, immigration_forbidden: bool
) -> tuple[AnswerState, str]:
    if not facts.has_prints:
        return AnswerState.NOT_EXPECTED, NO_PRINTS
    if facts.tot in UNANSWERED_TOT:
        return AnswerState.NOT_EXPECTED, NO_ANSWER_ASKED
    if source is Source.DHS and immigration_forbidden:
        return AnswerState.NOT_EXPECTED, NOT_ASKED_BY_US
    if held_back:
        return AnswerState.HELD_BACK, held_back
    return AnswerState.WAITING, ""


_NEVER_MOVED_BY_REPLY: Final = frozenset({AnswerState.SUPERSEDED}) | {
    AnswerState.IAR_NO_INTEREST,
    AnswerState.IAR_INTEREST,
    AnswerState.IAR_CITIZEN_OR_LAWFUL,
}


def resolve_answer(source: Source, current: AnswerState, outcomes: Collection[Outcome]) -> AnswerState:
    """The answer that all replies of one source give together, whatever order they came in.

    A finding (SRE) stands above a pending result, that above a reject, that above an error: a later finding
    supersedes, never the other way (formats.md 5.2). Two findings that contradict each other are no finding.
    What a person coded stays.
    """
    if current in _NEVER_MOVED_BY_REPLY:
        return current
    said = set(outcomes)
    if {Outcome.IDENTIFICATION, Outcome.NON_IDENTIFICATION} <= said:
        return AnswerState.INCONCLUSIVE
    if Outcome.IDENTIFICATION in said:
        return AnswerState.AWAITING_IAR if source is Source.DHS else AnswerState.IDENTIFICATION
    for outcome, state in (
        (Outcome.NON_IDENTIFICATION, AnswerState.NON_IDENTIFICATION),
        (Outcome.INCONCLUSIVE, AnswerState.INCONCLUSIVE),
        (Outcome.REJECTED, AnswerState.REJECTED),
        (Outcome.ERROR, AnswerState.ERROR),
    ):
        if outcome in said:
            return state
    return current


def contradicts(current: AnswerState, outcomes: Collection[Outcome]) -> bool:
    """Whether the findings of one source cannot all be true, also when a person has coded the answer."""
    both = {Outcome.IDENTIFICATION, Outcome.NON_IDENTIFICATION}
    return current is not AnswerState.SUPERSEDED and both <= set(outcomes)


@dataclass(frozen=True)
class Sent:
    """What we asked: the keys a reply must repeat."""

    tcn: str
    oca: str
    cri: tuple[str, ...]


def correlation_problem(sent: Sent, *, tcr: str, oca: str, cri: Sequence[str]) -> str:
    """Why a reply must not be attached to this submission, or '' when it may (formats.md 5.2, rule 2)."""
    if tcr != sent.tcn:
        return "tcr_differs"
    if oca and oca != sent.oca:
        return "oca_differs"
    if any(code not in sent.cri for code in cri):
        return "cri_differs"
    return ""


def review_verdict(decisions: Sequence[Decision]) -> CandidateState:
    """What the examiners' decisions amount to. Only two who both say 'same' make one person."""
    if not decisions:
        return CandidateState.UNREVIEWED
    if len(decisions) == 1:
        return CandidateState.FIRST_REVIEWED
    if set(decisions) == {Decision.SAME}:
        return CandidateState.CONFIRMED
    if set(decisions) == {Decision.DIFFERENT}:
        return CandidateState.REJECTED
    return CandidateState.DISPUTED


@dataclass(frozen=True)
class AnswerTimes:
    """How long each source usually takes before its answer counts as late.

    A missing answer never extends a hold.
    """

    state: timedelta = timedelta(hours=2)
    fbi: timedelta = timedelta(hours=2)
    dhs: timedelta = timedelta(hours=4)

    def of(self, source: Source) -> timedelta:
        return {Source.STATE: self.state, Source.FBI: self.fbi, Source.DHS: self.dhs}[source]
