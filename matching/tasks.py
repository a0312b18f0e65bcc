"""Thin: each task calls one service. The rows in PostgreSQL say what is due; a task that is lost or doubled changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from matching import services
from matching.owners import this_process


@contextmanager
def _leaseholder() -> Iterator[str]:
    """Who holds what the task takes. A database that goes away meanwhile leaves nothing leased until the lease runs out."""
    try:
        yield this_process()
    except (OperationalError, InterfaceError):
        services.let_go_after_outage(owner=this_process())
        raise


@shared_task(acks_late=True, soft_time_limit=60, time_limit=90)
def send_transmission(*, transmission_id: int, **_: Any) -> None:
    """Send one transmission, if it is due and nobody else has it."""
    with _leaseholder() as owner:
        services.carry_transmission(transmission_id=transmission_id, owner=owner, clock=timezone.now)


@shared_task(acks_late=True, soft_time_limit=240, time_limit=270)
def search_prints(*, search_id: int, **_: Any) -> None:
    """Search one submission's prints in our own repository, if it is due and nobody else has it."""
    with _leaseholder() as owner:
        services.search_prints(search_id=search_id, owner=owner, clock=timezone.now)


@shared_task(acks_late=True, soft_time_limit=90, time_limit=110)
def collect_answers(**_: Any) -> None:
    """Empty our mailbox at the bureau, if nobody else is at it."""
    with _leaseholder() as owner:
        services.collect_mailbox(owner=owner, clock=timezone.now)


@shared_task(acks_late=True, soft_time_limit=60, time_limit=90)
def sweep_matching(**_: Any) -> None:
    """Give back what dead workers hold, note late answers, hint at lost work."""
    services.sweep_matching(at=timezone.now())
