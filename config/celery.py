"""Celery moves work; PostgreSQL says what is due. Every beat entry is a nudge: none, one or three beats change nothing."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

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
