"""What the desk knows of one case at one instant, as plain values: board and case page are worked out from these. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class DetainerFacts:
    """One detainer, as far as the next step depends on it."""

    public_id: UUID
    state: str
    edition: str
    received_at: datetime
    is_served: bool
    needs_service: bool
    asks_custody: bool
    policy_allows: bool | None = None
    policy_code: str = ""
    policy_citation: str = ""
    missing: tuple[str, ...] = ()
    """Conditions that the law of the place asks for and that are not met: codes of detainers.rulebook.Condition."""

    @property
    def is_active(self) -> bool:
        return self.state in ("received", "served", "deficient")

    @property
    def is_deficient(self) -> bool:
        return self.state == "deficient"

    @property
    def may_hold(self) -> bool:
        """Whether, as things stand, a hold could rest on it once the last local ground ends."""
        served = self.is_served or not self.needs_service
        return (
            self.is_active
            and not self.is_deficient
            and self.asks_custody
            and served
            and self.policy_allows is True
        )

    @property
    def waits_for_service(self) -> bool:
        """A copy still to be given, so that the form can take effect."""
        return self.state == "received" and not self.is_served


@dataclass(frozen=True)
class AnswerFacts:
    """One expected answer of one source."""

    public_id: UUID
    source: str
    state: str
    due_at: datetime | None
    has_iar: bool = False

    def is_late(self, now: datetime) -> bool:
        waits = self.state in ("waiting", "awaiting_iar")
        return self.state == "overdue" or (waits and self.due_at is not None and self.due_at <= now)

    @property
    def is_waited_for(self) -> bool:
        return self.state in ("waiting", "overdue", "awaiting_iar", "inconclusive", "error")

    @property
    def is_iar_to_code(self) -> bool:
        """An immigration response has come and nobody has read and recorded it yet."""
        return (
            self.source == "dhs"
            and self.has_iar
            and not self.state.startswith("iar_")
            and self.state != "superseded"
        )


@dataclass(frozen=True)
class TransmissionFacts:
    """Where the prints are on their way."""

    public_id: UUID
    state: str
    why: str = ""

    @property
    def is_stuck(self) -> bool:
        return self.state in ("failed", "quarantined")


@dataclass(frozen=True)
class SearchFacts:
    """The search of our own repository."""

    public_id: UUID
    state: str

    @property
    def is_stuck(self) -> bool:
        return self.state in ("failed", "quarantined")


@dataclass(frozen=True)
class CandidateFacts:
    """A lead that examiners have not decided."""

    public_id: UUID
    state: str


@dataclass(frozen=True)
class GroundFacts:
    """One open local ground."""

    public_id: UUID
    words: str


@dataclass(frozen=True)
class BreachFacts:
    """Custody without authority: running, or over and to be explained."""

    public_id: UUID
    state: str
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class DutyFacts:
    """One duty that is still open."""

    public_id: UUID
    code: str
    detainer: UUID
    due_at: datetime | None
    is_condition: bool = False

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at < now


@dataclass(frozen=True)
class ClaimFacts:
    """A claim of citizenship or status whose check is owed."""

    check: UUID
    kind: str
    claimed_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class AuthorityFacts:
    """The one answer to 'on what authority, until when', from the database's own view and clock."""

    kind: str
    ends_at: datetime | None
    release_eligible_at: datetime | None
    in_custody: bool
    in_breach: bool
    asked_at: datetime

    @property
    def is_hold(self) -> bool:
        return self.kind == "hold" and self.ends_at is not None and not self.in_breach


@dataclass(frozen=True)
class OwnerFacts:
    """Who sees to the case."""

    public_id: UUID
    name: str
    is_here: bool = True
    """Whether they still work here; a leaver owns nothing any more, and somebody must take the case."""
    is_me: bool = False
    offer: UUID | None = None
    """An offer to somebody else that waits for its answer."""
    is_offered_to_me: bool = False


@dataclass(frozen=True)
class CaseFacts:
    """One person in one custody episode."""

    pk: int
    public_id: UUID
    number: str
    name: str
    unit: str
    agency_id: int
    agency_name: str
    zone: str
    release_target_minutes: int
    custody_state: str
    opened_at: datetime
    custody_ended_at: datetime | None
    authority: AuthorityFacts
    grounds: tuple[GroundFacts, ...] = ()
    detainers: tuple[DetainerFacts, ...] = ()
    answers: tuple[AnswerFacts, ...] = ()
    transmission: TransmissionFacts | None = None
    search: SearchFacts | None = None
    candidates: tuple[CandidateFacts, ...] = ()
    breaches: tuple[BreachFacts, ...] = ()
    duties: tuple[DutyFacts, ...] = ()
    claim: ClaimFacts | None = None
    owner: OwnerFacts | None = None

    @property
    def in_custody(self) -> bool:
        return self.custody_state == "in_custody"

    @property
    def active_detainers(self) -> tuple[DetainerFacts, ...]:
        return tuple(item for item in self.detainers if item.is_active)

    @property
    def to_serve(self) -> DetainerFacts | None:
        return next((item for item in self.detainers if item.waits_for_service), None)

    @property
    def iar_to_code(self) -> AnswerFacts | None:
        return next((item for item in self.answers if item.is_iar_to_code), None)

    @property
    def rejected(self) -> AnswerFacts | None:
        return next((item for item in self.answers if item.state == "rejected"), None)

    @property
    def breach_to_close(self) -> BreachFacts | None:
        return next((item for item in self.breaches if item.state == "ended"), None)
