"""May this jail hold on this detainer? Pure: facts and a rulebook in, a decision out that can be replayed.

Every rule is tried and recorded, also after one has failed, so that a reader sees the whole picture. Federal
rows never grant authority; a place without an enabled granting row gives no hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from detainers.clock import PolicyLimits
from detainers.duties import DUTIES, TELLING, duty_sentence
from detainers.rulebook import (
    ClaimEffect,
    ClaimRule,
    Condition,
    PolicyRow,
    Rulebook,
    Stance,
    Telling,
    policy_row,
)

NO_ROW = "NO_ROW"
CONDITIONS = {
    Condition.JUDICIAL_ORDER: "a judicial official has ordered the hold",
    Condition.JUDICIAL_WARRANT: "a warrant signed by a judge is there",
    Condition.ADMINISTRATIVE_WARRANT: "an administrative warrant (I-200 or I-205) came with the detainer",
    Condition.LISTED_SERIOUS_CASE: "the person is in a class of serious cases that the law lists",
    Condition.FINAL_ORDER_BY_JUDGE: "a final order of removal signed by a judge is there",
    Condition.TERRORISM_LIST: "the person is on a list that the law names",
}


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
    """Everything a decision rests on: codes and dates, no name or number of a person."""

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

    def as_json(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class RuleTried:
    rule: str
    verdict: Tried
    sentence: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class DutyFollows:
    code: str
    sentence: str
    due_hours: int | None
    policy: str


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
        return {
            "verdict": self.verdict.value,
            "version": self.version,
            "policy_code": self.policy_code,
            "citation": self.citation,
            "tried": [asdict(item) for item in self.tried],
            "duties": [asdict(item) for item in self.duties],
            "claim_effect": self.claim_effect.value,
            "claim_check_hours": self.claim_check_hours,
            "status_information": self.status_information.value,
            "release_information": self.release_information.value,
            "rows": [dict(row) for row in self.rows],
        }

    def to_bytes(self) -> bytes:
        """Canonical JSON: the same facts and version give the same bytes."""
        return canonical({"facts": self.facts.as_json(), "trace": self.trace()})


def canonical(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def facts_from_json(data: Mapping[str, Any]) -> Facts:
    """Read back what `Facts.as_json` wrote."""
    given: dict[str, Any] = {field.name: data[field.name] for field in fields(Facts)}
    for key, value in given.items():
        given[key] = tuple(value) if isinstance(value, list) else value
    return Facts(**given)


def replay(facts: Mapping[str, Any], trace: Mapping[str, Any], book: Rulebook) -> Decision:
    """Decide again on stored facts and the rows stored with them; the editions come from `book`."""
    rows = tuple(policy_row(row) for row in trace["rows"])
    return _decide(facts_from_json(facts), rows, book, trace["version"])


def decide(facts: Facts, book: Rulebook) -> Decision:
    """Apply the rows in force at the place and date of the facts."""
    on = date.fromisoformat(facts.on)
    rows = book.in_force(state=facts.state, county=facts.county, city=facts.city, on=on)
    return _decide(facts, rows, book, book.version)


def _decide(facts: Facts, rows: Sequence[PolicyRow], book: Rulebook, version: str) -> Decision:
    tried: list[RuleTried] = []
    outcomes = [
        _form(facts, book, tried),
        _place(facts, rows, tried),
        _status(facts, rows, tried),
        _conditions(facts, rows, tried),
    ]
    granting = [row for row in rows if row.stance.grants]
    required = any(row.stance is Stance.REQUIRED for row in granting)
    verdict = next(
        (outcome for outcome in outcomes if outcome is not None),
        Verdict.HOLD_REQUIRED if required else Verdict.HOLD_PERMITTED,
    )
    row = _speaking(verdict, rows)
    limits = tuple(item.limits for item in granting) if verdict.grants else (_no_hold(row),)
    claim = _claim_rule(rows)
    return Decision(
        verdict=verdict,
        version=version,
        policy_code=row.code if row else NO_ROW,
        citation=row.citation if row else "",
        facts=facts,
        tried=tuple(tried),
        duties=_duties(rows),
        claim_effect=_effect(facts, claim) if facts.claim else ClaimEffect.NONE,
        claim_check_hours=claim.check_hours,
        status_information=_strictest([item.status_information for item in rows], Telling.PERMITTED),
        release_information=_strictest([item.release_information for item in rows], Telling.FORBIDDEN),
        limits=limits,
        rows=tuple(item.source for item in rows),
    )


def _form(facts: Facts, book: Rulebook, tried: list[RuleTried]) -> Verdict | None:
    """Does the paper ask for custody, now, and is it sufficient on its face?"""
    edition = book.editions.get(facts.edition)
    outcome: Verdict | None = None
    if edition is not None:
        words = "asks for custody" if edition.holds else "asks for notice of release, not for custody"
        verdict = Tried.MET if edition.holds else Tried.NOT_MET
        tried.append(
            RuleTried("FORM_ASKS_FOR_CUSTODY", verdict, f"Form {edition.code} {words}.", edition.citation)
        )
        outcome = None if edition.holds else Verdict.FORM_ASKS_NO_HOLD
    if facts.on_conviction_box:
        done = "has been" if facts.convicted else "has not been"
        verdict = Tried.MET if facts.convicted else Tried.NOT_MET
        sentence = f"The form takes effect only upon conviction, and the person {done} convicted."
        tried.append(RuleTried("OPERATIVE_UPON_CONVICTION", verdict, sentence))
        outcome = outcome if facts.convicted else outcome or Verdict.FORM_ASKS_NO_HOLD
    if facts.deficiencies or edition is None:
        codes = ", ".join(facts.deficiencies) or "UNKNOWN_EDITION"
        tried.append(
            RuleTried("FORM_SUFFICIENT", Tried.NOT_MET, f"The form is deficient on its face: {codes}.")
        )
        return Verdict.FORM_DEFICIENT
    tried.append(RuleTried("FORM_SUFFICIENT", Tried.MET, "The form is sufficient on its face."))
    return outcome


def _place(facts: Facts, rows: Sequence[PolicyRow], tried: list[RuleTried]) -> Verdict | None:
    """Does a law of this place forbid or allow a hold? Forbidding wins over allowing."""
    words = {
        Stance.FORBIDDEN: (Tried.FORBIDS, "forbids holding on a detainer"),
        Stance.REQUIRED: (Tried.MET, "requires holding on a detainer"),
        Stance.PERMITTED: (Tried.MET, "permits holding on a detainer"),
        Stance.CONDITIONAL: (Tried.MET, "permits holding on a detainer on conditions"),
        Stance.NEVER_GRANTS: (Tried.NOTHING, "is federal and gives this jail no authority"),
    }
    for row in rows:
        verdict, sentence = words[row.stance]
        tried.append(RuleTried(row.code, verdict, f"{row.code} {sentence}.", row.citation))
    if any(row.stance is Stance.FORBIDDEN for row in rows):
        return Verdict.HOLD_FORBIDDEN
    if any(row.stance.grants for row in rows):
        return None
    place = ", ".join(part for part in (facts.city, facts.county, facts.state) if part)
    sentence = f"No law in force gives {place or 'this place'} authority to hold on a detainer."
    tried.append(RuleTried("PLACE_GIVES_AUTHORITY", Tried.NOT_MET, sentence))
    return Verdict.NO_AUTHORITY


def _status(facts: Facts, rows: Sequence[PolicyRow], tried: list[RuleTried]) -> Verdict | None:
    """What a claim of citizenship or lawful status does."""
    if not facts.claim:
        return None
    claim = _claim_rule(rows)
    effect = _effect(facts, claim)
    what = facts.claim.replace("_", " ")
    how = "proved" if facts.proof else "claimed"
    if effect is ClaimEffect.ENDS:
        tried.append(
            RuleTried("STATUS_CLAIM", Tried.FORBIDS, f"The person has {how} {what}; that ends any hold.")
        )
        return Verdict.STATUS_PROVED
    words = "changes nothing here"
    if effect is ClaimEffect.TIMED_CHECK:
        words = f"must be checked within {claim.check_hours} hours; the deadline stays as it is"
    tried.append(RuleTried("STATUS_CLAIM", Tried.NOTHING, f"The person has {how} {what}; it {words}."))
    return None


def _effect(facts: Facts, claim: ClaimRule) -> ClaimEffect:
    if not facts.proof:
        return claim.on_claim
    return claim.on_citizenship_proof if facts.claim == "citizenship" else claim.on_lawful_status_proof


def _conditions(facts: Facts, rows: Sequence[PolicyRow], tried: list[RuleTried]) -> Verdict | None:
    """Conditions of the rows that grant a hold."""
    met = True
    for row in rows:
        if not row.stance.grants:
            continue
        for condition in row.all_of:
            met = _condition(row, (condition,), facts, tried) and met
        if row.any_of:
            met = _condition(row, row.any_of, facts, tried) and met
    return None if met else Verdict.CONDITIONS_NOT_MET


def _condition(
    row: PolicyRow, conditions: tuple[Condition, ...], facts: Facts, tried: list[RuleTried]
) -> bool:
    met = any(condition.value in facts.conditions for condition in conditions)
    words = ", or ".join(CONDITIONS[condition] for condition in conditions)
    sentence = f"{row.code} asks that {words}: {'met' if met else 'not met'}."
    name = "_OR_".join(condition.name for condition in conditions)
    tried.append(RuleTried(name, Tried.MET if met else Tried.NOT_MET, sentence, row.citation))
    return met


def _speaking(verdict: Verdict, rows: Sequence[PolicyRow]) -> PolicyRow | None:
    """The row named on the decision: the most local one that forbids or grants."""
    if verdict is Verdict.HOLD_FORBIDDEN:
        return next(row for row in rows if row.stance is Stance.FORBIDDEN)
    local = [row for row in rows if row.stance is not Stance.NEVER_GRANTS]
    return local[-1] if local else None


def _no_hold(row: PolicyRow | None) -> PolicyLimits:
    return PolicyLimits(row.code if row else NO_ROW, hold=False, citation=row.citation if row else "")


def _claim_rule(rows: Sequence[PolicyRow]) -> ClaimRule:
    local = [row.claim for row in rows if row.stance is not Stance.NEVER_GRANTS]
    return local[-1] if local else ClaimRule()


def _duties(rows: Sequence[PolicyRow]) -> tuple[DutyFollows, ...]:
    found: dict[str, DutyFollows] = {}
    for row in rows:
        for duty in row.duties:
            sentence = duty_sentence(duty.code, duty.due_hours)
            found.setdefault(duty.code, DutyFollows(duty.code.value, sentence, duty.due_hours, row.code))
    return tuple(found[code] for code in DUTIES if code in found)


def _strictest(values: Sequence[Telling | None], default: Telling) -> Telling:
    """Forbidden before conditions, conditions before required, required before permitted."""
    order = [Telling.FORBIDDEN, Telling.ON_CONDITIONS, Telling.REQUIRED, Telling.PERMITTED]
    given = [value for value in values if value is not None]
    return min(given, key=order.index) if given else default
