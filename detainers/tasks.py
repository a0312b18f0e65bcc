"""Thin: parse, call one service."""

from pathlib import Path
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from detainers import services
from detainers.services import pack


@shared_task(name="detainers.tasks.expire_holds")  # type: ignore[untyped-decorator]
def expire_holds(**_: Any) -> None:
    """Record what the clock has made true, now and until the next beat; missing a beat only makes the record late."""
    services.watch_deadlines(seconds=settings.SWEEP_SECONDS)


@shared_task(name="detainers.tasks.assess_places")  # type: ignore[untyped-decorator]
def assess_places(**_: Any) -> None:
    """Assess open detainers again where the rows of law in force have changed. A beat goes on where the last one stopped."""
    services.assess_places(seconds=60)


@shared_task(name="detainers.tasks.write_pack")  # type: ignore[untyped-decorator]
def write_pack(**_: Any) -> None:
    """Write the pack for outages when the newest is an hour old; asked often, so that a lost nudge costs seconds."""
    folder = Path(settings.DEGRADED_PACK_DIR) if settings.DEGRADED_PACK_DIR else None
    now = timezone.now()
    if folder is not None and pack.due(folder, now):
        pack.write_pack(folder=folder, at=now)
