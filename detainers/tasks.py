"""Thin: parse, call one service."""

from typing import Any

from celery import shared_task
from django.conf import settings

from detainers import services


@shared_task(name="detainers.tasks.expire_holds")  # type: ignore[untyped-decorator]
def expire_holds(**_: Any) -> None:
    """Record what the clock has made true, now and until the next beat; missing a beat only makes the record late."""
    services.watch_deadlines(seconds=settings.SWEEP_SECONDS)


@shared_task(name="detainers.tasks.assess_places")  # type: ignore[untyped-decorator]
def assess_places(**_: Any) -> None:
    """Assess open detainers again where the rows of law in force have changed. A beat goes on where the last one stopped."""
    services.assess_places(seconds=60)
