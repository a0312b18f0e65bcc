"""The sweep writes down what is true already; it can be late, doubled or interrupted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Event
from cases.models import Case
from config.celery import app
from detainers import services, tasks
from detainers.models import Breach, Hold, SweepHeartbeat
from detainers.services import sweep
from tests.detainers.builders import Road, ago, authority, hold_of


def test_it_expires_at_the_deadline_and_opens_the_breach(road: Road) -> None:
    at = ago(hours=49)
    case, _ = road.held(eligible_at=at)
    running, _ = road.held(eligible_at=ago(hours=1))

    outcome = services.expire_due()

    hold = hold_of(case)
    assert (hold.recorded_state, hold.ended_at, hold.ended_by) == (
        "expired",
        hold.deadline_at,
        "system:clock",
    )
    assert case.breaches.get().from_at == hold.deadline_at
    assert hold_of(running).recorded_state == "active"
    assert (outcome.expired, outcome.breaches, outcome.failed) == (1, 1, [])
    said = Event.objects.filter(case_id=case.public_id, actor_id="system:clock").order_by("pk")
    said = said.exclude(action="detainers.duty_overdue")
    assert list(said.values_list("action", flat=True)) == ["detainers.hold_ended", "detainers.breach_opened"]


@pytest.mark.parametrize(("seconds", "expired", "breaches"), [(-1, 0, 0), (0, 1, 0), (1, 1, 1)])
def test_at_the_very_second(road: Road, seconds: int, expired: int, breaches: int) -> None:
    at = ago(hours=1)
    road.held(eligible_at=at)

    outcome = services.expire_due(at=at + timedelta(hours=48, seconds=seconds))

    assert (outcome.expired, outcome.breaches) == (expired, breaches)


def test_authority_is_over_without_any_sweep(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=49))

    view = authority(case)

    assert (view.kind, view.in_breach, view.minutes_over) == ("none", True, 60)
    assert hold_of(case).recorded_state == "active"
    assert not hold_of(case).is_in_force(timezone.now())


def test_it_works_in_batches_and_a_second_run_finds_nothing(road: Road) -> None:
    for _ in range(5):
        road.held(eligible_at=ago(hours=49))

    first = services.expire_due(batch=2)
    second = services.expire_due(batch=2)

    assert (first.expired, first.breaches) == (5, 5)
    assert (second.expired, second.breaches) == (0, 0)


def test_a_row_that_raises_stops_no_other_and_stays_due(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, _ = road.held(eligible_at=ago(hours=50))
    good, _ = road.held(eligible_at=ago(hours=49))
    real: Any = sweep.reassess

    def broken(*, case_id: int, **rest: Any) -> Any:
        if case_id == bad.pk:
            raise RuntimeError("disk")
        return real(case_id=case_id, **rest)

    def broken_batch(*args: Any) -> int:
        raise RuntimeError("disk")

    monkeypatch.setattr(sweep, "reassess", broken)
    monkeypatch.setattr(sweep, "_expire", broken_batch)
    monkeypatch.setattr(sweep, "_open_breaches", broken_batch)
    outcome = services.expire_due()

    assert outcome.failed == [bad.pk]
    assert hold_of(good).recorded_state == "expired"
    assert good.breaches.exists()
    assert hold_of(bad).recorded_state == "active"
    assert authority(bad).in_breach
    monkeypatch.undo()
    services.expire_due()
    assert hold_of(bad).recorded_state == "expired"


def test_the_heartbeat_is_the_databases_clock(road: Road) -> None:
    services.expire_due()
    first = SweepHeartbeat.objects.get(name="holds").swept_at
    tasks.expire_holds(unknown_argument_of_a_newer_version=1)

    assert SweepHeartbeat.objects.get().swept_at > first


def test_the_task_goes_to_the_clock_queue() -> None:
    name = tasks.expire_holds.name

    assert name == "detainers.tasks.expire_holds"
    assert app.amqp.router.route({}, name)["queue"].name == "clock"


def test_one_batch_costs_a_constant_number_of_statements(
    road: Road, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        road.held(eligible_at=ago(hours=49))

    with django_assert_max_num_queries(60):
        outcome = services.expire_due()

    assert outcome.expired == 6


def test_failed_audit_undoes_the_batch(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _ = road.held(eligible_at=ago(hours=49))

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("audit is full")

    monkeypatch.setattr(sweep, "record_events", refuse)
    monkeypatch.setattr("audit.record.event", refuse)
    outcome = services.expire_due()

    assert outcome.failed
    assert hold_of(case).recorded_state == "active"
    assert not Breach.objects.filter(case=case).exists()


def test_the_view_says_next_deadline_and_rule(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=1))
    waiting = road.case()

    view, local = authority(case), authority(waiting)

    assert view.next_deadline_at == view.hold_deadline_at == view.authority_ends_at
    assert (view.hold_rule, view.hold_id) == ("STRAIGHT_48", hold_of(case).pk)
    assert (local.kind, local.authority_ends_at, local.next_deadline_at) == ("local_ground", None, None)
    assert local.in_breach is False


@pytest.mark.parametrize(("seconds", "kind", "in_breach"), [(-2, "none", True), (60, "hold", False)])
def test_the_view_goes_by_the_databases_clock(road: Road, seconds: int, kind: str, in_breach: bool) -> None:
    case, _ = road.held(eligible_at=ago(hours=48) + timedelta(seconds=seconds))

    view = authority(case)

    assert (view.kind, view.in_breach) == (kind, in_breach)
    assert abs(view.seen_at - timezone.now()) < timedelta(seconds=60)


def test_the_sweep_reads_by_index(road: Road) -> None:
    road.held(eligible_at=ago(hours=49))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + sweep.DUE_HOLDS, [None, [], 500])
        due = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("EXPLAIN " + sweep.OVERDUE_CASES, [None, None, *sweep.BEGINNING, [], 500])
        overdue = "\n".join(line for (line,) in cursor.fetchall())

    assert "detainers_hold_due" in due
    assert "detainers_case_overdue" in overdue
    assert Case.objects.count() == Hold.objects.count() == 1


def test_a_clock_that_went_back_is_said_once_and_extends_nothing(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=49))
    services.expire_due()
    ended = hold_of(case).ended_at
    SweepHeartbeat.objects.update(swept_at=timezone.now() + timedelta(hours=1))
    other, _ = road.held(eligible_at=ago(hours=49))

    first, second = services.expire_due(), services.expire_due()

    assert first.went_back is not None
    assert (round(first.went_back.total_seconds(), -1), first.expired) == (3600, 0)
    assert (second.went_back, second.expired) == (None, 1)
    said = Event.objects.get(action="detainers.clock_went_back")
    assert 3590 <= said.facts["seconds"] <= 3600
    assert hold_of(case).ended_at == ended
    assert hold_of(other).ended_at == hold_of(other).deadline_at


def test_a_clock_that_is_slewed_is_not_reported(road: Road) -> None:
    services.expire_due()
    SweepHeartbeat.objects.update(swept_at=timezone.now() + timedelta(seconds=0.5))

    assert services.expire_due().went_back is None


def test_a_watch_records_an_end_that_comes_while_it_watches(road: Road) -> None:
    case, _ = road.held(eligible_at=timezone.now() - timedelta(hours=48) + timedelta(seconds=1))

    services.watch_deadlines(seconds=3)

    assert hold_of(case).recorded_state == "expired"
    assert case.breaches.get().from_at == hold_of(case).deadline_at


def test_a_watch_waits_for_nothing_that_ends_later(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _ = road.held(eligible_at=ago(hours=47))
    monkeypatch.setattr(sweep.time, "sleep", lambda seconds: pytest.fail("there was nothing to wait for"))

    services.watch_deadlines(seconds=3)

    assert hold_of(case).recorded_state == "active"
