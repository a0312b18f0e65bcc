"""One booking from the jail to the bureau and back, with the bureau as a process of its own that is killed on the way."""

import time
from typing import Any

import pytest
from django.utils import timezone

from matching import ports, services
from matching.models import Reply, Transmission
from tests.matching.conftest import Checks, answer_states, eft
from tests.matching.test_gateway import Connect, Simulators, http, simulator  # noqa: F401 - fixtures


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    gateways: dict[str, Any] = {}
    monkeypatch.setattr(ports, "_gateways", gateways)
    return gateways


def collect_until(count: int) -> None:
    until = time.monotonic() + 20
    while Reply.objects.count() < count:
        assert time.monotonic() < until, f"only {Reply.objects.count()} replies came"
        services.collect_mailbox(owner="w1", clock=timezone.now)
        time.sleep(0.02)


@pytest.mark.parametrize("faults", [(), ("duplicate",), ("reorder", "duplicate"), ("drop:1",), ("503:2",)])
def test_every_booking_gets_its_answers_whatever_the_bureau_does(
    checks: Checks,
    simulator: Simulators,  # noqa: F811
    http: Connect,  # noqa: F811
    wired: dict[str, Any],
    settings: Any,
    faults: tuple[str, ...],
) -> None:
    settings.MATCHING_BACKOFF_FIRST_SECONDS = settings.MATCHING_BACKOFF_JITTER = 0
    gateway = http(simulator(*(f"--fault={fault}" for fault in faults)).url)
    wired["bureau"] = lambda: gateway
    submissions = [checks.open() for _ in range(3)]

    for _ in range(3):
        services.carry_due_transmissions(owner="w1", clock=timezone.now)
    collect_until(9)

    for submission in submissions:
        submission.refresh_from_db()
        assert submission.state == "settled"
        assert set(answer_states(submission).values()) == {"non_identification"}
    assert set(Transmission.objects.values_list("state", flat=True)) == {"sent"}
    assert list(gateway.list_waiting(after=0, limit=50)) == []
    assert Reply.objects.count() == 9


def test_answers_without_a_reference_are_all_set_aside_for_people(
    checks: Checks,
    simulator: Simulators,  # noqa: F811
    http: Connect,  # noqa: F811
    wired: dict[str, Any],
) -> None:
    gateway = http(simulator("--fault=no-tcr").url)
    wired["bureau"] = lambda: gateway
    submission = checks.open()

    services.carry_due_transmissions(owner="w1", clock=timezone.now)
    collect_until(3)

    assert set(Reply.objects.values_list("state", "quarantine_reason")) == {("quarantined", "no_reference")}
    assert set(answer_states(submission).values()) == {"waiting"}
    assert Reply.objects.visible_to(checks.cast.actor("supervisor")).quarantined().count() == 3


def test_a_transaction_that_asks_for_no_answer_gets_none(
    checks: Checks,
    simulator: Simulators,  # noqa: F811
    http: Connect,  # noqa: F811
    wired: dict[str, Any],
) -> None:
    gateway = http(simulator().url)
    wired["bureau"] = lambda: gateway
    submission = checks.open(content=eft(tot="CNA", ndr=()))

    services.carry_due_transmissions(owner="w1", clock=timezone.now)
    time.sleep(0.3)
    services.collect_mailbox(owner="w1", clock=timezone.now)

    assert submission.transmissions.get().state == "sent"
    assert not Reply.objects.exists()
