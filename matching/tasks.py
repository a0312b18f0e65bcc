"""Thin: each task calls one service. The rows in PostgreSQL say what is due; a task that is lost or doubled changes nothing.

A task that sends or searches takes the row that has been due longest; the row it was sent for only says that there is work.
So what a dead worker left is done before what came later, wherever its hint stands in the queue.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from audit import failpoints
from matching import services
from matching.owners import this_process

PULL_SECONDS = 10.0


@contextmanager
def _leaseholder() -> Iterator[str]:
    """Who holds what the task takes. A database that goes away meanwhile leaves nothing leased until the lease runs out."""
    try:
        yield this_process()
    except (OperationalError, InterfaceError):
        services.let_go_after_outage(owner=this_process())
        raise
    failpoints.reach("task.committed")  # everything is committed, and the broker does not know it yet


def _pull(take_one: Callable[..., int], *, until_none: bool) -> None:
    """One due row, or one after the other until none is due; for a moment only, so that other work comes in between."""
    end = time.monotonic() + PULL_SECONDS
    with _leaseholder() as owner:
        while take_one(owner=owner, clock=timezone.now, limit=1) and until_none and time.monotonic() < end:
            pass


@shared_task(acks_late=True, soft_time_limit=60, time_limit=90)
def send_transmission(*, until_none: bool = False, **_: Any) -> None:
    """Send what has been due longest, if anything is due that nobody else has."""
    _pull(services.carry_due_transmissions, until_none=until_none)


@shared_task(acks_late=True, soft_time_limit=240, time_limit=270)
def search_prints(*, until_none: bool = False, **_: Any) -> None:
    """Search the prints that have been due longest in our own repository, if any are due that nobody else has."""
    _pull(services.search_due_prints, until_none=until_none)


@shared_task(acks_late=True, soft_time_limit=90, time_limit=110)
def collect_answers(**_: Any) -> None:
    """Empty our mailbox at the bureau, if nobody else is at it."""
    with _leaseholder() as owner:
        services.collect_mailbox(owner=owner, clock=timezone.now)


@shared_task(acks_late=True, soft_time_limit=60, time_limit=90)
def sweep_matching(**_: Any) -> None:
    """Give back what dead workers hold, note late answers, hint at lost work."""
    services.sweep_matching(at=timezone.now())
