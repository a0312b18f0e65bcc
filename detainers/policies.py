"""May this jail hold on this detainer? Pure: facts and a rulebook in, a decision out that can be replayed.

Every rule is tried and recorded, also after one has failed, so that a reader sees the whole picture. Federal
rows never grant authority; a place without an enabled granting row gives no hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from detainers import conflicts
from detainers.clock import PolicyLimits
from detainers.conflicts import Resolved
from detainers.decisions import (
    EVALUATOR,
    VERDICTS,
    Decision,
    DutyFollows,
    Facts,
    RuleTried,
    Tried,
    Verdict,
    canonical,
    facts_from_json,
)
from detainers.duties import DUTIES, duty_sentence
from detainers.policy_rows import (
    ClaimEffect,
    ClaimRule,
    Condition,
    Duty,
    DutyRow,
    MinorRule,
    PolicyRow,
    Stance,
    Telling,
    policy_row,
)
from detainers.rulebook import Edition, Rulebook

__all__ = [
    "CONDITIONS",
    "NO_ROW",
    "VERDICTS",
    "Decision",
    "DutyFollows",
    "Facts",
    "RuleTried",
    "Tried",
    "Verdict",
    "canonical",
    "decide",
    "decide_on",
    "facts_from_json",
    "is_met",
    "replay",
]

NO_ROW = "NO_ROW"
CONDITIONS = {
    Condition.JUDICIAL_ORDER: "a judicial official has ordered the hold",
    Condition.JUDICIAL_WARRANT: "a warrant signed by a judge is there",
    Condition.ADMINISTRATIVE_WARRANT: "an administrative warrant (I-200 or I-205) came with the detainer",
    Condition.LISTED_SERIOUS_CASE: "the person is in a class of serious cases that the law lists",
    Condition.FINAL_ORDER_BY_JUDGE: "a final order of removal signed by a judge is there",
    Condition.TERRORISM_LIST: "the person is on a list that the law names",
    Condition.CONVICTION: "the person is convicted in this case",
    Condition.OFFENCE_CLASS: "a charge or conviction of the classes that the law lists is there",
    Condition.WARRANT_KIND: "a warrant of a kind that the law lists is there",
    Condition.MINOR_CLEARED: "supervisor and counsel have cleared a hold of somebody under age",
}
_STANDS = {
    Stance.FORBIDDEN: (Tried.FORBIDS, "forbids holding on a detainer"),
    Stance.REQUIRED: (Tried.MET, "requires holding on a detainer"),
    Stance.PERMITTED: (Tried.MET, "permits holding on a detainer"),
    Stance.CONDITIONAL: (Tried.MET, "permits holding on a detainer on conditions"),
    Stance.SILENT: (Tried.NOTHING, "says nothing of holding on a detainer"),
    Stance.NEVER_GRANTS: (Tried.NOTHING, "is federal and gives this jail no authority"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a decision needs of the edition: kept with it, so that it can be replayed without today's list."""

    code: str
    holds: bool
    citation: str

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "holds": self.holds, "citation": self.citation}


def replay(facts: Mapping[str, Any], trace: Mapping[str, Any], book: Rulebook) -> Decision:
    """Decide again on stored facts and the rows and edition stored with them, as the evaluator of that day did.

    Decisions of evaluator 1 did not keep the edition, so theirs comes from `book`, and the words of their duties as stored.
    """
    rows = tuple(policy_row(row) for row in trace["rows"])
    evaluator = trace.get("evaluator", 1)
    given = facts_from_json(facts)
    if evaluator > 1:
        kept = trace["edition"]
        form = Form(**kept) if kept is not None else None
        return _decide(given, rows, form, trace["version"], evaluator)
    decision = _decide(given, rows, _form_of(book.editions.get(given.edition)), trace["version"], evaluator)
    said = {item["code"]: item["sentence"] for item in trace["duties"]}
    duties = tuple(replace(duty, sentence=said.get(duty.code, duty.sentence)) for duty in decision.duties)
    return replace(decision, duties=duties)


def decide(facts: Facts, book: Rulebook) -> Decision:
    """Apply the rows in force at the place and date of the facts."""
    on = date.fromisoformat(facts.on)
    rows = book.in_force(state=facts.state, county=facts.county, city=facts.city, on=on, agency=facts.agency)
    return decide_on(facts, rows, book)


def decide_on(facts: Facts, rows: Sequence[PolicyRow], book: Rulebook) -> Decision:
    """Apply these rows, from federal to the jail's own; for whoever has looked them up once for many facts."""
    return _decide(facts, rows, _form_of(book.editions.get(facts.edition)), book.version, EVALUATOR)


