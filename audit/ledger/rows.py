"""Events and accesses read as the text values of their canonical form: PostgreSQL writes the text, one way for all who ask."""

from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.db import connection

from audit.ledger.forms import ACCESS, CURRENT, EVENT, Form, Value

INSTANT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
TABLES = {EVENT: "audit_event", ACCESS: "audit_access"}
_AS = {
    "recorded_on": "to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    "recorded_at": INSTANT.format("recorded_at"),
    "occurred_at": INSTANT.format("occurred_at"),
    "changed": "to_jsonb(changed)::text",
    "objects_shown": "to_jsonb(objects_shown)::text",
}
GIVEN = "sealed_at"
"""The one field of every form that the sealer gives and the row does not hold. It is the first of the blind ones."""


def columns(form: Form) -> str:
    """The select list that gives a row's values in the order of the form, without `sealed_at`.

    Whoever orders by id must name the table: a bare `id` means the text here, in which 10 comes before 9.
    """
    names = [name for name in (*form.clear, *form.blind) if name != GIVEN]
    return ", ".join(_AS.get(name, f"{name}::text") for name in names)


def with_sealed_at(form: Form, row: Sequence[Value], sealed_at: str) -> list[Value]:
    """A row's values with the instant of its seal in its place."""
    split = len(form.clear)
    return [*row[:split], sealed_at, *row[split:]]


def due(
    kind: str, *, after: tuple[int, int], floor: int, below: int, limit: int
) -> Generator[Sequence[Value]]:
    """Rows of a kind after a place (txid, id) and below a transaction id, in order of (txid, id), as they are fetched.

    Rows with an id up to `floor` belong to an earlier epoch. Needs an open transaction.
    """
    sql = (
        f"SELECT {columns(CURRENT[kind])} FROM {TABLES[kind]} AS r "
        "WHERE (r.txid, r.id) > (%s, %s) AND r.txid < %s AND r.id > %s ORDER BY r.txid, r.id LIMIT %s"
    )
    yield from _streamed(f"ledger_{kind}", sql, (*after, below, floor, limit))


def by_id(form: Form, ids: Sequence[int]) -> dict[int, Sequence[Value]]:
    """The rows of these ids that exist, as values of one form by id."""
    if not ids:
        return {}
    sql = f"SELECT {columns(form)} FROM {TABLES[form.kind]} WHERE id = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return {int(row[0]): row for row in cursor.fetchall()}


def unsealed(kind: str) -> Generator[Sequence[Value]]:
    """Every row of a kind that has no seal, in order of (txid, id), whatever its transaction. Needs an open transaction."""
    sql = (
        f"SELECT {columns(CURRENT[kind])} FROM {TABLES[kind]} AS r WHERE NOT EXISTS "
        "(SELECT 1 FROM audit_seal s WHERE s.kind = %s AND s.row_id = r.id) ORDER BY r.txid, r.id"
    )
    yield from _streamed(f"unsealed_{kind}", sql, (kind,))


def _streamed(name: str, sql: str, parameters: Sequence[Any]) -> Generator[Sequence[Value]]:
    connection.ensure_connection()
    raw = cast(Any, connection.connection)
    with raw.cursor(name=name) as cursor:
        cursor.itersize = 2000
        cursor.execute(sql, parameters)
        yield from cursor


def parsed(instant: str) -> datetime:
    """An instant in the text form of the ledger. Raises ValueError."""
    return datetime.strptime(instant, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
