"""Telling the broker that a row is due.

A hint may be lost, doubled or late: the row in PostgreSQL says what is to be done.
"""

from __future__ import annotations

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from matching import conf

log = structlog.get_logger(__name__)

SEND = "matching.tasks.send_transmission"
SEARCH = "matching.tasks.search_prints"
_ARGUMENTS = {SEND: "transmission_id", SEARCH: "search_id"}


def after_commit(task: str, row_id: int) -> None:
    """Give the hint once the caller's transaction is committed.

    A broker that is down never spoils what was committed.
    """
    if conf.gives_hints():
        transaction.on_commit(partial(give, task, row_id), robust=True)


def give(task: str, row_id: int) -> bool:
    """Give one hint now. Returns whether the broker took it; the sweep tries again in any case."""
    try:
        current_app.send_task(
            task,
            kwargs={_ARGUMENTS[task]: row_id},
            retry=False,
            ignore_result=True,
        )
    except (OSError, OperationalError) as error:
        log.warning("broker_not_reached", task=task, error=type(error).__name__)
        return False
    return True
