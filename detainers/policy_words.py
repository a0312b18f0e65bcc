"""What a row of law says, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from detainers.clock import Anchor, Counting
from detainers.duties import TELLING, duty_sentence
from detainers.policies import CONDITIONS
from detainers.policy_rows import ClaimEffect, Condition, MinorRule, PolicyRow, Stance

HOLDS = {
    Stance.FORBIDDEN: "A jail may not hold anybody on a detainer.",
    Stance.REQUIRED: "A jail must hold on a detainer, within the limits.",
    Stance.PERMITTED: "A jail may hold on a detainer, within the limits.",
    Stance.CONDITIONAL: "A jail may hold on a detainer on conditions, within the limits.",
    Stance.SILENT: "It says nothing of holding on a detainer, and gives no authority to.",
    Stance.NEVER_GRANTS: "It is federal and gives a jail no authority to hold.",
}
EFFECTS = {
    ClaimEffect.NONE: "changes nothing",
    ClaimEffect.ENDS: "ends any hold",
}


def sentences(row: PolicyRow) -> list[tuple[str, list[str]]]:
    """(heading, sentences) in the order of a reader's questions; headings with nothing to say are left out."""
    parts = [
        ("Holding", list(_holding(row))),
        ("How long", list(_limits(row))),
        ("What staff must do", [_duty(row, index) for index in range(len(row.duties))]),
        ("Claims of citizenship or status", list(_claims(row))),
        ("What ICE may be told", list(_telling(row))),
        ("People under age", list(_minors(row))),
        ("Other", list(_other(row))),
    ]
    return [(heading, said) for heading, said in parts if said]


def place(row: PolicyRow) -> str:
    """Where it applies, in words."""
    if row.level == "federal":
        return f"The United States: {', '.join(row.states)}" if row.states else "The United States"
    return ", ".join(part for part in (row.agency, row.city, row.county, row.state) if part)


def _holding(row: PolicyRow) -> Iterator[str]:
    yield HOLDS[row.stance]
    for condition in row.all_of:
        yield f"It asks that {_condition(row, condition)}."
    if row.any_of:
        yield f"It asks for at least one of these: {'; '.join(_condition(row, item) for item in row.any_of)}."
    if row.preempts:
        yield "It sets rules of counties, cities and jails on holding aside; their duties stay."


def _condition(row: PolicyRow, condition: Condition) -> str:
    words = CONDITIONS[condition]
    if condition is Condition.OFFENCE_CLASS and row.offences is not None:
        stage = "convicted of" if row.offences.convicted else "charged with or convicted of"
        return f"the person is {stage} a {' or '.join(row.offences.classes)}"
    if condition is Condition.WARRANT_KIND:
        return f"{words} ({', '.join(row.warrant_kinds)})"
    return words


def _limits(row: PolicyRow) -> Iterator[str]:
    if not row.stance.grants:
        return
    limits = row.limits
    if limits.hours is not None:
        start = "the release time" if limits.anchor is Anchor.RELEASE_ELIGIBLE else "receipt of the detainer"
        how = {
            Counting.AS_FORM: "counted as the form counts them",
            Counting.ELAPSED: "counted without a break",
            Counting.EXCLUDING: "without weekends and federal holidays",
        }[limits.counting]
        yield f"At most {limits.hours} hours from {start}, {how}."
    if limits.same_day_2359:
        yield "Not past 23:59 of the day of the release time."
    if limits.hours is None and not limits.same_day_2359:
        yield "No limit of its own; the form's limit holds."


def _duty(row: PolicyRow, index: int) -> str:
    duty = row.duties[index]
    sentence = duty_sentence(duty.code, duty.due_hours, duty.due_from)
    return f"{sentence} No hold before this is done." if duty.is_condition else sentence


def _claims(row: PolicyRow) -> Iterator[str]:
    if not row.says_claim:
        return
    check = f"opens a check within {row.claim.check_hours} hours; the deadline stays as it is"
    for what, effect in (
        ("A claim", row.claim.on_claim),
        ("Proof of citizenship", row.claim.on_citizenship_proof),
        ("Proof of lawful status", row.claim.on_lawful_status_proof),
    ):
        yield f"{what} {EFFECTS.get(effect, check)}."


def _telling(row: PolicyRow) -> Iterator[str]:
    if row.status_information is not None:
        yield TELLING["status"][row.status_information]
    if row.release_information is not None:
        yield TELLING["release"][row.release_information]


def _minors(row: PolicyRow) -> Iterator[str]:
    if row.minors is not None:
        rule = (
            "is held"
            if row.minors.rule is MinorRule.NO_HOLD
            else "is held before supervisor and counsel have cleared it"
        )
        yield f"Nobody under {row.minors.under} {rule}."


def _other(row: PolicyRow) -> Iterator[str]:
    if row.federal_accounts is not None:
        yield f"Immigration offices may {'' if row.federal_accounts else 'not '}have accounts here."
    if row.languages:
        yield f"Languages of the notices: {', '.join(row.languages)}."
    if row.report:
        yield f"Report: {row.report}"
