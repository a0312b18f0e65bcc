"""A detainer withdrawn by the issuing side: lifted, or cancelled by a later form."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.permissions import Permission
from audit.record import Ref
from cases.models import Case
from detainers import events
from detainers.lifts import BY_ISSUER, MEANING, LiftCode
from detainers.models import Detainer
from detainers.services.assess import reassess
from detainers.services.common import check_either, check_move, check_not_future, lock_detainer, say
from detainers.states import DetainerState, Move

SAID = {
    DetainerState.LIFTED: (events.LIFTED, "lifted_at"),
    DetainerState.CANCELLED: (events.CANCELLED, "cancelled_at"),
}


def lift_detainer(
    *, detainer_id: int, actor: Actor, at: datetime, reason: str = "", code: str = LiftCode.LIFTED
) -> Detainer:
    """The issuing side withdrew the detainer at `at`. Any hold on it ends at once. `code` says why: `lifts.LiftCode`.

    The jail or the issuing office may record this. Raises NotFound, NotPermitted, IllegalMove, Invalid.
    """
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_either(actor, Permission.DETAINER_LIFT, case, detainer)
        move = check_move(detainer, "lift")
        if code not in BY_ISSUER:
            codes = ", ".join(BY_ISSUER)
            raise Invalid(f"Choose why it was lifted: one of {codes}.", field="code", code="lift_code")
        withdraw(case, detainer, move, at, actor, code=LiftCode(code), reason=reason)
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def cancel_detainer(*, detainer_id: int, actor: Actor, at: datetime, reason: str = "") -> Detainer:
    """A later form cancelled this one by its cancel box. Raises as `lift_detainer`."""
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_either(actor, Permission.DETAINER_REGISTER, case, detainer)
        move = check_move(detainer, "cancel")
        withdraw(case, detainer, move, at, actor, code=LiftCode.CANCELLED_BY_FORM, reason=reason)
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def withdraw(
    case: Case, detainer: Detainer, move: Move, at: datetime, actor: Actor, *, code: LiftCode, reason: str
) -> None:
    """Write that the detainer ended at `at`, with its event; the caller holds the locks and assesses. Raises Invalid."""
    check_not_future(at, "The withdrawal")
    if at < detainer.received_at:
        raise Invalid(
            "The detainer cannot be withdrawn before it was received. Check both times.",
            field="at",
            code="before_receipt",
        )
    detainer.state, detainer.ended_at, detainer.lift_code = move.target, at, code.value
    detainer.ended_by, detainer.end_reason = actor.id, reason.strip()
    detainer.save(update_fields=["state", "ended_at", "ended_by", "end_reason", "lift_code"])
    action, moment = SAID[DetainerState(move.target)]
    say(
        action,
        actor=actor,
        case=case,
        at=at,
        subject=Ref("detainer", detainer.public_id),
        facts={
            "detainer": str(detainer.public_id),
            moment: at.isoformat(),
            "code": code.value,
            "why": MEANING[code],
        },
        reason=reason,
        changed=["state", "ended_at"],
    )
