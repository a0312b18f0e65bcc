"""Form editions and jurisdiction policies: dated data read from YAML that a lawyer can read.

The version of a rulebook is its stated version and a digest of its content, so that a decision names exactly
what it was made on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from detainers.clock import Anchor, Counting, FormRule, PolicyLimits, Rule

DATA = Path(__file__).parent / "data"


class Stance(StrEnum):
    """What a policy row says about holding on a detainer."""

    FORBIDDEN = "forbidden"
    REQUIRED = "required"
    PERMITTED = "permitted"
    CONDITIONAL = "conditional"
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
    LOG_AND_REPORT = "LOG_AND_REPORT"
    INTERPRETER = "INTERPRETER"


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


class RulebookError(Exception):
    """The data files contradict themselves; the message names file, row and field."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the form."""

    code: str
    title: str
    starts_on: date
    ends_on: date | None
    clock: Rule
    holds: bool
    service_required: bool
    copy_requested: bool
    basis: tuple[str, ...]
    priority: tuple[str, ...]
    loan_back: bool
    on_conviction_box: bool
    citation: str
    confidence: str
    reasons: tuple[str, ...] = ()
    cancel_box: bool = True
    wording: str = ""
    source: str = ""

    def form_rule(self) -> FormRule:
        return FormRule(self.code, self.clock, self.holds, self.service_required, citation=self.citation)


@dataclass(frozen=True, slots=True)
class DutyRow:
    code: Duty
    due_hours: int | None


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """What a claim, a proof of citizenship and a proof of lawful status do to a hold."""

    on_claim: ClaimEffect = ClaimEffect.TIMED_CHECK
    on_citizenship_proof: ClaimEffect = ClaimEffect.ENDS
    on_lawful_status_proof: ClaimEffect = ClaimEffect.TIMED_CHECK
    check_hours: int = 4


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What one law says about holding on detainers in one place and time."""

    code: str
    level: str
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
    source: Mapping[str, Any] = field(compare=False, hash=False, default_factory=dict)

    def applies(self, *, state: str, county: str, city: str, on: date) -> bool:
        """Whether the row is in force on that date for a facility in that place."""
        if self.starts_on > on or (self.ends_on is not None and self.ends_on < on):
            return False
        if self.level == "federal":
            return True
        if self.state != state:
            return False
        return _same(self.county, county) and _same(self.city, city)


@dataclass(frozen=True, slots=True)
class Rulebook:
    version: str
    editions: Mapping[str, Edition]
    rows: tuple[PolicyRow, ...]
    boxes: Mapping[str, str]

    def in_force(self, *, state: str, county: str, city: str, on: date) -> tuple[PolicyRow, ...]:
        """Enabled rows for a place and date, federal first, in the order of the file."""
        return tuple(
            row
            for row in self.rows
            if row.enabled and row.applies(state=state, county=county, city=city, on=on)
        )


@lru_cache(maxsize=1)
def current() -> Rulebook:
    """The rulebook shipped with this version of the software."""
    return load((DATA / "editions.yaml").read_text("utf-8"), (DATA / "policies.yaml").read_text("utf-8"))


def load(editions_text: str, policies_text: str) -> Rulebook:
    """A rulebook from the text of its two files. Raises RulebookError."""
    editions_data, policies_data = yaml.safe_load(editions_text), yaml.safe_load(policies_text)
    boxes = dict(editions_data["boxes"])
    editions = {}
    for item in editions_data["editions"]:
        edition = _edition(item, boxes)
        editions[edition.code] = edition
    rows = tuple(policy_row(item) for item in policies_data["policies"])
    codes = [row.code for row in rows]
    if len(set(codes)) != len(codes):
        raise RulebookError("policies.yaml: two rows have the same code.")
    digest = hashlib.sha256(f"{editions_text}\0{policies_text}".encode()).hexdigest()[:12]
    return Rulebook(f"{policies_data['version']}+{digest}", editions, rows, boxes)


def _edition(item: Mapping[str, Any], boxes: Mapping[str, str]) -> Edition:
    for box in (*item.get("basis", ()), *item.get("reasons", ()), *item.get("priority", ())):
        if box not in boxes:
            raise RulebookError(
                f"editions.yaml: {item.get('code')} names box {box}, which `boxes` does not explain."
            )
    try:
        return Edition(
            code=item["code"],
            title=item["title"],
            starts_on=_date(item["from"]),
            ends_on=_date(item["to"]) if item.get("to") else None,
            clock=Rule(item["clock"]),
            holds=item["holds"],
            service_required=item["service_required"],
            copy_requested=item.get("copy_requested", False),
            basis=tuple(item.get("basis", ())),
            priority=tuple(item.get("priority", ())),
            loan_back=item.get("loan_back", False),
            on_conviction_box=item.get("on_conviction_box", False),
            citation=item["citation"],
            confidence=item["confidence"],
            reasons=tuple(item.get("reasons", ())),
            cancel_box=item.get("cancel_box", True),
            wording=item["wording"],
            source=item["source"],
        )
    except (KeyError, ValueError) as error:
        raise RulebookError(f"editions.yaml: {item.get('code', 'a row without code')}: {error}.") from error


def policy_row(item: Mapping[str, Any]) -> PolicyRow:
    """One row from its plain data, as in policies.yaml or a stored decision. Raises RulebookError."""
    try:
        return _policy_row(item)
    except (KeyError, ValueError, TypeError) as error:
        raise RulebookError(f"policies.yaml: {item.get('code', 'a row without code')}: {error!r}.") from error


def _policy_row(item: Mapping[str, Any]) -> PolicyRow:
    stance = Stance(item["hold"])
    if item["level"] == "federal" and stance is not Stance.NEVER_GRANTS:
        raise RulebookError(f"policies.yaml: {item['code']} is federal, so its hold must be never_grants.")
    told = item.get("tell_ice", {})
    return PolicyRow(
        code=item["code"],
        level=item["level"],
        state=item.get("state", ""),
        county=item.get("county", ""),
        city=item.get("city", ""),
        citation=item["citation"],
        starts_on=_date(item["from"]),
        ends_on=_date(item["to"]) if item.get("to") else None,
        confidence=item["confidence"],
        enabled=item.get("enabled", True),
        stance=stance,
        all_of=tuple(Condition(code) for code in item.get("all_of", ())),
        any_of=tuple(Condition(code) for code in item.get("any_of", ())),
        limits=_limits(item, stance),
        duties=tuple(DutyRow(Duty(duty["code"]), duty.get("due_hours")) for duty in item.get("duties", ())),
        claim=_claim(item.get("citizenship", {})),
        status_information=_telling(told.get("status_information")),
        release_information=_telling(told.get("release_information")),
        languages=tuple(item.get("languages", ())),
        note=item.get("note", ""),
        source={key: value.isoformat() if isinstance(value, date) else value for key, value in item.items()},
    )


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


def _telling(value: str | None) -> Telling | None:
    return None if value is None else Telling(value)


def _date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _same(wanted: str, given: str) -> bool:
    return not wanted or wanted.casefold() == given.casefold()
