"""Thin: each task calls one service. The rows in PostgreSQL say what is due; a task that is lost or doubled changes nothing."""

import os
import socket
from typing import Any

from celery import shared_task
from django.utils import timezone

from matching import services


def _me() -> str:
    """Who holds a lease: this process on this machine."""
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


@shared_task(acks_late=True, soft_time_limit=60, time_limit=90)
def send_transmission(*, transmission_id: int, **_: Any) -> None:
    """Send one transmission, if it is due and nobody else has it."""
    services.carry_transmission(transmission_id=transmission_id, owner=_me(), clock=timezone.now)


@shared_task(acks_late=True, soft_time_limit=240, time_limit=270)
def search_prints(*, search_id: int, **_: Any) -> None:
    """Search one submission's prints in our own repository, if it is due and nobody else has it."""
    services.search_prints(search_id=search_id, owner=_me(), clock=timezone.now)


@shared_task(acks_late=True, soft_time_limit=90, time_limit=110)
def collect_answers(**_: Any) -> None:
    """Empty our mailbox at the bureau, if nobody else is at it."""
    services.collect_mailbox(owner=_me(), clock=timezone.now)


@shared_task(acks_late=True, soft_time_limit=60, time_limit=90)
def sweep_matching(**_: Any) -> None:
    """Give back what dead workers hold, note late answers, hint at lost work."""
    services.sweep_matching(at=timezone.now())
