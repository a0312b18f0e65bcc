"""What each database role can and cannot do, tried as that role."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from config.grants import BY_APP
from config.roles import OVERSIGHT, WEB, WORKER
from tests.factories import CaseFactory

REFUSED = [
    (WEB, "UPDATE audit_event SET reason = 'x'"),
    (WEB, "DELETE FROM audit_event"),
    (WEB, "TRUNCATE audit_event CASCADE"),
    (WEB, "ALTER TABLE audit_event DISABLE TRIGGER ALL"),
    (WEB, "DROP TABLE audit_access"),
    (WEB, "DELETE FROM cases_case"),
    (WEB, "CREATE TABLE mine (id int)"),
    (WEB, "INSERT INTO audit_seal (seq) VALUES (1)"),
    (WEB, "INSERT INTO audit_ledgerroot (number) VALUES (1)"),
    (WORKER, "UPDATE audit_seal SET seq = seq"),
    (WORKER, "DELETE FROM audit_sealnode"),
    (WORKER, "TRUNCATE audit_ledgerroot"),
    (OVERSIGHT, "SELECT * FROM audit_seal"),
    (WORKER, "UPDATE audit_access SET purpose = 'x'"),
    (WORKER, "TRUNCATE audit_access"),
    (WORKER, "DELETE FROM matching_reply"),
    (WORKER, "SELECT * FROM django_session"),
    (WORKER, "INSERT INTO accounts_membership (user_id) VALUES (1)"),
    (OVERSIGHT, "SELECT * FROM cases_person"),
    (OVERSIGHT, "SELECT * FROM cases_case"),
    (OVERSIGHT, "SELECT * FROM cases_document"),
    (OVERSIGHT, "SELECT facts FROM audit_event"),
    (OVERSIGHT, "UPDATE oversight_reviewnote SET text = 'x'"),
]
ALLOWED = [
    (WEB, "SELECT count(*) FROM cases_case"),
    (WEB, "UPDATE cases_case SET unit = unit"),
    (WEB, "SELECT count(*) FROM audit_seal"),
    (WEB, "SELECT count(*) FROM audit_ledgerroot"),
    (WORKER, "SELECT count(*) FROM detainers_authority"),
    (OVERSIGHT, "SELECT count(*) FROM oversight_case"),
    (OVERSIGHT, "SELECT count(*) FROM oversight_reviewnote"),
]


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
    yield


@pytest.mark.parametrize(("role", "sql"), REFUSED)
def test_the_role_is_refused(book: CaseFactory, role: str, sql: str):
    book()

    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
    with refused, transaction.atomic(), acting_as(role), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(("role", "sql"), ALLOWED)
def test_the_role_can_do_its_work(book: CaseFactory, role: str, sql: str):
    book()

    with transaction.atomic(), acting_as(role), connection.cursor() as cursor:
        cursor.execute(sql)


def test_no_role_but_the_owner_owns_anything(db: None):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = ANY(%s)",
            [list(BY_APP)],
        )
        assert cursor.fetchone()[0] == 0
