"""What every service here needs: the locked detainer, who may, and the audit event."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import IllegalMove, Invalid, NotFound
from accounts.permissions import Permission, check_permission, has_permission
from audit import record
from audit.models import Event
from audit.record import JsonValue, Ref
from cases.models import Case
from cases.policies import FUTURE_TOLERANCE
from cases.services.custody import lock_case
from detainers.models import Detainer
from detainers.states import DETAINER_MOVES, Move, find_move


def lock_detainer(detainer_id: int) -> tuple[Case, Detainer]:
    """The case, then the detainer, under row locks: always in this order. Raises NotFound."""
    case_id = Detainer.objects.filter(pk=detainer_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound(f"There is no detainer {detainer_id}.")
    case = lock_case(case_id)
    detainer: Detainer = Detainer.objects.select_for_update(of=("self",)).get(pk=detainer_id)
    return case, detainer


def check_move(detainer: Detainer, action: str) -> Move:
    """The move that `action` means here. Raises IllegalMove."""
    move = find_move(DETAINER_MOVES, detainer.state, action)
    if move is None:
        raise IllegalMove(
            f"This detainer is '{detainer.get_state_display().lower()}', so '{action}' cannot be recorded.",
            code="illegal_detainer_move",
        )
    return move


def check_either(actor: Actor, permission: Permission, case: Case, detainer: Detainer) -> None:
    """The permission in the jail or in the office that issued the detainer. Raises NotPermitted."""
    office = detainer.federal_agency_id
    if office is not None and has_permission(actor, permission, office):
        return
    check_permission(actor, permission, case.agency)


def say(
    action: str,
    *,
    actor: Actor,
    case: Case,
    at: datetime,
    subject: Ref,
    facts: Mapping[str, JsonValue],
    reason: str = "",
    changed: Sequence[str] = (),
) -> Event:
    """One audit event about a case, in the transaction of the change."""
    return record.event(
        action,
        actor=actor,
        subject=subject,
        case=case.public_id,
        agency=case.agency.public_id,
        occurred_at=at,
        reason=reason,
        changed=changed,
        facts=facts,
    )


def check_not_future(at: datetime, what: str) -> None:
    """No fact from the future; `what` begins the sentence. Raises Invalid."""
    if at > timezone.now() + FUTURE_TOLERANCE:
        raise Invalid(f"{what} lies in the future. Enter when it happened.", field="at", code="future")
