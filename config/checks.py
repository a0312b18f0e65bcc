"""Unsafe combinations stop at start-up with a sentence."""

from typing import Any

from django.conf import settings
from django.core import checks

LOSSY_BROKERS = ("filesystem://", "sqla+", "sqlalchemy+", "db+", "memory://")


def broker_is_durable(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The filesystem, SQL and in-memory transports lose tasks when a worker is killed."""
    url = settings.CELERY_BROKER_URL
    if url.startswith(LOSSY_BROKERS) and not settings.TESTING:
        return [
            checks.Error(
                f"The broker '{url.split(':', 1)[0]}' loses tasks when a worker is killed.",
                hint="Set CELERY_BROKER_URL to Valkey or RabbitMQ, or leave it empty to use the embedded Valkey.",
                id="clearhold.E001",
            )
        ]
    if not url and not settings.TESTING:
        return [
            checks.Warning(
                "No broker is set up, so tasks wait until one is.",
                hint="Run `make run` once, or set CELERY_BROKER_URL.",
                id="clearhold.W001",
            )
        ]
    return []


def register() -> None:
    checks.register(broker_is_durable, checks.Tags.compatibility)
