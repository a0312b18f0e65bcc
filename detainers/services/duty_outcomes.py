"""People record what came of a duty: done, or refused by the person, with its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid, NotFound
from accounts.permissions import Permission, check_permission
from cases.models import Case, Document
from cases.policies import FUTURE_TOLERANCE
from cases.services.custody import lock_case
from detainers.duties import SettledBy, asks, settled_by
from detainers.models import Duty, DutyOutcome
from detainers.policy_rows import Duty as Code
from detainers.services.assess import reassess
from detainers.states import DutyState

RECIPIENTS = {
    "person": "the person",
    "attorney": "the attorney",
    "designee": "the person's designee",
    "none_named": "no attorney or designee was named",
}


def record_duty(
    *,
    duty_id: int,
    actor: Actor,
    at: datetime,
    outcome: str = DutyOutcome.Outcome.DONE,
    method: str = DutyOutcome.Method.IN_PERSON,
    language: str = "",
    answer: str = "",
    recipients: Sequence[str] = (),
    statement: str = "",
    document: Document | None = None,
    refused_to_sign: bool = False,
    witness: str = "",
    interpreter_id: str = "",
    entered_text: str = "",
) -> DutyOutcome:
    """Record what came of a duty at `at`: done, or refused by the person. A refusal names its witness.

    Raises NotFound, NotPermitted, IllegalMove (settled, no longer owed, or settled by a record of its own), Invalid.
    """
    with transaction.atomic():
        duty, case = _lock(duty_id)
        check_permission(actor, Permission.DUTY_RECORD, case.agency)
        _check_open(duty)
        given: dict[str, Any] = {
            "outcome": outcome,
            "method": method,
            "language": language.strip(),
            "answer": answer,
            "recipients": sorted(set(recipients)),
            "statement": statement.strip(),
            "document": document,
            "refused_to_sign": refused_to_sign,
            "witness": witness.strip(),
            "interpreter_id": interpreter_id.strip(),
        }
        _check(duty, at, given)
        row: DutyOutcome = DutyOutcome.objects.create(
            duty=duty,
            done_at=at,
            done_text=entered_text,
            recorded_by=actor.id,
            recorded_label=actor.label,
            **given,
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return row


def _lock(duty_id: int) -> tuple[Duty, Case]:
    case_id = Duty.objects.filter(pk=duty_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound("There is no such duty.")
    case = lock_case(case_id)
    duty: Duty = Duty.objects.select_for_update(of=("self",)).select_related("detainer").get(pk=duty_id)
    return duty, case


_ELSEWHERE = {
    SettledBy.SERVICE: "The copy is recorded as the service of the detainer, which settles this duty.",
    SettledBy.ORDER: "The order is recorded on the detainer, which settles this duty.",
    SettledBy.DISCLOSURE: "Telling ICE is recorded on the case, which settles this duty.",
}


def _check_open(duty: Duty) -> None:
    kind = settled_by(Code(duty.code))
    if kind in _ELSEWHERE:
        raise IllegalMove(_ELSEWHERE[kind], code="recorded_elsewhere")
    if duty.state not in (DutyState.OPEN, DutyState.REFUSED):
        words = "done already" if duty.state == DutyState.DONE else "no longer owed"
        raise IllegalMove(
            f"This duty is {words}. A wrong entry is corrected, not repeated.", code="duty_settled"
        )


def _check(duty: Duty, at: datetime, given: Mapping[str, Any]) -> None:
    """Every problem at once. Raises Invalid."""
    wants = asks(Code(duty.code))
    refused = given["outcome"] == DutyOutcome.Outcome.REFUSED
    answers = {code for code, _ in wants.answers}
    told = set(given["recipients"])
    checks = (
        ("outcome", "Choose done or refused.", given["outcome"] in DutyOutcome.Outcome.values),
        ("outcome", "The person cannot refuse this; it is a duty of staff.", not refused or wants.to_person),
        ("method", "Choose how it was done.", given["method"] in DutyOutcome.Method.values),
        ("language", "Choose the language in which it was said or given.", not wants.to_person or given["language"]),
        ("answer", "Choose what came of it.", refused or not answers or given["answer"] in answers),
        (
            "recipients",
            "Tick the person, and the attorney or designee, or that none was named.",
            refused or not wants.recipients or ("person" in told and bool(told - {"person"})),
        ),
        ("recipients", "One of these is not known.", told <= set(RECIPIENTS)),
        ("statement", "Write what was done and where the proof is, or attach it.",
         bool(given["statement"]) or given["document"] is not None),
        (
            "witness",
            "Enter who witnessed the refusal: badge or role.",
            not (refused or given["refused_to_sign"]) or given["witness"],
        ),
        ("interpreter_id", "Enter the interpreter's number.", refused or not wants.interpreter or given["interpreter_id"]),
        ("at", "It cannot have been done before the request came. Check the time.", at >= duty.opened_at),
        ("at", "This lies in the future. Enter when it happened.", at <= timezone.now() + FUTURE_TOLERANCE),
    )  # fmt: skip
    problems = [FieldError(field, sentence) for field, sentence, fine in checks if not fine]
    if problems:
        raise Invalid(problems)
