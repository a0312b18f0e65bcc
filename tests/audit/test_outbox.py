"""Deliveries after commit: taken by one, tried again after failures, repeated after a crash, never lost."""

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.actors import system
from audit import bus, outbox, record, tasks
from audit.models import Delivery, Event
from audit.record import Ref
from cases import events

SECOND = timedelta(seconds=1)


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The only subscriber there is; the ids of the events it was given."""
    seen: list[int] = []
    monkeypatch.setattr(bus, "_subscribers", defaultdict(dict))
    monkeypatch.setattr(bus, "_handlers", defaultdict(list))
    bus.deliver(events.BOOKED, subscriber="post", handler=lambda event: seen.append(event.pk))
    return seen


def delivery(*, at: datetime | None = None, **changes: Any) -> Delivery:
    """One pending delivery, due at `at`, made by recording an event."""
    with transaction.atomic():
        event = record.event(
            events.BOOKED,
            actor=system("matching"),
            subject=Ref("case", uuid4()),
            occurred_at=timezone.now(),
            facts={"charges_text": "1 charge", "prints": "no prints"},
        )
    made = Delivery.objects.get(event=event)
    Delivery.objects.filter(pk=made.pk).update(**({"next_attempt_at": at or timezone.now()} | changes))
    made.refresh_from_db()
    return made


def fails(error: BaseException) -> Callable[[Event], None]:
    def handler(event: Event) -> None:
        raise error

    return handler


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts at once, each on a connection of its own."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=20)
            results[number] = act()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db
@pytest.mark.parametrize(("offset", "due"), [(-SECOND, False), (timedelta(0), True), (SECOND, True)])
def test_it_is_due_from_its_instant(carried: list[int], offset: timedelta, due: bool) -> None:
    at = timezone.now()
    row = delivery(at=at)

    count = outbox.carry_due(at=at + offset)

    row.refresh_from_db()
    assert count == due
    assert carried == ([row.event_id] if due else [])
    assert (row.state, row.done_at) == (("done", at + offset) if due else ("pending", None))


@pytest.mark.django_db
def test_it_is_due_as_soon_as_it_was_written(carried: list[int]) -> None:
    row = delivery()
    fresh = Delivery.objects.create(event=row.event, subscriber="other")

    fresh.refresh_from_db()

    assert fresh.next_attempt_at <= timezone.now()
    assert (fresh.state, fresh.attempts, fresh.lease_until) == ("pending", 0, None)


@pytest.mark.django_db
@pytest.mark.parametrize(("offset", "free"), [(-SECOND, False), (timedelta(0), False), (SECOND, True)])
def test_what_somebody_else_has_leased_is_left_alone_until_the_lease_is_over(
    carried: list[int], offset: timedelta, free: bool
) -> None:
    until = timezone.now()
    row = delivery(at=until - timedelta(minutes=1), lease_until=until)

    ids = outbox.claim(at=until + offset)

    row.refresh_from_db()
    assert ids == ([row.pk] if free else [])
    assert row.lease_until == (until + offset + outbox.LEASE if free else until)


@pytest.mark.django_db
def test_a_claim_leases_the_oldest_first_and_no_more_than_asked(carried: list[int]) -> None:
    at = timezone.now()
    late, early, middle = (delivery(at=at - timedelta(minutes=n)) for n in (1, 3, 2))

    first, second, third = (outbox.claim(at=at, limit=2) for _ in range(3))

    assert (first, second, third) == ([early.pk, middle.pk], [late.pk], [])


@pytest.mark.django_db
def test_what_is_done_or_failed_is_never_taken_again(carried: list[int]) -> None:
    at = timezone.now()
    done = delivery(at=at, state="done", done_at=at)
    failed = delivery(at=at, state="failed")

    assert outbox.carry_due(at=at + timedelta(days=1)) == 0
    outbox.carry(done.pk, at=at)
    outbox.carry(failed.pk, at=at)

    assert carried == []


def test_waiting_doubles_up_to_an_hour() -> None:
    seconds = [outbox.backoff(attempts).total_seconds() for attempts in range(1, 14)]

    assert seconds == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]


@pytest.mark.django_db
def test_each_failure_is_counted_named_by_its_kind_and_waits_longer(carried: list[int]) -> None:
    bus.deliver(events.BOOKED, subscriber="post", handler=fails(RuntimeError("Sample, One was here")))
    at = timezone.now()
    row = delivery(at=at)

    waits = []
    for _ in range(4):
        assert outbox.carry_due(at=at) == 1
        row.refresh_from_db()
        assert (row.state, row.lease_until, row.last_error) == ("pending", None, "RuntimeError")
        assert outbox.carry_due(at=row.next_attempt_at - SECOND) == 0
        waits.append(row.next_attempt_at - at)
        at = row.next_attempt_at

    assert waits == [timedelta(seconds=2**n) for n in (1, 2, 3, 4)]
    assert row.attempts == 4


@pytest.mark.django_db
def test_a_failure_that_passes_is_carried_in_the_end(carried: list[int]) -> None:
    right = bus.handler_for(events.BOOKED, "post")
    assert right is not None
    bus.deliver(events.BOOKED, subscriber="post", handler=fails(OSError()))
    at = timezone.now()
    row = delivery(at=at)
    outbox.carry_due(at=at)

    bus.deliver(events.BOOKED, subscriber="post", handler=right)
    outbox.carry_due(at=at + timedelta(seconds=2))

    row.refresh_from_db()
    assert (row.state, row.attempts, carried) == ("done", 1, [row.event_id])


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "state"), [(10, "pending"), (11, "failed")])
def test_the_twelfth_failure_needs_a_person(carried: list[int], before: int, state: str) -> None:
    bus.deliver(events.BOOKED, subscriber="post", handler=fails(RuntimeError()))
    at = timezone.now()
    row = delivery(at=at, attempts=before)

    outbox.carry_due(at=at)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.done_at) == (state, before + 1, None)


@pytest.mark.django_db
@pytest.mark.parametrize("subscriber", ["nobody", "post"])
def test_a_subscriber_that_no_longer_exists_fails_at_once(
    carried: list[int], monkeypatch: pytest.MonkeyPatch, subscriber: str
) -> None:
    at = timezone.now()
    row = delivery(at=at, subscriber=subscriber)
    monkeypatch.setattr(bus, "_subscribers", defaultdict(dict))

    outbox.carry_due(at=at)

    row.refresh_from_db()
    assert (row.state, row.attempts, carried) == ("failed", 1, [])
    assert row.last_error == "nobody carries this action any more"


@pytest.mark.django_db
def test_one_bad_delivery_does_not_stop_the_others(carried: list[int]) -> None:
    at = timezone.now()
    bad = delivery(at=at - SECOND, subscriber="bad")
    good = delivery(at=at)
    bus.deliver(events.BOOKED, subscriber="bad", handler=fails(RuntimeError()))

    assert outbox.carry_due(at=at) == 2

    assert Delivery.objects.get(pk=bad.pk).state == "pending"
    assert Delivery.objects.get(pk=good.pk).state == "done"


@pytest.mark.django_db
def test_a_crash_between_handling_and_marking_repeats_after_the_lease(carried: list[int]) -> None:
    def dies(event: Event) -> None:
        carried.append(event.pk)
        raise SystemExit(137)

    right = bus.handler_for(events.BOOKED, "post")
    assert right is not None
    bus.deliver(events.BOOKED, subscriber="post", handler=dies)
    at = timezone.now()
    row = delivery(at=at)
    with pytest.raises(SystemExit):
        outbox.carry_due(at=at)
    bus.deliver(events.BOOKED, subscriber="post", handler=right)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_until) == ("pending", 0, at + outbox.LEASE)
    assert outbox.carry_due(at=at + outbox.LEASE) == 0
    assert outbox.carry_due(at=at + outbox.LEASE + SECOND) == 1

    row.refresh_from_db()
    assert row.state == "done"
    assert carried == [row.event_id, row.event_id]


@pytest.mark.django_db
def test_a_slow_carrier_whose_lease_ran_out_does_not_undo_what_another_has_done(carried: list[int]) -> None:
    at = timezone.now()
    row = delivery(at=at)

    def slow(event: Event) -> None:
        Delivery.objects.filter(pk=row.pk).update(state="done", done_at=at, lease_until=None)
        raise TimeoutError

    bus.deliver(events.BOOKED, subscriber="post", handler=slow)
    outbox.carry_due(at=at)

    row.refresh_from_db()
    assert (row.state, row.done_at, row.attempts, row.last_error) == ("done", at, 0, "")


@pytest.mark.django_db
def test_the_task_carries_what_is_due_whatever_arguments_a_newer_version_sends(carried: list[int]) -> None:
    row = delivery()

    tasks.carry_deliveries(unknown_argument_of_a_newer_version=1)

    assert carried == [row.event_id]


@pytest.mark.django_db(transaction=True)
def test_a_claim_steps_over_what_another_connection_has_locked(carried: list[int]) -> None:
    at = timezone.now()
    locked, free = delivery(at=at - SECOND), delivery(at=at)

    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=locked.pk)
        (taken,) = together(lambda: outbox.claim(at=at))

    assert taken == [free.pk]
    assert outbox.claim(at=at) == [locked.pk]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_carry_everything_once(carried: list[int]) -> None:
    at = timezone.now()
    rows = [delivery(at=at) for _ in range(12)]

    counts = together(lambda: outbox.carry_due(at=at), lambda: outbox.carry_due(at=at))

    counts.append(outbox.carry_due(at=at))
    assert sum(counts) == 12
    assert sorted(carried) == sorted(row.event_id for row in rows)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