def is_met(condition: Condition, row: PolicyRow, facts: Facts) -> bool:
    """Whether the facts meet one condition of one row."""
    if condition is Condition.CONVICTION:
        return facts.convicted
    if condition is Condition.OFFENCE_CLASS:
        offences = row.offences
        stages = ("convicted",) if offences is None or offences.convicted else ("convicted", "pending")
        classes = offences.classes if offences is not None else ()
        return any(f"{name}:{stage}" in facts.offences for name in classes for stage in stages)
    if condition is Condition.WARRANT_KIND:
        return any(kind in facts.warrants for kind in row.warrant_kinds)
    return condition.value in facts.conditions


def _form_of(edition: Edition | None) -> Form | None:
    return None if edition is None else Form(edition.code, edition.holds, edition.citation)


def _decide(
    facts: Facts, given: Sequence[PolicyRow], form: Form | None, version: str, evaluator: int
) -> Decision:
    tried: list[RuleTried] = []
    resolved: list[Resolved] = []
    rows = conflicts.set_aside(given, resolved)
    claim = conflicts.claim_rule(rows, resolved)
    outcomes = [
        _form(facts, form, tried),
        _place(facts, rows, tried),
        _status(facts, claim, tried),
        _minor(facts, rows, tried),
        _conditions(facts, rows, tried),
        _duties_done(facts, given, tried),
    ]
    granting = [row for row in rows if row.stance.grants]
    required = any(row.stance is Stance.REQUIRED for row in granting)
    verdict = next(
        (outcome for outcome in outcomes if outcome is not None),
        Verdict.HOLD_REQUIRED if required else Verdict.HOLD_PERMITTED,
    )
    row = _speaking(verdict, rows)
    limits = tuple(item.limits for item in granting) if verdict.grants else (_no_hold(row),)
    conflicts.explain_hold(rows, resolved)
    conflicts.explain_limits(rows, resolved)
    duties = tuple(_follows(duty, code) for duty, code in conflicts.duties(given, resolved))
    status = conflicts.strictest_telling(
        given, "status_information", lambda item: item.status_information, Telling.PERMITTED, resolved
    )
    release = conflicts.strictest_telling(
        given, "release_information", lambda item: item.release_information, Telling.FORBIDDEN, resolved
    )
    accounts = conflicts.accounts(given, resolved)
    if evaluator > 1:
        cited = {item.code: item.citation for item in given}
        tried += [RuleTried("LEVELS", Tried.NOTHING, item.sentence, cited[item.winner]) for item in resolved]
    return Decision(
        verdict=verdict,
        version=version,
        policy_code=row.code if row else NO_ROW,
        citation=row.citation if row else "",
        facts=facts,
        tried=tuple(tried),
        duties=duties,
        claim_effect=_effect(facts, claim) if facts.claim else ClaimEffect.NONE,
        claim_check_hours=claim.check_hours,
        status_information=status,
        release_information=release,
        limits=limits,
        rows=tuple(item.source for item in given),
        federal_accounts=accounts,
        resolved=tuple(resolved),
        edition=form.as_json() if form is not None else None,
        evaluator=evaluator,
    )


def _form(facts: Facts, form: Form | None, tried: list[RuleTried]) -> Verdict | None:
    """Does the paper ask for custody, now, and is it sufficient on its face?"""
    outcome: Verdict | None = None
    if form is not None:
        words = "asks for custody" if form.holds else "asks for notice of release, not for custody"
        verdict = Tried.MET if form.holds else Tried.NOT_MET
        tried.append(RuleTried("FORM_ASKS_FOR_CUSTODY", verdict, f"Form {form.code} {words}.", form.citation))
        outcome = None if form.holds else Verdict.FORM_ASKS_NO_HOLD
    if facts.on_conviction_box:
        done = "has been" if facts.convicted else "has not been"
        verdict = Tried.MET if facts.convicted else Tried.NOT_MET
        sentence = f"The form takes effect only upon conviction, and the person {done} convicted."
        tried.append(RuleTried("OPERATIVE_UPON_CONVICTION", verdict, sentence))
        outcome = outcome if facts.convicted else outcome or Verdict.FORM_ASKS_NO_HOLD
    if facts.deficiencies or form is None:
        codes = ", ".join(facts.deficiencies) or "UNKNOWN_EDITION"
        tried.append(
            RuleTried("FORM_SUFFICIENT", Tried.NOT_MET, f"The form is deficient on its face: {codes}.")
        )
        return Verdict.FORM_DEFICIENT
    tried.append(RuleTried("FORM_SUFFICIENT", Tried.MET, "The form is sufficient on its face."))
    return outcome


