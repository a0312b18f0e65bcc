"""As the database role of the oversight site: what holds even against a mistake in a page."""

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from config import grants
from oversight.models import OversightCase
from oversight.services import write_note
from tests.oversight.conftest import BOTH

pytestmark = BOTH

DENIED = [
    "cases_person",
    "cases_case",
    "cases_booking",
    "cases_charge",
    "cases_document",
    "cases_custodyevent",
    "detainers_detainer",
    "detainers_authority",
    "matching_expectedanswer",
    "matching_fingertemplate",
    "accounts_user",
    "integration_apiclient",
    "integration_idempotencykey",
]
FORBIDDEN = [
    "UPDATE oversight_reviewnote SET text = ''",
    "DELETE FROM oversight_reviewnote",
    "TRUNCATE oversight_reviewnote",
    "UPDATE oversight_reviewgrant SET ends_at = NULL",
    "INSERT INTO oversight_reviewgrant DEFAULT VALUES",
    "SELECT actor_label FROM audit_event",
    "SELECT objects_shown FROM audit_access",
    "CREATE TABLE mine (id int)",
]


@pytest.fixture
def as_oversight(cast, book):
    """A connection to the test database that has become the oversight role."""
    grants.apply("default")
    parameters = connection.get_connection_params()
    keys = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(
        **{key: parameters[key] for key in keys if key in parameters}, autocommit=True
    ) as link:
        link.execute("SET ROLE clearhold_oversight")
        yield link


def test_people_cannot_be_read_and_nothing_else_written(as_oversight):
    for statement in [*(f"SELECT * FROM {table}" for table in DENIED), *FORBIDDEN]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_oversight.execute(statement)


def test_cases_can_be_read_without_names(as_oversight, book):
    book()

    rows = as_oversight.execute("SELECT * FROM oversight_case").fetchall()

    assert len(rows) == 1
    assert "Sample" not in str(rows)


def test_whole_way_of_a_note_works_as_this_role(cast, book, grant):
    book()
    grant()
    grants.apply("default")
    alias = connections["oversight"]

    with alias.cursor() as cursor:
        cursor.execute("SET ROLE clearhold_oversight")
    try:
        case = OversightCase.objects.visible_to(cast.actor("reviewer")).get()
        note = write_note(
            reference=case.reference, text="Seen.", actor=cast.actor("reviewer"), at=timezone.now()
        )
        assert note.pk
    finally:
        with alias.cursor() as cursor:
            cursor.execute("RESET ROLE")


def test_view_has_no_column_of_a_person():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'oversight_case'::regclass AND attnum > 0"
        )
        columns = {name for (name,) in cursor.fetchall()}

    assert columns == {field.column for field in OversightCase._meta.fields}
    assert not columns & {
        "surname",
        "given_names",
        "birth_date",
        "number",
        "booking_number",
        "person_id",
        "opened_at",
    }
