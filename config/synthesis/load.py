"""Many processes render and copy; each chunk of cases is one transaction, so that a killed load leaves whole cases."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, connections

from config.synthesis.harvest import Table
from config.synthesis.places import Jail, World
from config.synthesis.plan import Plan
from config.synthesis.render import Batch, Ints, render

CHUNK = 3000
_shared: Loading | None = None


@dataclass
class Loading:
    """What the processes share by being forked from this one."""

    plan: Plan
    world: World
    tables: Sequence[Table]
    starts: dict[str, int]
    first_tcn: int
    seed: int
    before: dict[str, Ints]
    agencies: list[dict[str, str]]
    tcns: Ints


def prepare(plan: Plan, *, world: World, tables: Sequence[Table], seed: int) -> Loading:
    """Reserve ids and numbers for all rows; nothing else can take them afterwards."""
    counts = {t.name: np.array([item.counts.get(t.name, 0) for item in plan.templates]) for t in tables}
    used = [table for table in tables if counts[table.name].any()]
    before, starts = {}, {}
    for table in used:
        sums = np.cumsum(counts[table.name][plan.kind])
        starts[table.name] = _reserve(table.name, int(sums[-1]) if len(sums) else 0)
        before[table.name] = np.concatenate(([0], sums[:-1])) + starts[table.name] if len(sums) else sums
    checks = counts["matching_submission"][plan.kind]
    first_tcn = _reserve_tcns(int(checks.sum()))
    tcns = first_tcn + np.cumsum(checks) - checks
    _count_cases(plan)
    agencies = [_words(jail) for _, jail in world.jails]
    return Loading(plan, world, used, starts, first_tcn, seed, before, agencies, tcns)


def _reserve(table: str, count: int) -> int:
    """The first of `count` ids that the sequence of the table will not give again."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_get_serial_sequence('{table}', 'id')")
        sequence = cursor.fetchone()[0]
        cursor.execute(f'SELECT COALESCE(max(id), 0) FROM "{table}"')
        highest = cursor.fetchone()[0]
        cursor.execute(
            f"SELECT setval('{sequence}', GREATEST(nextval('{sequence}'), %s) + %s)", [highest + 1, count]
        )
        return int(cursor.fetchone()[0]) - count


def _reserve_tcns(count: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('matching_tcn_seq', nextval('matching_tcn_seq') + %s)", [count])
        return int(cursor.fetchone()[0]) - count


def _count_cases(plan: Plan) -> None:
    rows = [[agency, year, last] for (agency, year), last in plan.counters.items()]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO cases_casecounter (agency_id, year, last) VALUES (%s, %s, %s) "
            "ON CONFLICT (agency_id, year) DO UPDATE SET last = EXCLUDED.last",
            rows,
        )


def _words(jail: Jail) -> dict[str, str]:
    """What stands for a jail and its people in the rows of a case."""
    agency = jail.agency
    words = {
        "pk": str(agency.pk),
        "public_id": str(agency.public_id),
        "ori": agency.ori,
        "county": agency.county,
    }
    for name, actor in jail.people.items():
        words |= {f"{name}.id": actor.id, f"{name}.label": actor.label}
    return words


def expected_rows(loading: Loading) -> dict[str, int]:
    """How many rows each table will get."""
    plan = loading.plan
    return {
        table.name: int(
            np.array([item.counts.get(table.name, 0) for item in plan.templates])[plan.kind].sum()
        )
        for table in loading.tables
    }


def load(loading: Loading, *, processes: int, done: Callable[[int], None]) -> None:
    """Copy all cases. `done` hears how many more are in."""
    global _shared
    _shared = loading
    chunks = [(start, min(start + CHUNK, len(loading.plan))) for start in range(0, len(loading.plan), CHUNK)]
    connections.close_all()
    if processes <= 1 or len(chunks) == 1:
        for chunk in chunks:
            done(_load_chunk(chunk))
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for count in pool.imap_unordered(_load_chunk, chunks):
            done(count)


def _load_chunk(chunk: tuple[int, int]) -> int:
    loading = _shared
    assert loading is not None
    start, end = chunk
    rows: dict[str, list[str]] = {}
    for batch in _batches(loading, start, end):
        for table, lines in render(batch).items():
            rows.setdefault(table, []).extend(lines)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; SET LOCAL synchronous_commit = off")
        for table in loading.tables:
            if table.name in rows:
                columns = ", ".join(f'"{column}"' for column in table.columns)
                with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
                    copy.write("".join(rows[table.name]))
        cursor.execute("COMMIT")
    return end - start


def _batches(loading: Loading, start: int, end: int) -> list[Batch]:
    """The copies of this chunk by template and zone of their jails."""
    plan, jails = loading.plan, loading.world.jails
    kinds = plan.kind[start:end]
    batches = []
    for kind in np.unique(kinds).tolist():
        here = np.flatnonzero(kinds == kind) + start
        state = jails[int(plan.agency[here[0]])][0]
        batches.append(
            Batch(
                template=plan.templates[kind],
                units=here + loading.starts["cases_case"],
                bases=plan.base[here],
                agencies=[loading.agencies[n] for n in plan.agency[here].tolist()],
                first_ids={table: first[here] for table, first in loading.before.items()},
                first_tcns=loading.tcns[here],
                numbers=[[plan.numbers[n] for n in here.tolist()]],
                zone=state.zone,
                seed=loading.seed,
            )
        )
    return batches


def count_rows(tables: Sequence[Table]) -> dict[str, Any]:
    """Rows by table as the statistics say after ANALYZE; a full count would read everything again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint FROM pg_class WHERE relname = ANY(%s)",
            [[table.name for table in tables]],
        )
        return dict(cursor.fetchall())
