"""Workers keep their connection to PostgreSQL between tasks, and drop one that is too old or broken."""

from typing import Any

import psycopg
import pytest
from celery import signals
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from config.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


class _Request:
    is_eager = False


class _Task:
    request = _Request()


@pytest.fixture
def worker() -> Any:
    """What Celery and we do before and after a task, as in a worker process."""
    fixup = DjangoWorkerFixup(app)
    task = _Task()

    def between_tasks() -> None:
        fixup.on_task_postrun(task)
        signals.task_postrun.send(sender=task, task=task)
        fixup.on_task_prerun(task)
        signals.task_prerun.send(sender=task, task=task)

    return between_tasks


def _session() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_it_keeps_a_good_connection(worker: Any) -> None:
    before = _session()

    worker()

    assert _session() == before


def test_it_drops_a_connection_that_is_too_old(worker: Any) -> None:
    before = _session()
    connection.close_at = 0.0

    worker()

    assert connection.connection is None
    assert _session() != before


def test_it_finds_out_that_the_server_ended_its_session(worker: Any) -> None:
    before = _session()
    info = connection.connection.info
    with psycopg.connect(info.dsn, password=info.password) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])

    worker()

    assert _session() != before
