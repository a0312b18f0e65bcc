"""Sets and ends the protection of 8 U.S.C. 1367. Its events name neither case nor agency, so that no trail shows one."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import IllegalMove, Invalid
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from cases import events
from cases.models import Case, Protection
from cases.services.custody import lock_case


def protect(*, case_id: int, actor: Actor, at: datetime, reason: str) -> Protection:
    """Record that the person is protected. Raises NotFound, NotPermitted, Invalid, IllegalMove (protected already)."""
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.PROTECTION_HANDLE, case.agency)
        _check_reason(reason)
        if standing(case) is not None:
            raise IllegalMove("This is recorded already.", code="protected")
        row: Protection = Protection.objects.create(
            case=case,
            agency=case.agency,
            reason=reason.strip(),
            set_at=at,
            set_by=actor.id,
            set_label=actor.label,
        )
        _say(events.PROTECTION_SET, row, actor, at)
    return row


def end_protection(*, case_id: int, actor: Actor, at: datetime, reason: str) -> Protection:
    """Record that the protection is over. Raises NotFound, NotPermitted, Invalid, IllegalMove (there is none)."""
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.PROTECTION_HANDLE, case.agency)
        _check_reason(reason)
        row = standing(case)
        if row is None:
            raise IllegalMove("There is nothing to end.", code="not_protected")
        row.ended_at, row.ended_by, row.end_reason = at, actor.id, reason.strip()
        row.save(update_fields=["ended_at", "ended_by", "end_reason"])
        _say(events.PROTECTION_ENDED, row, actor, at)
    return row


def standing(case: Case) -> Protection | None:
    """The protection of the case's person that is in force, in whatever case of the jail it was set."""
    rows = Protection.objects.filter(case__person_id=case.person_id, ended_at__isnull=True)
    found: Protection | None = rows.order_by("pk").first()
    return found


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Enter why, and what it rests on.", field="reason", code="required")


def _say(action: str, row: Protection, actor: Actor, at: datetime) -> None:
    record.event(action, actor=actor, subject=Ref("record", row.public_id), occurred_at=at)
