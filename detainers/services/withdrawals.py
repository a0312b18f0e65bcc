"""A detainer withdrawn by the issuing side: lifted, or cancelled by a later form."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.permissions import Permission
from audit.record import Ref
from cases.models import Case
from detainers import events
from detainers.models import Detainer
from detainers.services.assess import reassess
from detainers.services.common import check_either, check_move, check_not_future, lock_detainer, say


def lift_detainer(*, detainer_id: int, actor: Actor, at: datetime, reason: str = "") -> Detainer:
    """The issuing side withdrew the detainer at `at`. Any hold on it ends at once.

    The jail or the issuing office may record this. Raises NotFound, NotPermitted, IllegalMove, Invalid.
    """
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_either(actor, Permission.DETAINER_LIFT, case, detainer)
        move = check_move(detainer, "lift")
        _withdraw(case, detainer, move.target, at, actor, reason)
        say(
            events.LIFTED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", detainer.public_id),
            facts={"detainer": str(detainer.public_id), "lifted_at": at.isoformat()},
            reason=reason,
            changed=["state", "ended_at"],
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def cancel_detainer(*, detainer_id: int, actor: Actor, at: datetime, reason: str = "") -> Detainer:
    """A later form cancelled this one by its cancel box. Raises as `lift_detainer`."""
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_either(actor, Permission.DETAINER_REGISTER, case, detainer)
        move = check_move(detainer, "cancel")
        _withdraw(case, detainer, move.target, at, actor, reason)
        say(
            events.CANCELLED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", detainer.public_id),
            facts={"detainer": str(detainer.public_id), "cancelled_at": at.isoformat()},
            reason=reason,
            changed=["state", "ended_at"],
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def _withdraw(case: Case, detainer: Detainer, target: str, at: datetime, actor: Actor, reason: str) -> None:
    check_not_future(at, "The withdrawal")
    if at < detainer.received_at:
        raise Invalid(
            "The detainer cannot be withdrawn before it was received. Check both times.",
            field="at",
            code="before_receipt",
        )
    detainer.state, detainer.ended_at = target, at
    detainer.ended_by, detainer.end_reason = actor.id, reason.strip()
    detainer.save(update_fields=["state", "ended_at", "ended_by", "end_reason"])
