"""From the end of authority to its alarm, with every match worker busy: the event of the end against the deadline itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.celery import app
from tests.bench.figures.sweep import _holds, _put_back
from tests.bench.harness import Bench, Figure, measure, percentile
from tests.bench.places import Place

MOST_SECONDS = 2.0
ENDINGS = 400
SPREAD_SECONDS = 60
WAIT_SECONDS = 8
QUEUED = 30_000
VIRTUAL_HOST = (
    "virtual_host=3"  # a broker's database of our own: nobody else's tasks, and nobody else's workers
)


@measure("alarms")
def alarms(bench: Bench) -> Iterator[Figure]:
    """Holds end one after the other while real workers search prints as fast as they can."""
    endings = bench.repeats(ENDINGS, 10)
    spread = bench.repeats(SPREAD_SECONDS, 4)
    with bench.database(bench.largest) as place:
        holds = _holds(place, endings, bench)
        broker = settings.CELERY_BROKER_URL.replace("virtual_host=0", VIRTUAL_HOST)
        try:
            with _workers(place, broker):
                _fill_queue(broker, bench.repeats(QUEUED, 300))
                _end_one_after_the_other(place, holds, spread)
                time.sleep(WAIT_SECONDS + spread)
                left = _queue_length(broker)
                late = _latencies(place, holds)
        finally:
            _put_back(place, holds)
    assert len(late) == endings, f"{len(late)} of {endings} ends were recorded"
    yield bench.figure(
        "alarm.latency.p99",
        percentile(late, 0.99),
        unit="s",
        bound=MOST_SECONDS,
        size=bench.largest,
        median=percentile(late, 0.5),
        worst=max(late),
        endings=endings,
        still_queued=left,
        note="" if left or bench.quick else "the match queue ran empty: not saturated to the end",
    )


@contextmanager
def _workers(place: Place, broker: str) -> Iterator[None]:
    """Two match workers, one clock worker and the beat, as `run_clearhold` starts them."""
    celery = [str(Path(sys.executable).parent / "celery"), "-A", "config.celery"]
    commands = [
        [
            *celery,
            "worker",
            "--queues=match",
            "--concurrency=2",
            "--hostname=bench-match@%h",
            "--loglevel=WARNING",
        ],
        [
            *celery,
            "worker",
            "--queues=clock",
            "--concurrency=1",
            "--hostname=bench-clock@%h",
            "--loglevel=WARNING",
        ],
        [
            *celery,
            "beat",
            "--loglevel=WARNING",
            "--pidfile=",
            f"--schedule={settings.BASE_DIR}/.data/bench/beat",
        ],
    ]
    logs = Path(settings.BASE_DIR) / ".data" / "bench"
    logs.mkdir(parents=True, exist_ok=True)
    environment = place.environment() | {"CLEARHOLD_ROLE": "worker", "CELERY_BROKER_URL": broker}
    running = []
    with (logs / "workers.log").open("wb") as log:
        for command in commands:
            running.append(
                subprocess.Popen(
                    command,
                    cwd=settings.BASE_DIR,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        try:
            time.sleep(6)
            yield
        finally:
            for child in running:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            with app.connection_for_write(broker) as link:
                for queue in ("match", "clock", "deliver"):
                    link.default_channel.queue_purge(queue)


def _fill_queue(broker: str, count: int) -> None:
    """More searches than the workers can do in the time: each takes the row that has been due longest."""
    with app.connection_for_write(broker) as link, app.amqp.Producer(link) as producer:
        for _ in range(count):
            app.send_task("matching.tasks.search_prints", queue="match", producer=producer)


def _queue_length(broker: str) -> int:
    with app.connection_for_write(broker) as link:
        return int(link.default_channel.queue_declare("match", passive=True).message_count)


def _end_one_after_the_other(place: Place, holds: list[int], spread: float) -> None:
    """A deadline may only be moved earlier, which is all that is needed."""
    with place.as_role("owner"), connection.cursor() as cursor:
        cursor.execute(
            """UPDATE detainers_hold h SET deadline_at = clock_timestamp() + interval '3 seconds' + x.n * %s * interval '1 second'
                 FROM unnest(%s::bigint[]) WITH ORDINALITY AS x(id, n) WHERE h.id = x.id""",
            [spread / len(holds), holds],
        )


def _latencies(place: Place, holds: list[int]) -> list[float]:
    """Seconds from each deadline to the record of the breach that it is the beginning of."""
    with place.as_role("owner"), connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXTRACT(epoch FROM e.recorded_at - h.deadline_at)::float8 FROM detainers_hold h
                 JOIN detainers_breach b ON b.case_id = h.case_id AND b.from_at = h.deadline_at
                 JOIN audit_event e ON e.case_id = (SELECT public_id FROM cases_case c WHERE c.id = h.case_id)
                  AND e.subject_id = b.public_id AND e.action = 'detainers.breach_opened'
                WHERE h.id = ANY(%s)""",
            [holds],
        )
        return [late for (late,) in cursor.fetchall()]
