"""Indexes and foreign keys come off for the load and are put back, also after a crash: each is a row until it is there again.

Checks, triggers and primary keys stay where they are, so that no row gets in that they refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from django.db import connection, transaction

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS synthesis;
CREATE TABLE IF NOT EXISTS synthesis.run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, cases int NOT NULL, seed bigint NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz, told jsonb);
CREATE TABLE IF NOT EXISTS synthesis.agency (id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS synthesis.guard (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, phase int NOT NULL, tables text[] NOT NULL,
    name text NOT NULL, statement text NOT NULL);
"""
INDEXES = """
SELECT t.relname, i.relname, pg_get_indexdef(x.indexrelid), c.conname, pg_get_constraintdef(c.oid)
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
  LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype IN ('u', 'p', 'x')
 WHERE t.relname = ANY(%s) AND NOT x.indisprimary AND t.relnamespace = 'public'::regnamespace
 ORDER BY pg_relation_size(t.oid), 2
"""
FOREIGN = """
SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
  FROM pg_constraint c
 WHERE c.contype = 'f' AND (c.conrelid::regclass::text = ANY(%s) OR c.confrelid::regclass::text = ANY(%s))
   AND c.connamespace = 'public'::regnamespace
 ORDER BY 1, 3
"""
INDEX_PHASE, KEY_PHASE, VALID_PHASE = 1, 2, 3
MEMORY = "384MB"


def prepare() -> None:
    """The schema in which a run is noted. It belongs to the owner and to nobody else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('clearhold:synthesis'))")
        cursor.execute(SCHEMA)
        cursor.execute("SELECT pg_advisory_unlock(hashtext('clearhold:synthesis'))")


def take_off(tables: Sequence[str]) -> int:
    """Take indexes and foreign keys off these tables, in one transaction with the note of how to put them back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FOREIGN, [list(tables), list(tables)])
        foreign = cursor.fetchall()
        for table, parent, name, definition in foreign:
            both = [table, parent]
            bare = definition.removesuffix(" NOT VALID")
            _note(
                cursor, KEY_PHASE, both, name, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {bare} NOT VALID'
            )
            _note(cursor, VALID_PHASE, both, name, f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"')
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for table, index, definition, constraint, words in indexes:
            if constraint:
                _note(
                    cursor,
                    INDEX_PHASE,
                    [table],
                    constraint,
                    f'ALTER TABLE "{table}" ADD CONSTRAINT "{constraint}" {words}',
                )
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{constraint}"')
            else:
                _note(cursor, INDEX_PHASE, [table], index, definition)
                cursor.execute(f'DROP INDEX "{index}"')
    return len(foreign) + len(indexes)


def _note(cursor: Any, phase: int, tables: list[str], name: str, statement: str) -> None:
    cursor.execute(
        "INSERT INTO synthesis.guard (phase, tables, name, statement) VALUES (%s, %s, %s, %s)",
        [phase, tables, name, statement],
    )


def missing() -> list[tuple[int, int, str, str]]:
    """What is still to be put back: (id, phase, name, statement)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('synthesis.guard')")
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute("SELECT id, phase, name, statement FROM synthesis.guard ORDER BY phase, id DESC")
        return [tuple(row) for row in cursor.fetchall()]  # type: ignore[misc]


def put_back(*, processes: int, done: Callable[[str], None] = lambda name: None) -> int:
    """Put everything back, a few at a time. Killed in the middle, the next call goes on. Returns how many."""
    count = 0
    for phase in (INDEX_PHASE, KEY_PHASE, VALID_PHASE):
        rows = [row for row in missing() if row[1] == phase]
        count += len(rows)
        # Foreign keys lock both their tables: in one row they do not wait for each other in circles.
        with ThreadPoolExecutor(processes if phase != KEY_PHASE else 1) as pool:
            for name in pool.map(_put_one, rows):
                done(name)
    return count


def _put_one(row: tuple[int, int, str, str]) -> str:
    key, _phase, name, statement = row
    with psycopg.connect(**_parameters()) as own:
        own.execute(f"SET maintenance_work_mem = '{MEMORY}'")
        own.execute("SET work_mem = '256MB'")
        own.execute("SET max_parallel_maintenance_workers = 0")
        own.execute(statement)  # type: ignore[call-overload]
        own.execute("DELETE FROM synthesis.guard WHERE id = %s", [key])
    return name


def _parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = connection.get_connection_params()
    return {
        key: value
        for key, value in parameters.items()
        if key in ("dbname", "user", "password", "host", "port")
    }


def names(rows: Iterable[tuple[int, int, str, str]]) -> list[str]:
    """The names of what is missing."""
    return [row[2] for row in rows]
