"""Where in the jail a person is: a fact of custody with its own time, never a typed-over field."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import IllegalMove, Invalid
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from cases import events, policies
from cases.models import Case, CustodyEvent
from cases.services.custody import lock_case

MOST_LETTERS = 40


def move_to_unit(
    *, case_id: int, actor: Actor, at: datetime, unit: str, reason: str = "", entered_text: str = ""
) -> Case:
    """Record that the person is in another housing unit since `at`. It touches no authority and no clock.

    Raises NotFound, NotPermitted, IllegalMove when the person has left or is there already, Invalid.
    """
    name = " ".join(unit.split())
    if not name or len(name) > MOST_LETTERS:
        raise Invalid(f"Enter the unit, in at most {MOST_LETTERS} letters, for example Unit 3.", field="unit")
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.UNIT_MOVE, case.agency)
        if not case.is_in_custody:
            raise IllegalMove(
                f"The person of case {case.number} is no longer in custody.", code="not_in_custody"
            )
        if case.unit == name:
            raise IllegalMove(f"The person of case {case.number} is in {name} already.", code="same_unit")
        policies.check_time(at, not_before=case.opened_at, now=timezone.now(), what="The move")
        before, case.unit = case.unit, name
        case.save(update_fields=["unit"])
        CustodyEvent.objects.create(
            case=case,
            kind=CustodyEvent.Kind.MOVED,
            unit=name,
            occurred_at=at,
            entered_text=entered_text,
            zone=case.agency.time_zone,
            recorded_by=actor.id,
            reason=reason,
        )
        record.event(
            events.MOVED,
            actor=actor,
            subject=Ref("case", case.public_id),
            case=case.public_id,
            agency=case.agency.public_id,
            occurred_at=at,
            reason=reason,
            changed=["unit"],
            facts={"from_unit": before, "unit": name},
        )
    return case
