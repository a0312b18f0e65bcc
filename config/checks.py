"""Unsafe combinations stop at start-up with a sentence."""

import os
from typing import Any

from django.conf import settings
from django.core import checks

from audit import failpoints
from config import rights

VALKEY = ("redis://", "rediss://", "redis+socket://", "unix://", "valkey://")
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


def valkey_keeps_its_messages(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Valkey without its append-only file forgets every message at a restart. A server that is away is not judged."""
    url = settings.CELERY_BROKER_URL
    if settings.TESTING or not url.startswith(VALKEY):
        return []
    # Only here: half a second that no worker should wait for when it is started again.
    from kombu import Connection
    from kombu.exceptions import KombuError
    from redis.exceptions import RedisError

    try:
        with Connection(url, connect_timeout=2) as connection:
            found = connection.default_channel.client.config_get("appendonly")
    except (OSError, KombuError, RedisError):
        return []
    if found.get("appendonly", "yes") == "yes":
        return []
    return [
        checks.Warning(
            "The broker Valkey keeps its messages in memory alone.",
            hint="Set `appendonly yes` in its configuration, or work is late after each restart of it.",
            id="clearhold.W002",
        )
    ]


def no_failpoints_in_production(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The tests of faults kill processes at named places. A real installation must not even be able to."""
    if settings.PRODUCTION and os.environ.get(failpoints.VARIABLE):
        return [
            checks.Error(
                f"{failpoints.VARIABLE} is set. It is for the tests of faults, which kill processes on purpose.",
                hint=f"Take {failpoints.VARIABLE} out of the environment of this installation.",
                id="clearhold.E002",
            )
        ]
    return []


def register() -> None:
    for check in (broker_is_durable, valkey_keeps_its_messages, no_failpoints_in_production):
        checks.register(check, checks.Tags.compatibility)
    checks.register(rights.check, checks.Tags.database)
