"""Which broker is allowed, how RabbitMQ's queues are declared, and what must never be set in production."""

from typing import Any

import pytest

from audit import failpoints
from config import broker, checks


@pytest.mark.parametrize("url", ["filesystem://", "sqla+sqlite:///x", "memory://", "db+sqlite:///x"])
def test_a_broker_that_loses_tasks_is_refused(settings: Any, url: str) -> None:
    settings.CELERY_BROKER_URL, settings.TESTING = url, False

    assert [found.id for found in checks.broker_is_durable(None)] == ["clearhold.E001"]


def test_rabbitmq_is_allowed(settings: Any) -> None:
    settings.CELERY_BROKER_URL, settings.TESTING = "amqp://broker.example//", False

    assert checks.broker_is_durable(None) == []
    assert broker.is_amqp(settings.CELERY_BROKER_URL)


def test_valkey_without_its_append_only_file_is_warned_of(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TESTING = False
    assert checks.valkey_keeps_its_messages(None) == []

    monkeypatch.setattr("redis.client.Redis.config_get", lambda *_: {"appendonly": "no"})

    assert [found.id for found in checks.valkey_keeps_its_messages(None)] == ["clearhold.W002"]


def test_a_valkey_that_is_away_is_not_judged(settings: Any) -> None:
    settings.CELERY_BROKER_URL, settings.TESTING = "redis+socket:///nowhere/valkey.sock", False

    assert checks.valkey_keeps_its_messages(None) == []


@pytest.mark.parametrize(("production", "expected"), [(True, ["clearhold.E002"]), (False, [])])
def test_fail_points_are_refused_in_production(
    settings: Any, monkeypatch: pytest.MonkeyPatch, production: bool, expected: list[str]
) -> None:
    settings.PRODUCTION = production
    monkeypatch.setenv(failpoints.VARIABLE, "/some/directory")

    assert [found.id for found in checks.no_failpoints_in_production(None)] == expected


def test_every_queue_of_rabbitmq_is_replicated_and_has_a_place_for_dead_messages() -> None:
    for queue in broker.quorum_queues():
        assert queue.queue_arguments["x-queue-type"] == "quorum"
        assert queue.queue_arguments["x-dead-letter-routing-key"] == broker.DEAD
        assert queue.queue_arguments["x-delivery-limit"] == broker.DELIVERIES
