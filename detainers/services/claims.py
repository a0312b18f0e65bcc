"""A claim of citizenship or status without proof opens a check with a time of its own; the deadline stays as it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid, NotFound
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases.models import Case, Document
from cases.policies import FUTURE_TOLERANCE
from cases.services.custody import lock_case
from detainers import events
from detainers.models import StatusCheck
from detainers.policy_rows import ClaimEffect
from detainers.services.common import say
from detainers.situation import Situation


def follow_claims(situation: Situation, *, actor: Actor, at: datetime) -> None:
    """Open the check that the policy asks for. Called with the case locked, after the decisions. Idempotent.

    It is due in the hours of the policy, and no later than the hold ends: the person must not wait past that for an answer.
    """
    claim, case = situation.claim, situation.case
    if claim is None or not case.is_in_custody:
        return
    asking = [
        decision
        for detainer, decision in zip(situation.detainers, situation.decisions, strict=True)
        if detainer.is_live and decision.claim_effect is ClaimEffect.TIMED_CHECK
    ]
    if not asking or StatusCheck.objects.filter(claim=claim).exists():
        return
    strictest = min(asking, key=lambda decision: decision.claim_check_hours)
    opened_at = max(claim.claimed_at, min(d.received_at for d in situation.detainers if d.is_live))
    due_at = opened_at + timedelta(hours=strictest.claim_check_hours)
    ends_at = situation.result.expires_at if situation.result is not None else None
    if ends_at is not None and opened_at < ends_at < due_at:
        due_at = ends_at
    check: StatusCheck = StatusCheck.objects.create(
        case=case, claim=claim, policy_code=strictest.policy_code, opened_at=opened_at, due_at=due_at
    )
    say(
        events.CHECK_OPENED,
        actor=actor,
        case=case,
        at=opened_at,
        subject=Ref("status_check", check.public_id),
        facts={
            "check": str(check.public_id),
            "claim_id": str(claim.public_id),
            "policy": strictest.policy_code,
            "due_at": due_at.isoformat(),
        },
    )


def finish_check(
    *,
    check_id: int,
    actor: Actor,
    at: datetime,
    outcome: str,
    basis: str,
    document: Document | None = None,
) -> StatusCheck:
    """Record what the check of a claim found at `at`. Confirmed is proof, with what the policy says that does.

    Raises NotFound, NotPermitted, IllegalMove (done already), Invalid.
    """
    with transaction.atomic():
        case, check = _lock(check_id)
        check_permission(actor, Permission.STATUS_CLAIM_RECORD, case.agency)
        if not check.is_open:
            raise IllegalMove(
                "This claim was checked already. Record a new claim if more is shown.", code="checked"
            )
        _check(check, at, outcome, basis)
        check.done_at, check.outcome, check.basis = at, outcome, basis.strip()
        check.document, check.done_by, check.done_label = document, actor.id, actor.label
        check.save(update_fields=["done_at", "outcome", "basis", "document", "done_by", "done_label"])
        say(
            events.CHECK_DONE,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("status_check", check.public_id),
            facts={
                "check": str(check.public_id),
                "claim_id": str(check.claim.public_id),
                "done_at": at.isoformat(),
                "code": outcome,
                "outcome": str(StatusCheck.Outcome(outcome).label),
            },
        )
        _follow(case, check, actor, at)
    return check


def _follow(case: Case, check: StatusCheck, actor: Actor, at: datetime) -> None:
    """Proof that was found is a claim with proof from now on; anything else changes no authority."""
    if check.outcome != StatusCheck.Outcome.CONFIRMED:
        return
    from detainers.services.conditions import claim_status

    claim_status(
        case_id=case.pk,
        actor=actor,
        at=at,
        kind=check.claim.kind,
        proof=True,
        evidence=check.basis[:200],
        document=check.document,
    )


def _lock(check_id: int) -> tuple[Case, StatusCheck]:
    case_id = StatusCheck.objects.filter(pk=check_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound("There is no such check.")
    case = lock_case(case_id)
    rows = StatusCheck.objects.select_for_update(of=("self",)).select_related("claim")
    found: StatusCheck = rows.get(pk=check_id)
    return case, found


def _check(check: StatusCheck, at: datetime, outcome: str, basis: str) -> None:
    checks = (
        ("outcome", "Choose what the check found.", outcome in StatusCheck.Outcome.values),
        ("basis", "Write what was asked, where, and what it said.", bool(basis.strip())),
        ("at", "It cannot have been checked before it was claimed. Check the time.", at >= check.opened_at),
        ("at", "This lies in the future. Enter when it happened.", at <= timezone.now() + FUTURE_TOLERANCE),
    )
    problems = [FieldError(field, sentence) for field, sentence, fine in checks if not fine]
    if problems:
        raise Invalid(problems)
