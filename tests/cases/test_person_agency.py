"""Every person belongs to the agency that recorded them; the migration that says so works on a full table."""

from importlib import import_module

import pytest
from django.db import ProgrammingError, connection

from cases.models import Person
from tests.actors import Cast
from tests.factories import CaseFactory

FILL = import_module("cases.migrations.0002_person_agency").FILL


def _forget_agencies() -> None:
    """The table as it was before the migration."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_person DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE cases_person ALTER COLUMN agency_id DROP NOT NULL")
        cursor.execute("UPDATE cases_person SET agency_id = NULL")


def test_booking_records_the_agency_of_a_person(book: CaseFactory, cast: Cast) -> None:
    ours = book()
    theirs = book(who="other_officer", agency=cast.other_jail)

    assert ours.person.agency == cast.jail
    assert theirs.person.agency == cast.other_jail


def test_migration_takes_the_agency_from_the_first_case(book: CaseFactory, cast: Cast) -> None:
    first = book()
    later = book(who="other_officer", agency=cast.other_jail)
    later.person = first.person
    later.save(update_fields=["person"])
    Person.objects.exclude(pk=first.person_id).delete()
    _forget_agencies()

    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ALTER TABLE cases_person ALTER COLUMN agency_id SET NOT NULL")

    assert Person.objects.get().agency == cast.jail


@pytest.mark.django_db
def test_migration_refuses_a_person_without_a_case_with_a_sentence() -> None:
    _forget_agencies()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_person (public_id, surname, given_names, sex, birth_place)"
            " VALUES (gen_random_uuid(), 'Sample', '', 'F', '')"
        )

        with pytest.raises(ProgrammingError, match="no agency that recorded them"):
            cursor.execute(FILL)
