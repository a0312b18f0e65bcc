"""What the clock is told: documents, the policy's limits and the custody episode, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Rule(StrEnum):
    """How the hours of a form are counted (8 CFR 287.7(d) as printed on each edition)."""

    STRAIGHT_48 = "STRAIGHT_48"
    EXCL_48 = "EXCL_48"
    NONE = "NONE"


class Anchor(StrEnum):
    """The instant from which a policy counts."""

    RELEASE_ELIGIBLE = "RELEASE_ELIGIBLE"
    DETAINER_RECEIVED = "DETAINER_RECEIVED"


class Counting(StrEnum):
    """How the hours of a policy count: as those of the form, flat, or without weekends and holidays."""

    AS_FORM = "as_form"
    ELAPSED = "elapsed"
    EXCLUDING = "excluding"


class Status(StrEnum):
    EXPIRES = "EXPIRES"
    NOT_STARTED = "NOT_STARTED"
    NO_HOLD = "NO_HOLD"
    HELD_ON_OTHER_AUTHORITY = "HELD_ON_OTHER_AUTHORITY"
    ENDED_LIFTED = "ENDED_LIFTED"
    ENDED_RELEASED = "ENDED_RELEASED"
    ENDED_ICE_CUSTODY = "ENDED_ICE_CUSTODY"
    OVERHELD = "OVERHELD"


class Reason(StrEnum):
    """Why there is no detainer clock. Later entries are nearer to a valid hold than earlier ones."""

    LOCAL_CUSTODY_CONTINUES = "LOCAL_CUSTODY_CONTINUES"
    JUDICIAL_WARRANT = "JUDICIAL_WARRANT"
    NO_DETAINER = "NO_DETAINER"
    RECEIVED_AFTER_RELEASE = "RECEIVED_AFTER_RELEASE"
    FORM_IS_NOTIFICATION_ONLY = "FORM_IS_NOTIFICATION_ONLY"
    FACIALLY_DEFICIENT = "FACIALLY_DEFICIENT"
    POLICY_FORBIDS_HOLD = "POLICY_FORBIDS_HOLD"
    LIFTED_BEFORE_RELEASE = "LIFTED_BEFORE_RELEASE"
    NOT_SERVED = "NOT_SERVED"
    LIMIT_ALREADY_OVER = "LIMIT_ALREADY_OVER"


class Source(StrEnum):
    """Whose limit it is."""

    FORM = "FORM"
    POLICY = "POLICY"


class ClockInputError(ValueError):
    """The facts contradict each other or lack an offset; `code` is stable, the message is a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class FormRule:
    """The clock words of one edition of the form; a detainer keeps those of its own edition."""

    code: str
    rule: Rule
    holds: bool
    service_required: bool
    hours: int = 48
    citation: str = ""


@dataclass(frozen=True, slots=True)
class PolicyLimits:
    """What one policy row allows. It can only shorten what the form asks."""

    code: str
    hold: bool
    hours: int | None = None
    anchor: Anchor = Anchor.RELEASE_ELIGIBLE
    counting: Counting = Counting.AS_FORM
    same_day_2359: bool = False
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One detainer as it reached the jail. Its own policies, where given, stand for those of the episode."""

    form: FormRule
    received_at: datetime
    served_at: datetime | None = None
    lifted_at: datetime | None = None
    deficient: bool = False
    policies: tuple[PolicyLimits, ...] | None = None
    reference: str = ""
    conditions_met_at: datetime | None = None
    """When the last thing was done that the law makes a condition; it can bring the beginning later, never the end."""


@dataclass(frozen=True, slots=True)
class ClockInput:
    """One custody episode. `zone` is the IANA name of the facility's zone."""

    zone: str
    release_eligible_at: datetime | None
    documents: tuple[Document, ...]
    policies: tuple[PolicyLimits, ...] = ()
    released_at: datetime | None = None
    ice_custody_at: datetime | None = None
    judicial_warrant_at: datetime | None = None

    @property
    def custody_ended_at(self) -> datetime | None:
        """The first instant at which the jail no longer had the person."""
        if self.released_at is None or self.ice_custody_at is None:
            return self.released_at or self.ice_custody_at
        return min(self.released_at, self.ice_custody_at)

    def policies_for(self, document: Document) -> tuple[PolicyLimits, ...]:
        return self.policies if document.policies is None else document.policies

    def policy_allows(self, document: Document) -> bool:
        """Every row must allow it, and no row at all is no authority."""
        rows = self.policies_for(document)
        return bool(rows) and all(row.hold for row in rows)


def check(given: ClockInput) -> None:
    """Refuse instants without offset and a service that precedes its receipt. Raises ClockInputError."""
    _offset("release_eligible_at", given.release_eligible_at)
    _offset("released_at", given.released_at)
    _offset("ice_custody_at", given.ice_custody_at)
    _offset("judicial_warrant_at", given.judicial_warrant_at)
    for document in given.documents:
        received_at, served_at = document.received_at, document.served_at
        _offset("received_at", received_at)
        _offset("served_at", served_at)
        _offset("lifted_at", document.lifted_at)
        _offset("conditions_met_at", document.conditions_met_at)
        if served_at is not None and served_at < received_at:
            raise ClockInputError(
                "SERVED_BEFORE_RECEIVED",
                f"The detainer was served at {served_at.isoformat()}, before it was received at "
                f"{received_at.isoformat()}; one of the two is wrong.",
            )


def _offset(name: str, instant: datetime | None) -> None:
    if instant is not None and instant.tzinfo is not UTC and instant.utcoffset() is None:
        raise ClockInputError("OFFSET_MISSING", f"{name} has no offset from UTC; give one, such as -05:00.")
