from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from audit import record
from audit.record import Ref
from cases import events
from cases.models import Case, SamePersonLink
from cases.services.custody import lock_case


def link_same_person(
    *, case_id: int, other_case_id: int, actor: Actor, at: datetime, reason: str
) -> SamePersonLink:
    """Say that two cases are of one person. Called only after two different examiners agreed (matching checks that).

    Idempotent. Both cases keep their own person; merging is a separate, named act.
    """
    with transaction.atomic():
        first, second = sorted((case_id, other_case_id))
        lock_case(first)
        lock_case(second)
        case = Case.objects.select_related("agency").get(pk=case_id)
        other = Case.objects.get(pk=other_case_id)
        link, created = SamePersonLink.objects.get_or_create(
            case=case, other_case=other, defaults={"linked_at": at, "linked_by": actor.id, "reason": reason}
        )
        if created:
            record.event(
                events.SAME_PERSON_LINKED,
                actor=actor,
                subject=Ref("case", case.public_id),
                case=case.public_id,
                agency=case.agency.public_id,
                occurred_at=at,
                reason=reason,
                facts={"other_case": str(other.public_id), "other_number": other.number},
            )
    return link
