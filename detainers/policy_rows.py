"""What one law says about holding on detainers in one place and time, as a value. Pure.

`check` of `detainers.policy_checks` says what is wrong with the plain data of a row; here it is only read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from detainers.clock import Anchor, Counting, PolicyLimits


class Level(StrEnum):
    """Whose law it is, from the widest to the narrowest."""

    FEDERAL = "federal"
    STATE = "state"
    COUNTY = "county"
    CITY = "city"
    AGENCY = "agency"

    @property
    def rank(self) -> int:
        """0 for federal, 4 for the jail's own rules."""
        return list(Level).index(self)


class Confidence(StrEnum):
    """How sure the text of a row is."""

    CONFIRMED = "confirmed"
    PARTLY_CONFIRMED = "partly_confirmed"
    BACKGROUND = "background"


class Stance(StrEnum):
    """What a policy row says about holding on a detainer."""

    FORBIDDEN = "forbidden"
    REQUIRED = "required"
    PERMITTED = "permitted"
    CONDITIONAL = "conditional"
    SILENT = "silent"
    NEVER_GRANTS = "never_grants"

    @property
    def grants(self) -> bool:
        return self in (Stance.REQUIRED, Stance.PERMITTED, Stance.CONDITIONAL)


class Condition(StrEnum):
    """A fact that a policy row may demand before a hold."""

    JUDICIAL_ORDER = "judicial_order"
    JUDICIAL_WARRANT = "judicial_warrant"
    ADMINISTRATIVE_WARRANT = "administrative_warrant"
    LISTED_SERIOUS_CASE = "listed_serious_case"
    FINAL_ORDER_BY_JUDGE = "final_order_by_judge"
    TERRORISM_LIST = "terrorism_list"
    CONVICTION = "conviction"
    OFFENCE_CLASS = "offence_class"
    WARRANT_KIND = "warrant_kind"
    MINOR_CLEARED = "minor_cleared"


class Duty(StrEnum):
    """Something the staff must do because a policy row says so."""

    GIVE_COPY = "GIVE_COPY"
    STATE_INTENT = "STATE_INTENT"
    WRITTEN_RELEASE_NOTICE = "WRITTEN_RELEASE_NOTICE"
    INTERVIEW_CONSENT = "INTERVIEW_CONSENT"
    INTERVIEW_ADVISEMENT = "INTERVIEW_ADVISEMENT"
    INFORM_DETENTION_BASIS = "INFORM_DETENTION_BASIS"
    RECORD_CITIZENSHIP_EVIDENCE = "RECORD_CITIZENSHIP_EVIDENCE"
    JUDGE_NOTICE = "JUDGE_NOTICE"
    JUDICIAL_ORDER = "JUDICIAL_ORDER"
    NOTIFY_ICE = "NOTIFY_ICE"
    DO_NOT_NOTIFY_ICE = "DO_NOT_NOTIFY_ICE"
    LOG_AND_REPORT = "LOG_AND_REPORT"
    INTERPRETER = "INTERPRETER"
    CONSULAR_NOTICE = "CONSULAR_NOTICE"


class DueFrom(StrEnum):
    """From when the hours of a duty count."""

    RECEIVED = "received"
    RELEASE_ELIGIBLE = "release_eligible"
    CUSTODY = "custody"


class ClaimEffect(StrEnum):
    """What a claim of citizenship or lawful status does to a hold."""

    NONE = "none"
    TIMED_CHECK = "timed_check"
    ENDS = "ends"


class Telling(StrEnum):
    """Whether ICE may be told something."""

    PERMITTED = "permitted"
    REQUIRED = "required"
    ON_CONDITIONS = "on_conditions"
    FORBIDDEN = "forbidden"


class MinorRule(StrEnum):
    """What a row says of somebody under age."""

    NO_HOLD = "no_hold"
    HELD_BACK = "held_back"


class RulebookError(Exception):
    """The data files contradict themselves; the message names file, row and field."""


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One duty: what, within how many hours from when, and whether the hold waits for it."""

    code: Duty
    due_hours: int | None
    due_from: DueFrom = DueFrom.RECEIVED
    is_condition: bool = False


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """What a claim, a proof of citizenship and a proof of lawful status do to a hold."""

    on_claim: ClaimEffect = ClaimEffect.TIMED_CHECK
    on_citizenship_proof: ClaimEffect = ClaimEffect.ENDS
    on_lawful_status_proof: ClaimEffect = ClaimEffect.TIMED_CHECK
    check_hours: int = 4


@dataclass(frozen=True, slots=True)
class Offences:
    """Classes of offence of which one must stand on the case, and whether a charge is enough."""

    classes: tuple[str, ...]
    convicted: bool


@dataclass(frozen=True, slots=True)
class Minors:
    """Somebody younger than `under` years, and what the row says of them."""

    under: int
    rule: MinorRule


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What one law says about holding on detainers in one place and time."""

    code: str
    level: Level
    state: str
    county: str
    city: str
    citation: str
    starts_on: date
    ends_on: date | None
    confidence: str
    enabled: bool
    stance: Stance
    all_of: tuple[Condition, ...]
    any_of: tuple[Condition, ...]
    limits: PolicyLimits
    duties: tuple[DutyRow, ...]
    claim: ClaimRule
    status_information: Telling | None
    release_information: Telling | None
    languages: tuple[str, ...]
    note: str
    agency: str = ""
    states: tuple[str, ...] = ()
    preempts: bool = False
    says_claim: bool = False
    offences: Offences | None = None
    warrant_kinds: tuple[str, ...] = ()
    federal_accounts: bool | None = None
    minors: Minors | None = None
    report: str = ""
    source: Mapping[str, Any] = field(compare=False, hash=False, default_factory=dict)

    def applies(self, *, state: str, county: str, city: str, on: date, agency: str = "") -> bool:
        """Whether the row is in force on that date for a facility in that place."""
        if self.starts_on > on or (self.ends_on is not None and self.ends_on < on):
            return False
        return self.covers(state=state, county=county, city=city, agency=agency)

    def covers(self, *, state: str, county: str, city: str, agency: str = "") -> bool:
        """Whether a facility of that place is under this law, whatever the date."""
        if self.level == Level.FEDERAL:
            return not self.states or state in self.states
        if self.state != state:
            return False
        return _same(self.county, county) and _same(self.city, city) and _same(self.agency, agency)

    @property
    def place(self) -> tuple[str, str, str, str]:
        """State, county, city and agency, as compared: what two rows of one code may not share on one day."""
        return self.state, self.county.casefold(), self.city.casefold(), self.agency.casefold()


