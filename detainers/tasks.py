"""Thin: parse, call one service."""

from typing import Any

from celery import shared_task

from detainers import services


@shared_task(name="detainers.tasks.expire_holds")  # type: ignore[untyped-decorator]
def expire_holds(**_: Any) -> None:
    """Record what the clock has made true. Beat nudges it; missing a beat only makes the record late."""
    services.expire_due()
