"""The values of a policy decision: its facts, its answer, each rule tried, and the bytes they are kept as. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from detainers.clock import PolicyLimits
from detainers.conflicts import Resolved
from detainers.duties import TELLING
from detainers.policy_rows import ClaimEffect, Telling

EVALUATOR = 2
"""Counts up when the same facts and rows would give other bytes; `replay` keeps to the one a decision was made with."""


class Verdict(StrEnum):
    """The answer. Only the first two let a clock run."""

    HOLD_PERMITTED = "hold_permitted"
    HOLD_REQUIRED = "hold_required"
    HOLD_FORBIDDEN = "hold_forbidden"
    NO_AUTHORITY = "no_authority"
    CONDITIONS_NOT_MET = "conditions_not_met"
    STATUS_PROVED = "status_proved"
    FORM_DEFICIENT = "form_deficient"
    FORM_ASKS_NO_HOLD = "form_asks_no_hold"

    @property
    def grants(self) -> bool:
        return self in (Verdict.HOLD_PERMITTED, Verdict.HOLD_REQUIRED)


VERDICTS = {
    Verdict.HOLD_PERMITTED: "This jail may hold on this detainer, within the clock.",
    Verdict.HOLD_REQUIRED: "This jail must hold on this detainer, within the clock.",
    Verdict.HOLD_FORBIDDEN: "This jail must not hold on this detainer.",
    Verdict.NO_AUTHORITY: "No law of this place gives this jail authority to hold on a detainer.",
    Verdict.CONDITIONS_NOT_MET: "This jail may not hold: a condition of the law is not met.",
    Verdict.STATUS_PROVED: "This jail may not hold: the person has proved citizenship or lawful status.",
    Verdict.FORM_DEFICIENT: "This jail may not hold: the form is deficient on its face.",
    Verdict.FORM_ASKS_NO_HOLD: "The form does not ask for custody, or not yet.",
}


class Tried(StrEnum):
    """What trying one rule gave."""

    MET = "met"
    NOT_MET = "not_met"
    FORBIDS = "forbids"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision rests on: codes and dates, no name or number of a person.

    `age` is in whole years and only there for somebody younger than 21; `offences` are `class:status` of the charges;
    `duties_done` are the codes of duties that are done.
    """

    on: str
    state: str
    county: str
    city: str
    edition: str
    deficiencies: tuple[str, ...] = ()
    on_conviction_box: bool = False
    convicted: bool = False
    conditions: tuple[str, ...] = ()
    claim: str = ""
    proof: bool = False
    agency: str = ""
    age: int | None = None
    offences: tuple[str, ...] = ()
    warrants: tuple[str, ...] = ()
    duties_done: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As stored; what evaluator 1 did not know stands there only when it says something."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if key not in _SINCE_2 or value not in ("", None, ())
        }


_SINCE_2 = frozenset({"agency", "age", "offences", "warrants", "duties_done"})


@dataclass(frozen=True, slots=True)
class RuleTried:
    rule: str
    verdict: Tried
    sentence: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class DutyFollows:
    """A duty that follows from the decision: hours count from `due_from`; a hold waits for one that is a condition."""

    code: str
    sentence: str
    due_hours: int | None
    policy: str
    due_from: str = "received"
    is_condition: bool = False

    def as_json(self, evaluator: int) -> dict[str, Any]:
        """As stored by that evaluator."""
        data = asdict(self)
        if evaluator == 1:
            del data["due_from"], data["is_condition"]
        return data


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with everything that led to it."""

    verdict: Verdict
    version: str
    policy_code: str
    citation: str
    facts: Facts
    tried: tuple[RuleTried, ...]
    duties: tuple[DutyFollows, ...]
    claim_effect: ClaimEffect
    claim_check_hours: int
    status_information: Telling
    release_information: Telling
    limits: tuple[PolicyLimits, ...]
    rows: tuple[Mapping[str, Any], ...]
    federal_accounts: bool = False
    resolved: tuple[Resolved, ...] = ()
    edition: Mapping[str, Any] | None = None
    evaluator: int = EVALUATOR

    @property
    def sentence(self) -> str:
        return VERDICTS[self.verdict]

    def sentences(self) -> list[str]:
        """The verdict, then each rule tried with its citation, then what staff must do."""
        lines = [self.sentence]
        lines += [f"{t.sentence} ({t.citation})" if t.citation else t.sentence for t in self.tried]
        lines += [duty.sentence for duty in self.duties]
        lines += [TELLING["status"][self.status_information], TELLING["release"][self.release_information]]
        return lines

    def trace(self) -> dict[str, Any]:
        """Everything but the facts, as plain JSON."""
        data: dict[str, Any] = {
            "verdict": self.verdict.value,
            "version": self.version,
            "policy_code": self.policy_code,
            "citation": self.citation,
            "tried": [asdict(item) for item in self.tried],
            "duties": [item.as_json(self.evaluator) for item in self.duties],
            "claim_effect": self.claim_effect.value,
            "claim_check_hours": self.claim_check_hours,
            "status_information": self.status_information.value,
            "release_information": self.release_information.value,
            "rows": [dict(row) for row in self.rows],
        }
        if self.evaluator > 1:
            data["evaluator"] = self.evaluator
            data["federal_accounts"] = self.federal_accounts
            data["resolved"] = [asdict(item) for item in self.resolved]
            data["edition"] = dict(self.edition) if self.edition is not None else None
        return data

    def to_bytes(self) -> bytes:
        """Canonical JSON: the same facts and version give the same bytes."""
        return canonical({"facts": self.facts.as_json(), "trace": self.trace()})


def canonical(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def facts_from_json(data: Mapping[str, Any]) -> Facts:
    """Read back what `Facts.as_json` wrote. Raises KeyError when a fact is missing that every evaluator stored."""
    given: dict[str, Any] = {}
    for field in fields(Facts):
        if field.name in data or field.name not in _SINCE_2:
            value = data[field.name]
            given[field.name] = tuple(value) if isinstance(value, list) else value
    return Facts(**given)