def policy_row(item: Mapping[str, Any]) -> PolicyRow:
    """One row from its plain data, as in policies.yaml or a stored decision. Raises RulebookError."""
    try:
        return _policy_row(item)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise RulebookError(f"policies.yaml: {item.get('code', 'a row without code')}: {error!r}.") from error


def _policy_row(item: Mapping[str, Any]) -> PolicyRow:
    stance = Stance(item["hold"])
    if item["level"] == Level.FEDERAL and stance is not Stance.NEVER_GRANTS:
        raise RulebookError(f"policies.yaml: {item['code']} is federal, so its hold must be never_grants.")
    told = item.get("tell_ice", {})
    return PolicyRow(
        code=item["code"],
        level=Level(item["level"]),
        state=item.get("state", ""),
        county=item.get("county", ""),
        city=item.get("city", ""),
        citation=item["citation"],
        starts_on=day(item["from"]),
        ends_on=day(item["to"]) if item.get("to") else None,
        confidence=item["confidence"],
        enabled=item.get("enabled", True),
        stance=stance,
        all_of=tuple(Condition(code) for code in item.get("all_of", ())),
        any_of=tuple(Condition(code) for code in item.get("any_of", ())),
        limits=_limits(item, stance),
        duties=tuple(_duty(duty) for duty in item.get("duties", ())),
        claim=_claim(item.get("citizenship", {})),
        status_information=_telling(told.get("status_information")),
        release_information=_telling(told.get("release_information")),
        languages=tuple(item.get("languages", ())),
        note=item.get("note", ""),
        agency=item.get("agency", ""),
        states=tuple(item.get("states", ())),
        preempts=item.get("preempts", False),
        says_claim="citizenship" in item,
        offences=_offences(item.get("offence_classes")),
        warrant_kinds=tuple(item.get("warrant_kinds", ())),
        federal_accounts=item.get("federal_accounts"),
        minors=_minors(item.get("minors")),
        report=item.get("report", ""),
        source=plain(item),
    )


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a row as JSON can hold it: dates as ISO text."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in item.items()}


def day(value: date | str) -> date:
    """A date as YAML or JSON gives it. Raises ValueError."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def _limits(item: Mapping[str, Any], stance: Stance) -> PolicyLimits:
    limits = item.get("limits", {})
    return PolicyLimits(
        code=item["code"],
        hold=stance.grants,
        hours=limits.get("hours"),
        anchor=Anchor(limits.get("anchor", Anchor.RELEASE_ELIGIBLE)),
        counting=Counting(limits.get("counting", Counting.AS_FORM)),
        same_day_2359=limits.get("same_day_2359", False),
        citation=item["citation"],
    )


def _duty(data: Mapping[str, Any]) -> DutyRow:
    return DutyRow(
        Duty(data["code"]),
        data.get("due_hours"),
        DueFrom(data.get("due_from", DueFrom.RECEIVED)),
        data.get("condition", False),
    )


def _claim(data: Mapping[str, Any]) -> ClaimRule:
    default = ClaimRule()
    return ClaimRule(
        on_claim=ClaimEffect(data.get("on_claim", default.on_claim)),
        on_citizenship_proof=ClaimEffect(data.get("on_citizenship_proof", default.on_citizenship_proof)),
        on_lawful_status_proof=ClaimEffect(
            data.get("on_lawful_status_proof", default.on_lawful_status_proof)
        ),
        check_hours=data.get("check_hours", default.check_hours),
    )


def _offences(data: Mapping[str, Any] | None) -> Offences | None:
    return None if data is None else Offences(tuple(data["classes"]), data.get("stage") == "convicted")


def _minors(data: Mapping[str, Any] | None) -> Minors | None:
    return None if data is None else Minors(data["under"], MinorRule(data["hold"]))


def _telling(value: str | None) -> Telling | None:
    return None if value is None else Telling(value)


def _same(wanted: str, given: str) -> bool:
    return not wanted or wanted.casefold() == given.casefold()
