"""Bookings end to end: posted with their files of 700 kB, transmitted to the simulator, every answer recorded.

The clock runs from the first post to the last recorded answer, on real processes and real services. The reference writes the same
rows by bare Celery tasks and plain SQL (tests/bench/booking_reference.py), through the same broker, in the same run.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings

from tests.bench.booking_site import Site, load, site, tree_cpu
from tests.bench.booking_written import Written, check_alike, marks, written
from tests.bench.harness import Bench, Figure, measure
from tests.bench.places import Place

ANSWERS_EACH = 3
PATIENCE_SECONDS = 120.0
COUNT, QUICK_COUNT, WARM = 200, 6, 20
SHARE_OF_REFERENCE, QUIET_BOUND, QUIET_LOAD = 0.5, 50.0, 1.0
GROWTH = 1.2
_ANSWERED = """
    SELECT count(*) FROM matching_expectedanswer answer
      JOIN matching_submission submission ON submission.id = answer.submission_id
     WHERE submission.id > %s AND answer.settled_at IS NOT NULL AND answer.reply_id IS NOT NULL
"""


@dataclass
class Run:
    """One measured run: how many bookings, in how many seconds, at what load, and where the CPU time went."""

    count: int
    seconds: float
    load: float
    cpu_ms: dict[str, float] = field(default_factory=dict)
    written: Written = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


@measure("bookings_end_to_end")
def bookings_end_to_end(bench: Bench) -> Iterator[Figure]:
    """Bookings a second beside the bare reference, at the smallest size; and the CPU time of each program."""
    with bench.database(bench.smallest) as place:
        runs, bare = _pairs(bench, place)
        yield _figure(bench, runs, bare, place.size)


@measure("growth")
def growth(bench: Bench) -> Iterator[Figure]:
    """The same at the largest size beside the smallest: seconds for one booking, so that more is worse."""
    found: dict[int, list[float]] = {}
    for size in (bench.smallest, bench.largest):
        with bench.database(size) as place, site(place) as there:
            _product(there, WARM)
            runs = [_product(there, _count(bench)) for _ in range(bench.repeats(3))]
            found[size] = [1000 / run.per_second for run in runs]
    yield bench.figure(
        "growth",
        found[bench.largest],
        unit="ms/booking",
        reference=found[bench.smallest],
        times_reference=GROWTH,
        size=bench.largest,
        note=f"the reference is the same at {bench.smallest:,} cases",
    )


def _count(bench: Bench) -> int:
    return QUICK_COUNT if bench.quick else COUNT


def _pairs(bench: Bench, place: Place) -> tuple[list[Run], list[Run]]:
    """Product and reference in turn, so that both meet the same machine."""
    runs, bare = [], []
    with site(place) as there:
        pattern = _product(there, WARM, prefix="T")
        assert pattern.count == WARM
        for _ in range(bench.repeats(3)):
            runs.append(_product(there, _count(bench)))
            bench.say(f"{runs[-1].per_second:.1f}/s, CPU ms per booking {_rounded(runs[-1].cpu_ms)}")
            with _bare_workers(there) as workers:
                _reference(there, workers, WARM)
                bare.append(_reference(there, workers, _count(bench)))
            check_alike(runs[-1].written, bare[-1].written)
            bench.say(
                f"{runs[-1].per_second:.1f}/s beside {bare[-1].per_second:.1f}/s bare, load {runs[-1].load}"
            )
    return runs, bare


def _figure(bench: Bench, runs: list[Run], bare: list[Run], size: int) -> Figure:
    """Bound by half the reference always, and by 50 a second where the machine was quiet before each run."""
    is_quiet = all(run.load <= QUIET_LOAD for run in runs)
    names = sorted(runs[0].cpu_ms)
    cpu = {name: round(statistics.median(run.cpu_ms[name] for run in runs), 1) for name in names}
    return bench.figure(
        "bookings_end_to_end",
        [run.per_second for run in runs],
        unit="bookings/s",
        reference=[run.per_second for run in bare],
        bound=QUIET_BOUND if is_quiet else None,
        times_reference=SHARE_OF_REFERENCE,
        at_most=False,
        size=size,
        note="" if is_quiet else "the machine was not quiet: bound by the reference alone",
        cpu_ms_per_booking=cpu,
        cpu_ms_of_reference=round(statistics.median(run.cpu_ms["total"] for run in bare), 1),
        rows_per_booking=round(sum(rows for rows, _ in runs[-1].written.values()), 1),
        bytes_per_booking=round(sum(size for _, size in runs[-1].written.values())),
        load_before=[run.load for run in runs],
    )


def _rounded(cpu: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in sorted(cpu.items())}


def _product(there: Site, count: int, *, prefix: str = "") -> Run:
    """Post `count` bookings from six connections and wait until every answer is recorded. Raises RuntimeError."""
    run = f"{prefix}{uuid4().hex[:10]}"
    os.environ["BENCH_TEMPLATE"] = f"{run}-000000" if prefix else os.environ.get("BENCH_TEMPLATE", "")
    words = ["--port", str(there.port), "--count", str(count), "--run", run]
    clients = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.booking_clients", *words],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert clients.stdin is not None
    assert clients.stdout is not None
    clients.stdin.write(there.token + "\n")
    clients.stdin.flush()
    if clients.stdout.readline().strip() != "ready":
        raise RuntimeError("The clients did not start.")
    with psycopg.connect(there.place.url("owner"), autocommit=True) as connection:
        since = marks(connection)
        before, used, busy = since["matching_submission"], there.cpu(), load()
        clients.stdin.write("go\n")
        clients.stdin.flush()
        report = json.loads(clients.stdout.readline())
        clients.wait()
        if report["wrong"]:
            raise RuntimeError(f"{len(report['wrong'])} bookings were refused, first: {report['wrong'][0]}")
        ended = _wait_for_answers(connection, before, count)
        cpu = {name: (seconds - used.get(name, 0.0)) * 1000 / count for name, seconds in there.cpu().items()}
        cpu["clients"] = report["cpu"] * 1000 / count
        left = written(connection, since, count)
    return Run(count, ended - report["began"], busy, cpu | {"total": sum(cpu.values())}, left)


def _wait_for_answers(connection: psycopg.Connection[tuple[int]], after: int, count: int) -> float:
    """The instant at which the last expected answer was there."""
    deadline, found = time.time() + PATIENCE_SECONDS, 0
    while time.time() < deadline:
        row = connection.execute(_ANSWERED, [after]).fetchone()
        found = row[0] if row else 0
        if found == count * ANSWERS_EACH:
            return time.time()
        time.sleep(0.05)
    raise RuntimeError(
        f"After {PATIENCE_SECONDS:.0f} s {found} of {count * ANSWERS_EACH} answers are recorded."
    )


@contextmanager
def _bare_workers(there: Site) -> Iterator[int]:
    """Two worker processes of the bare application; yields the process id of their parent."""
    environment = there.environment | {"BENCH_TEMPLATE": os.environ["BENCH_TEMPLATE"]}
    celery = str(Path(sys.executable).parent / "celery")
    options = ["--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
    worker = subprocess.Popen(
        [celery, "-A", "tests.bench.booking_reference", "worker", "--queues=bench-reference", *options],
        cwd=settings.BASE_DIR,
        env=environment | {"CLEARHOLD_ROLE": "owner"},
        start_new_session=True,
    )
    try:
        yield worker.pid
    finally:
        worker.send_signal(signal.SIGTERM)  # to the parent alone: its children finish what they do
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:  # nothing of the reference is worth waiting for
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def _reference(there: Site, workers: int, count: int) -> Run:
    """`count` bookings by bare tasks, from the first task given to the last answer written."""
    os.environ["CELERY_BROKER_URL"] = there.environment["CELERY_BROKER_URL"]
    from tests.bench import booking_reference as bare  # reads where the broker is, so not before now

    with psycopg.connect(there.place.url("owner"), autocommit=True) as connection:
        since = marks(connection)
        before, busy = since["matching_submission"], load()
        used = tree_cpu(workers) + there.cpu()["postgresql"]
        began = time.time()
        for _ in range(count):
            bare.book.delay()
        while True:
            row = connection.execute(_ANSWERED, [before]).fetchone()
            if row and row[0] == count * ANSWERS_EACH:
                break
            if time.time() - began > PATIENCE_SECONDS:
                raise RuntimeError(f"The reference wrote {row} of {count * ANSWERS_EACH} answers.")
            bare.collect.delay()
            time.sleep(0.05)
        seconds = time.time() - began
        total = (tree_cpu(workers) + there.cpu()["postgresql"] - used) * 1000 / count
        left = written(connection, since, count)
    return Run(count, seconds, busy, {"total": total}, left)
