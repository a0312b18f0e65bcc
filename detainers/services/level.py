"""Keeps the level of criminal history beside a case: worked out from convictions alone, by the scheme of the day."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cases.models import Case, Conviction
from cases.services.custody import lock_case
from detainers import levels
from detainers.models import CriminalLevel


def keep_level(*, case_id: int, at: datetime) -> CriminalLevel | None:
    """Work the level out for the facility's day of `at`; kept when it says something else than the last one. None: no scheme.

    Convictions are those of the person, in whatever case of the jail they were recorded.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        on = at.astimezone(case.agency.zone).date()
        found = levels.threat_level(on, _convictions(case))
        if found is None:
            return None
        last: CriminalLevel | None = CriminalLevel.objects.filter(case=case).order_by("-pk").first()
        result = found.as_json()
        if last is not None and {**last.result, "on": ""} == {**result, "on": ""}:
            return last
        row: CriminalLevel = CriminalLevel.objects.create(
            case=case, scheme=found.scheme.value, on=on, level=found.level or "", result=result
        )
    return row


def _convictions(case: Case) -> list[levels.Conviction]:
    rows = Conviction.objects.filter(case__person_id=case.person_id)
    return [
        levels.Conviction(
            convicted_on=row.convicted_on,
            offence_class=row.offence_class,
            max_sentence_days=row.max_sentence_days,
            category=levels.Category(row.category),
            is_aggravated_felony=row.is_aggravated_felony,
            is_significant_misdemeanor=row.is_significant_misdemeanor,
            is_minor_traffic=row.is_minor_traffic,
            incident=row.incident,
        )
        for row in rows
    ]
