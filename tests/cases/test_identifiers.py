"""Numbers of a person: sealed, shown to those who may see the case, found by exact value and only in scope."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.errors import Invalid, NotPermitted
from audit.keys import blind
from audit.models import Access, Event
from cases.identifiers import PersonIdentifier
from cases.models import Person
from cases.services.identifiers import find_people, opened, record_identifiers
from tests.actors import Cast
from tests.factories import CaseFactory

NUMBER = "A012345678"


def add(cast: Cast, case, values: dict[str, str], who: str = "officer") -> list[PersonIdentifier]:
    return record_identifiers(
        case_id=case.pk, values=values, source="person", actor=cast.actor(who), at=timezone.now()
    )


def test_the_table_and_the_history_do_not_show_the_number(cast: Cast, book: CaseFactory) -> None:
    (row,) = add(cast, book(), {"a_number": NUMBER})

    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(value, 'escape'), encode(blind, 'escape') FROM cases_personidentifier")
        kept = str(cursor.fetchall())
        cursor.execute("SELECT e::text FROM audit_event e")
        history = str(cursor.fetchall())
    assert "12345678" not in kept + history
    assert [item.value for item in opened([row])] == [NUMBER]


@pytest.mark.parametrize("typed", ["A012345678", "a 012-345-678", "12345678", "A12345678", " 012 345 678 "])
def test_a_number_is_found_however_it_is_spaced(cast: Cast, book: CaseFactory, typed: str) -> None:
    case = book()
    add(cast, case, {"a_number": NUMBER})

    assert find_people(actor=cast.actor("officer"), kind="a_number", value=typed) == [case.person]


def test_another_number_or_another_kind_finds_nobody(cast: Cast, book: CaseFactory) -> None:
    add(cast, book(), {"sid": "TX123456"})
    officer = cast.actor("officer")

    assert find_people(actor=officer, kind="sid", value="TX123457") == []
    assert find_people(actor=officer, kind="ucn", value="TX123456") == []
    assert blind.blind_index("sid", "TX123456") != blind.blind_index("ucn", "TX123456")


@pytest.mark.parametrize("who", ["other_officer", "examiner", "liaison", "stranger"])
def test_nobody_finds_or_sees_a_number_outside_their_agency(cast: Cast, book: CaseFactory, who: str) -> None:
    add(cast, book(), {"sid": "TX123456"})
    actor = cast.actor(who)

    assert find_people(actor=actor, kind="sid", value="TX123456") == []
    assert not PersonIdentifier.objects.visible_to(actor).exists()


def test_looking_up_is_recorded_with_the_people_shown_and_without_the_number(
    cast: Cast, book: CaseFactory
) -> None:
    case = book()
    add(cast, case, {"sid": "TX123456"})

    find_people(actor=cast.actor("officer"), kind="sid", value="TX123456", purpose="call from court")

    look = Access.objects.get(action="person.looked_up")
    assert look.objects_shown == [case.person.public_id]
    assert "123456" not in look.query + look.purpose


def test_the_same_number_again_changes_nothing(cast: Cast, book: CaseFactory) -> None:
    case = book()
    add(cast, case, {"sid": "TX123456"})
    events = Event.objects.count()

    assert add(cast, case, {"sid": "tx-123456"}) == []
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("kind", "value"),
    [("sid", "12345"), ("ucn", "1234567890"), ("a_number", "A123"), ("fin", "FN-1"), ("ssn", "1")],
)
def test_a_number_without_its_form_is_refused_with_what_to_enter(
    cast: Cast, book: CaseFactory, kind: str, value: str
) -> None:
    case = book()

    with pytest.raises(Invalid, match="Enter"):
        add(cast, case, {kind: value})

    assert not PersonIdentifier.objects.exists()


def test_who_may_not_book_may_not_record_a_number(cast: Cast, book: CaseFactory) -> None:
    with pytest.raises(NotPermitted):
        add(cast, book(), {"sid": "TX123456"}, who="administrator")


def test_numbers_follow_their_case_to_another_record(cast: Cast, book: CaseFactory) -> None:
    case, other = book(), book()
    add(cast, case, {"sid": "TX123456"})

    type(case).objects.filter(pk=case.pk).update(person=other.person)

    found = Person.objects.visible_to(cast.actor("officer")).with_identifier(
        cast.actor("officer"), "sid", "TX123456"
    )
    assert list(found) == [other.person]


def test_showing_many_numbers_costs_one_query(
    cast: Cast, book: CaseFactory, django_assert_num_queries
) -> None:
    case = book()
    add(cast, case, {"sid": "TX123456", "ucn": "123456AB1", "fin": "FN-1234567", "a_number": NUMBER})
    rows = list(PersonIdentifier.objects.filter(case=case).order_by("pk"))

    with django_assert_num_queries(1):
        shown = opened(rows)

    assert [item.value for item in shown] == ["TX123456", "123456AB1", "FN-1234567", NUMBER]
