"""The run of `manage.py synthesise_cases`: its steps, their times, and what it refuses."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from cases.models import Case
from config.synthesis import guards, load, plan, verify
from config.synthesis.harvest import Table, tables
from config.synthesis.places import World, make_world
from config.synthesis.walking import how_many, walk_all

# Below this a table keeps its indexes: putting them back would cost more than keeping them.
WORTH_TAKING_OFF = 50_000


class Refused(Exception):
    """The command would touch what it must not; the message says what to do."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    cases: int
    seed: int = 1
    years: float = 5
    agencies: int = 12
    processes: int = 3
    fill: bool = False
    no_seal: bool = False
    only: str | None = None
    variants: int | None = None


@dataclass
class Told:
    """How long each step took, in seconds, and how many rows there are."""

    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    cases: int = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - begun, 2)

    @property
    def total(self) -> float:
        """Everything but the sealing, which a running installation does as it goes."""
        return round(sum(value for name, value in self.seconds.items() if name != "seal events"), 1)


def synthesise(wanted: Wanted, console: Console) -> Told:
    """Make the cases. Raises Refused on a database with real cases."""
    told = Told()
    guards.prepare()
    with told.step("mend"):
        repair(processes=wanted.processes)
    refuse_real_cases()
    present = Case.objects.count()
    count = max(0, wanted.cases - present) if wanted.fill else wanted.cases
    if not count:
        console.print(f"There are {present:,} synthetic cases already.")
        return told
    with _progress(console) as progress:
        world = _world(wanted)
        listed = tables()
        with told.step("walk the stories"):
            task = progress.add_task("walking the stories", total=how_many(world))
            templates = walk_all(
                world,
                seed=wanted.seed,
                processes=wanted.processes,
                variants=wanted.variants,
                told=lambda count: progress.update(task, completed=count),
            )
        with told.step("draw"):
            drawn = plan.draw(
                count,
                world=world,
                templates=templates,
                seed=wanted.seed + present,
                years=wanted.years,
                now=timezone.now(),
                counters=_counters(),
                only=wanted.only,
            )
            loading = load.prepare(drawn, world=world, tables=listed, seed=wanted.seed + present)
        _copy(loading, listed, wanted, told, progress, present)
    with told.step("verify"):
        verify.verify(sample=min(1000, count))
    if not wanted.no_seal:
        with told.step("seal events"):
            seal_events()
    told.cases, told.rows = count, load.expected_rows(loading)
    _note_end(wanted, told)
    show(told, console)
    return told


def _copy(
    loading: load.Loading, listed: list[Table], wanted: Wanted, told: Told, progress: Progress, present: int
) -> None:
    expected = load.expected_rows(loading)
    big = [
        table for table, rows in expected.items() if rows >= WORTH_TAKING_OFF and len(loading.plan) >= present
    ]
    with told.step("take guards off"):
        guards.take_off(big)
    with told.step("copy"):
        task = progress.add_task("copying cases", total=len(loading.plan))
        load.load(loading, processes=wanted.processes, done=lambda count: progress.advance(task, count))
    with told.step("put guards back"):
        missing = guards.missing()
        task = progress.add_task("indexes and keys", total=len(missing))
        guards.put_back(processes=min(2, wanted.processes), done=lambda name: progress.advance(task))
    with told.step("analyse"), connection.cursor() as cursor:
        for table in listed:
            cursor.execute(f'ANALYZE "{table.name}"')


def repair(*, processes: int) -> int:
    """Put back what a killed run took off; how much that was."""
    return guards.put_back(processes=min(2, processes)) if guards.missing() else 0


def refuse_real_cases() -> None:
    """Raises Refused when any case is of a jail that this command has not made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM accounts_agency a WHERE NOT EXISTS "
            "(SELECT 1 FROM synthesis.agency s WHERE s.id = a.id) "
            "AND EXISTS (SELECT 1 FROM cases_case c WHERE c.agency_id = a.id))"
        )
        if cursor.fetchone()[0]:
            raise Refused(
                "This database holds cases that were not synthesised. Invented people are never put among real ones: "
                "make a database of its own, such as with `createdb`, and name it in DATABASE_URL."
            )


def _world(wanted: Wanted) -> World:
    world = make_world(wanted.agencies)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO synthesis.agency SELECT id FROM accounts_agency WHERE name LIKE '%%(invented)' ON CONFLICT DO NOTHING"
        )
        cursor.execute("INSERT INTO synthesis.run (cases, seed) VALUES (%s, %s)", [wanted.cases, wanted.seed])
    return world


def _counters() -> dict[tuple[int, int], int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT agency_id, year, last FROM cases_casecounter")
        return {(agency, year): last for agency, year, last in cursor.fetchall()}


def seal_events() -> int:
    """Let the sealer take everything that was loaded; how many rows it sealed."""
    try:
        from audit.ledger import seal_due
    except ImportError:
        return 0
    sealed = 0
    while count := seal_due(20_000):
        sealed += count
    return sealed


def _note_end(wanted: Wanted, told: Told) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE synthesis.run SET ended_at = clock_timestamp(), told = %s WHERE id = (SELECT max(id) FROM synthesis.run)",
            [json.dumps({"seconds": told.seconds, "rows": told.rows, "total": told.total})],
        )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def show(told: Told, console: Console) -> None:
    """Rows and times as tables."""
    rows = Grid("table", "rows", title=f"{told.cases:,} synthetic cases", title_justify="left")
    for table, count in sorted(told.rows.items(), key=lambda item: -item[1]):
        rows.add_row(table, f"{count:,}")
    rows.add_section()
    rows.add_row("together", f"{sum(told.rows.values()):,}")
    steps = Grid("step", "seconds")
    for name, seconds in told.seconds.items():
        steps.add_row(name, f"{seconds:,.1f}")
    steps.add_section()
    steps.add_row("together, without sealing", f"{told.total:,.1f}")
    console.print(rows)
    console.print(steps)
