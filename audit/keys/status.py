"""What stands in the tables of keys, and the proof that erased keys are gone from them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Max, Min, Q

from audit.keys import events
from audit.keys.cipher import WRAPPED_BYTES
from audit.keys.conf import provider
from audit.keys.errors import KeysError
from audit.keys.models import DataKey
from audit.models import Event


@dataclass(frozen=True)
class KekState:
    """One key-encryption key: how many data keys it wraps, and why it cannot open them, or ''."""

    kek_id: str
    count: int
    problem: str
    is_current: bool


def kek_states() -> list[KekState]:
    """Every key-encryption key that is named or in use; the first and last data key under each are tried."""
    keys = provider()
    current, problem = "", ""
    try:
        current = keys.current_id()
        keys.wrap(current, bytes(32), context="a trial")
    except KeysError as error:
        problem = error.message
    live = DataKey.objects.filter(wrapped__isnull=False)
    rows = list(live.values("kek_id").annotate(n=Count("id"), first=Min("id"), last=Max("id")))
    states = []
    for row in sorted(rows, key=lambda item: item["kek_id"]):
        trouble = _trouble([row["first"], row["last"]])
        states.append(KekState(row["kek_id"], row["n"], trouble, row["kek_id"] == current))
    if not any(state.is_current for state in states):
        states.append(KekState(current or "?", 0, problem, True))
    return states


def _trouble(ids: list[int]) -> str:
    keys = provider()
    for row in DataKey.objects.filter(pk__in=ids, wrapped__isnull=False):
        try:
            keys.unwrap(row.kek_id, bytes(row.wrapped), context=row.wrap_context)
        except KeysError as error:
            return error.message
    return ""


def by_purpose() -> list[tuple[str, int, int]]:
    """(purpose, live, erased)."""
    rows = DataKey.objects.values("purpose").annotate(
        live=Count("id", filter=Q(wrapped__isnull=False)), erased=Count("id", filter=Q(wrapped__isnull=True))
    )
    return [(row["purpose"], row["live"], row["erased"]) for row in rows.order_by("purpose")]


def copies_of_erased() -> tuple[int, list[str]]:
    """(erasures looked for, columns in which a copy of an erased wrapped key was found).

    Every erasure left the digest of its wrapped key in the audit trail; every bytea column of every table is searched for
    a value of that length and digest. Row versions that no query sees any more are what VACUUM takes away.
    """
    erased = Event.objects.filter(action=events.ERASED)
    digests = [digest for digest in erased.values_list("facts__wrapped_sha256", flat=True) if digest]
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t "
            "USING (table_schema, table_name) WHERE c.table_schema = 'public' AND c.data_type = 'bytea' "
            "AND t.table_type = 'BASE TABLE' ORDER BY 1, 2"
        )
        quote = connection.ops.quote_name
        for table, column in cursor.fetchall() if digests else []:
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {quote(table)} WHERE octet_length({quote(column)}) = %s "
                f"AND encode(sha256({quote(column)}), 'hex') = ANY(%s))",
                [WRAPPED_BYTES, digests],
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return len(digests), found
