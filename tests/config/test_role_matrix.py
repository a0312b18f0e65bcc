"""Every role tries every verb on every table, and may exactly what the table in `config/grants.py` says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from config import grants, rights, row_policies
from config.roles import CLOCK, NAMES, OVERSIGHT, OWNER, PUBLIC, SENTENCES, STATISTICS, WEB, WORKER

pytestmark = pytest.mark.django_db

BOUND = [WEB, WORKER, CLOCK, OVERSIGHT, PUBLIC, STATISTICS]
VERBS = {
    "SELECT": 'SELECT * FROM "{0}" LIMIT 0',
    "INSERT": 'INSERT INTO "{0}" DEFAULT VALUES',
    "UPDATE": 'UPDATE "{0}" SET "{1}" = "{1}" WHERE false',
    "DELETE": 'DELETE FROM "{0}" WHERE false',
    "TRUNCATE": 'TRUNCATE "{0}"',
}


def _is_denied(role: str, sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(sql)
            transaction.set_rollback(True)
    except DatabaseError as error:
        return "permission denied for" in str(error)
    return False


def _relations() -> Iterator[tuple[str, str, str]]:
    """(relation, app label or '', one of its columns that is no ordinary lock column)."""
    for table, app in grants.tables():
        with connection.cursor() as cursor:
            yield table, app, connection.introspection.get_table_description(cursor, table)[0].name


@pytest.mark.parametrize("role", BOUND)
def test_a_role_may_exactly_what_the_table_says(role: str) -> None:
    wrong = []
    for table, app, column in list(_relations()):
        granted = {
            word
            for _relation, words in grants.privileges(role, [(table, app)], [])
            for word, of_column in grants.words_of(words)
            if not of_column
        }
        for verb, sql in VERBS.items():
            is_denied = _is_denied(role, sql.format(table, column))
            if is_denied == (verb in granted):
                wrong.append(f"{role} {verb} {table}: {'denied' if is_denied else 'allowed'}")

    assert wrong == []


@pytest.mark.parametrize("role", BOUND)
def test_a_role_reads_exactly_the_views_of_the_table(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
        views = [name for (name,) in cursor.fetchall()]

    readable = {view for view in views if not _is_denied(role, f"SELECT * FROM {view} LIMIT 0")}

    assert readable == set(grants.VIEWS[role])


@pytest.mark.parametrize("role", BOUND)
@pytest.mark.parametrize("table", ["audit_event", "audit_access"])
def test_no_role_rewrites_history(role: str, table: str) -> None:
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        assert _is_denied(role, VERBS[verb].format(table, "id")), verb


def test_the_clock_locks_a_case_and_changes_no_fact_of_it() -> None:
    assert not _is_denied(CLOCK, "SELECT id FROM cases_case LIMIT 1 FOR UPDATE")
    for column in ("custody_state", "release_eligible_at", "custody_ended_at", "agency_id", "person_id"):
        assert _is_denied(CLOCK, f"UPDATE cases_case SET {column} = {column}")
    assert _is_denied(CLOCK, "SELECT surname FROM cases_person")


def test_every_role_has_a_sentence_and_a_row_in_each_table() -> None:
    assert set(SENTENCES) == {OWNER, *BOUND} == set(NAMES.values())
    assert set(grants.BY_APP) == set(grants.EXCEPTIONS) == set(grants.VIEWS) == set(BOUND)


def test_the_document_says_of_each_role_what_the_code_says() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "roles.md").read_text()

    assert [role for role, sentence in SENTENCES.items() if f"| `{role}` |" not in text] == []
    assert [role for role, sentence in SENTENCES.items() if sentence not in text] == []


def test_the_roles_can_pass_no_wall() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
            " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)",
            [BOUND],
        )
        assert cursor.fetchall() == []


def _become(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")


@pytest.mark.parametrize("role", BOUND)
def test_nothing_is_missing_after_migrate(role: str) -> None:
    _become(role)

    assert rights.lacks("default", role) == []


def test_a_missing_grant_is_named_and_not_mended() -> None:
    with connection.cursor() as cursor:
        cursor.execute("REVOKE UPDATE ON cases_case FROM clearhold_web")
        cursor.execute("REVOKE SELECT (id) ON cases_person FROM clearhold_clock")

    for role, said in (
        (WEB, "clearhold_web may not UPDATE cases_case."),
        (CLOCK, "clearhold_clock may not SELECT cases_person (id)."),
    ):
        _become(role)
        assert rights.lacks("default", role) == [said]
        assert rights.lacks("default", role) == [said]


def test_row_security_that_is_off_and_a_foreign_policy_are_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_person DISABLE ROW LEVEL SECURITY")
        cursor.execute("CREATE POLICY open_door ON cases_case FOR SELECT TO clearhold_web USING (true)")
    _become(WEB)

    said = rights.lacks("default", WEB)

    assert sorted(said) == [
        "Row-level security of cases_case is not as in the code.",
        "Row-level security of cases_person is off.",
    ]


def test_a_process_that_connects_as_somebody_else_is_told() -> None:
    assert any("owns" in said for said in rights.lacks("default", WEB))
    _become(WORKER)
    assert "This process should connect as clearhold_web and is 'clearhold_worker'." in " ".join(
        rights.lacks("default", WEB)
    )


def test_readiness_says_what_is_missing_and_what_to_run(client, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(rights, "_complete", False)
    with connection.cursor() as cursor:
        cursor.execute("REVOKE INSERT ON cases_case FROM clearhold_web")

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["missing"] == ["clearhold_web may not INSERT cases_case."]
    assert "migrate" in response.json()["do"]


def test_applying_again_changes_nothing_and_mends_a_lack_only_when_run() -> None:
    with connection.cursor() as cursor:
        cursor.execute("REVOKE UPDATE ON cases_case FROM clearhold_web")
        cursor.execute("ALTER TABLE cases_person DISABLE ROW LEVEL SECURITY")

    grants.apply("default")
    grants.apply("default")

    _become(WEB)
    assert rights.lacks("default", WEB) == []


def test_every_table_with_personal_data_has_a_policy_or_a_reason() -> None:
    personal = row_policies.personal_tables()

    open_ones = sorted(set(personal) - set(row_policies.TABLES) - set(row_policies.WITHOUT))

    assert open_ones == [], "Add a policy in config/row_policies.py, or a reason why there is none."
    assert all(row_policies.WITHOUT[table].strip() for table in row_policies.WITHOUT)
    assert not set(row_policies.WITHOUT) & set(row_policies.TABLES)
