"""Convictions are facts from records; the level follows from them and from nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.errors import Invalid, NotPermitted
from cases import services
from cases.models import Case, Conviction
from detainers.levels import Scheme
from detainers.models import CriminalLevel
from detainers.services.level import keep_level
from tests.actors import Cast
from tests.factories import CaseFactory

IN_2012 = datetime(2012, 5, 1, 12, tzinfo=UTC)


def convict(cast: Cast, case: Case, *, who: str = "officer", **fields: Any) -> Conviction:
    given = {
        "at": timezone.now(),
        "convicted_on": date(2005, 3, 1),
        "offence_class": "felony",
        "category": "violent",
        "max_sentence_days": 3650,
        "source": "FBI rap sheet",
        **fields,
    }
    return services.record_conviction(case_id=case.pk, actor=cast.actor(who), **given)


def test_a_charge_gives_no_level_and_a_conviction_does(cast: Cast, book: CaseFactory) -> None:
    case = book()

    nothing = keep_level(case_id=case.pk, at=IN_2012)
    assert nothing is not None
    assert (nothing.level, nothing.reasons) == ("", ["No conviction is known."])

    convict(cast, case)
    found = keep_level(case_id=case.pk, at=IN_2012)

    assert found is not None
    assert (found.scheme, found.level) == (Scheme.ICE_10072_1.value, "2")
    again = found.worked_out_again()
    assert again is not None
    assert again.as_json() == found.result
    assert keep_level(case_id=case.pk, at=IN_2012 + timedelta(hours=1)) == found


def test_recording_keeps_the_level_of_the_day(cast: Cast, book: CaseFactory) -> None:
    case = book()

    convict(cast, case)

    row = CriminalLevel.objects.get(case=case)
    assert (row.scheme, row.level) == (Scheme.EO_14159.value, "")


def test_convictions_of_the_person_count_in_every_case_of_the_person(cast: Cast, book: CaseFactory) -> None:
    first, second = book(), book()
    Case.objects.filter(pk=second.pk).update(person=first.person)
    convict(cast, first)

    found = keep_level(case_id=second.pk, at=IN_2012)

    assert found is not None
    assert found.level == "2"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"convicted_on": date.today() + timedelta(days=2)}, "convicted_on"),
        ({"offence_class": "worst"}, "offence_class"),
        ({"category": "worst"}, "category"),
        ({"source": " "}, "source"),
    ],
)
def test_a_bad_conviction_is_a_sentence_at_its_field(
    cast: Cast, book: CaseFactory, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        convict(cast, book(), **changes)

    assert [error.field for error in refused.value.errors] == [field]
    assert not Conviction.objects.exists()


@pytest.mark.parametrize(
    "who", ["administrator", "other_officer", "examiner", "liaison", "reviewer", "stranger"]
)
def test_only_staff_of_the_jail_record_convictions(cast: Cast, book: CaseFactory, who: str) -> None:
    with pytest.raises(NotPermitted):
        convict(cast, book(), who=who)


def test_the_database_keeps_convictions_and_levels(cast: Cast, book: CaseFactory) -> None:
    convict(cast, book())

    for sql in (
        "UPDATE cases_conviction SET offence_class = 'violation'",
        "DELETE FROM cases_conviction",
        "UPDATE detainers_criminallevel SET level = '1'",
        "DELETE FROM detainers_criminallevel",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