def _place(facts: Facts, rows: Sequence[PolicyRow], tried: list[RuleTried]) -> Verdict | None:
    """Does a law of this place forbid or allow a hold? Forbidding wins over allowing."""
    for row in rows:
        verdict, sentence = _STANDS[row.stance]
        tried.append(RuleTried(row.code, verdict, f"{row.code} {sentence}.", row.citation))
    if any(row.stance is Stance.FORBIDDEN for row in rows):
        return Verdict.HOLD_FORBIDDEN
    if any(row.stance.grants for row in rows):
        return None
    place = ", ".join(part for part in (facts.city, facts.county, facts.state) if part)
    sentence = f"No law in force gives {place or 'this place'} authority to hold on a detainer."
    tried.append(RuleTried("PLACE_GIVES_AUTHORITY", Tried.NOT_MET, sentence))
    return Verdict.NO_AUTHORITY


def _status(facts: Facts, claim: ClaimRule, tried: list[RuleTried]) -> Verdict | None:
    """What a claim of citizenship or lawful status does."""
    if not facts.claim:
        return None
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


def _minor(facts: Facts, rows: Sequence[PolicyRow], tried: list[RuleTried]) -> Verdict | None:
    """Somebody under age is not held, or not before supervisor and counsel have cleared it, where a row says so."""
    outcome: Verdict | None = None
    for row in rows:
        if facts.age is None or row.minors is None or facts.age >= row.minors.under:
            continue
        under = f"{row.code} protects people under {row.minors.under}"
        if row.minors.rule is MinorRule.NO_HOLD:
            tried.append(
                RuleTried("MINOR", Tried.FORBIDS, f"{under}: this person is not held.", row.citation)
            )
            outcome = Verdict.HOLD_FORBIDDEN
        elif not _condition(row, (Condition.MINOR_CLEARED,), facts, tried):
            outcome = outcome or Verdict.CONDITIONS_NOT_MET
    return outcome


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
    met = any(is_met(condition, row, facts) for condition in conditions)
    words = ", or ".join(CONDITIONS[condition] for condition in conditions)
    sentence = f"{row.code} asks that {words}: {'met' if met else 'not met'}."
    name = "_OR_".join(condition.name for condition in conditions)
    tried.append(RuleTried(name, Tried.MET if met else Tried.NOT_MET, sentence, row.citation))
    return met


def _duties_done(facts: Facts, rows: Sequence[PolicyRow], tried: list[RuleTried]) -> Verdict | None:
    """No hold while a duty is undone that a row makes its condition."""
    met = True
    for row in rows:
        for duty in row.duties:
            if not duty.is_condition:
                continue
            done = duty.code.value in facts.duties_done
            sentence = f"{row.code} lets nobody be held before this is done: {_asks(duty.code)}: "
            sentence += "done." if done else "not done."
            tried.append(
                RuleTried(duty.code.value, Tried.MET if done else Tried.NOT_MET, sentence, row.citation)
            )
            met = met and done
    return None if met else Verdict.CONDITIONS_NOT_MET


def _asks(duty: Duty) -> str:
    return DUTIES[duty][0].lower() + DUTIES[duty][1:]


def _speaking(verdict: Verdict, rows: Sequence[PolicyRow]) -> PolicyRow | None:
    """The row named on the decision: the one that forbids, or else the most local one that grants."""
    if verdict is Verdict.HOLD_FORBIDDEN:
        forbidding = [row for row in rows if row.stance is Stance.FORBIDDEN]
        protecting = [row for row in rows if row.minors and row.minors.rule is MinorRule.NO_HOLD]
        return (forbidding or protecting)[0]
    local = [row for row in rows if row.stance not in (Stance.NEVER_GRANTS, Stance.SILENT)]
    return local[-1] if local else None


def _no_hold(row: PolicyRow | None) -> PolicyLimits:
    return PolicyLimits(row.code if row else NO_ROW, hold=False, citation=row.citation if row else "")


def _follows(duty: DutyRow, policy: str) -> DutyFollows:
    sentence = duty_sentence(duty.code, duty.due_hours, duty.due_from)
    return DutyFollows(
        duty.code.value, sentence, duty.due_hours, policy, duty.due_from.value, duty.is_condition
    )
