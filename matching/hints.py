"""Telling the broker that there is work.

A hint wakes a worker, no more: which row it takes, PostgreSQL says. A hint may be lost, doubled or late.
"""

from __future__ import annotations

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from audit import failpoints
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
    return _send(task, {_ARGUMENTS[task]: row_id})


def nudge(task: str, row_id: int) -> bool:
    """Tell a worker to take what is due until nothing is. Returns whether the broker took it.

    Let go when nobody took it before the next one is given: behind a long queue it would be worthless.
    """
    given = _send(
        task, {_ARGUMENTS[task]: row_id, "until_none": True}, expires=conf.hint_again_after().total_seconds()
    )
    failpoints.reach("nudge.published")
    return given


def _send(task: str, arguments: dict[str, int | bool], *, expires: float | None = None) -> bool:
    try:
        current_app.send_task(task, kwargs=arguments, retry=False, ignore_result=True, expires=expires)
    except (OSError, OperationalError) as error:
        log.warning("broker_not_reached", task=task, error=type(error).__name__)
        return False
    return True
