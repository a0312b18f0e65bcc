"""Convictions of a person, taken from a record by a named person."""

from datetime import date, datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import FieldError, Invalid
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from cases import events
from cases.models import Case, Conviction
from cases.services.custody import lock_case


def record_conviction(
    *,
    case_id: int,
    actor: Actor,
    at: datetime,
    convicted_on: date,
    offence_class: str,
    category: str,
    source: str,
    offence_code: str = "",
    max_sentence_days: int | None = None,
    is_aggravated_felony: bool = False,
    is_significant_misdemeanor: bool = False,
    is_minor_traffic: bool = False,
    incident: str = "",
) -> Conviction:
    """Record a conviction of the person of this case. Raises NotFound, NotPermitted, Invalid."""
    with transaction.atomic():
        case: Case = lock_case(case_id)
        check_permission(actor, Permission.CONVICTION_RECORD, case.agency)
        today = at.astimezone(case.agency.zone).date()
        checks = (
            (
                "convicted_on",
                "This day has not come yet. Enter the day of the conviction.",
                convicted_on <= today,
            ),
            (
                "offence_class",
                "Choose the class of the offence.",
                offence_class in Conviction.OffenceClass.values,
            ),
            ("category", "Choose the kind of offence.", category in Conviction.Category.values),
            (
                "source",
                "Enter the record it is taken from, such as the rap sheet of the FBI.",
                bool(source.strip()),
            ),
        )
        problems = [FieldError(field, sentence) for field, sentence, fine in checks if not fine]
        if problems:
            raise Invalid(problems)
        row: Conviction = Conviction.objects.create(
            case=case,
            convicted_on=convicted_on,
            offence_code=offence_code.strip(),
            offence_class=offence_class,
            max_sentence_days=max_sentence_days,
            category=category,
            is_aggravated_felony=is_aggravated_felony,
            is_significant_misdemeanor=is_significant_misdemeanor,
            is_minor_traffic=is_minor_traffic,
            incident=incident.strip(),
            source=source.strip(),
            recorded_by=actor.id,
        )
        record.event(
            events.CONVICTION_RECORDED,
            actor=actor,
            subject=Ref("conviction", row.public_id),
            case=case.public_id,
            agency=case.agency.public_id,
            occurred_at=at,
            facts={"conviction": str(row.public_id)},
        )
    return row
