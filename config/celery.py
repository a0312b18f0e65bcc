"""Celery moves work; PostgreSQL says what is due. Every beat entry is a nudge: none, one or three beats change nothing."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_init
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CLEARHOLD_ROLE", "worker")

app = Celery("clearhold", amqp="config.broker:Amqp")
app.config_from_object("config.celery_settings")
app.autodiscover_tasks()


@worker_init.connect(dispatch_uid="clearhold-rights")  # type: ignore[untyped-decorator]
def _report_rights(**_: Any) -> None:
    """A worker whose role lacks something says so when it starts, with what to run."""
    from config import rights

    rights.report()


@task_prerun.connect(dispatch_uid="clearhold-connections-before")  # type: ignore[untyped-decorator]
@task_postrun.connect(dispatch_uid="clearhold-connections-after")  # type: ignore[untyped-decorator]
def _drop_bad_connections(task: Any = None, **_: Any) -> None:
    """As Django does around a request: a connection that failed or is older than CONN_MAX_AGE is not used again.

    A task that runs in its caller's process, as in tests, shares the caller's connection and leaves it alone.
    """
    if not task.request.is_eager:
        close_old_connections()
