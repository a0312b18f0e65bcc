"""Many events in one statement are the same events as one by one, with the same deliveries and handlers."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.actors import system
from audit import bulk, bus, record
from audit.bulk import Entry
from audit.context import request_id
from audit.errors import NotInTransaction, UnknownAction
from audit.models import Delivery, Event
from audit.record import Ref
from cases import events

CLOCK = system("clock")
AT = timezone.now() - timedelta(hours=1, microseconds=7)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens but whom the test subscribes."""
    monkeypatch.setattr(bus, "_subscribers", defaultdict(dict))
    monkeypatch.setattr(bus, "_handlers", defaultdict(list))


def entry(action: str = events.BOOKED, **changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "subject": Ref("case", uuid4()),
        "occurred_at": AT,
        "case": uuid4(),
        "agency": uuid4(),
        "changed": ("custody_state", "custody_ended_at"),
        "facts": {"charges": 2, "text": "Größe „x“ \\ ' %s", "none": None, "deep": {"list": [1, True]}},
    }
    return Entry(action, **(fields | changes))


def said(event: Event) -> dict[str, Any]:
    """Everything about an event but what is its own."""
    own = {"id", "public_id", "recorded_at"}
    fields = (field.attname for field in Event._meta.concrete_fields)
    return {name: getattr(event, name) for name in fields if name not in own}


@pytest.mark.django_db
def test_it_writes_what_one_by_one_writes(quiet: None) -> None:
    item = entry()
    token = request_id.set("r-1")
    try:
        single = record.event(
            item.action,
            actor=CLOCK,
            subject=item.subject,
            occurred_at=item.occurred_at,
            case=item.case,
            agency=item.agency,
            changed=item.changed,
            facts=item.facts,
        )
        bulk.events([item], actor=CLOCK)
    finally:
        request_id.reset(token)

    many = Event.objects.exclude(pk=single.pk).get()
    single.refresh_from_db()
    assert said(many) == said(single)
    assert many.public_id != single.public_id
    assert many.request_id == "r-1"


@pytest.mark.django_db
def test_they_come_in_the_order_given(quiet: None) -> None:
    items = [entry(facts={"n": n}, case=None, agency=None, changed=()) for n in range(30)]

    bulk.events(items, actor=CLOCK)

    rows = list(Event.objects.order_by("pk"))
    assert [row.facts["n"] for row in rows] == list(range(30))
    assert [row.subject_id for row in rows] == [item.subject.id for item in items]
    assert {(row.case_id, row.agency_id, tuple(row.changed)) for row in rows} == {(None, None, ())}


@pytest.mark.django_db
def test_each_subscriber_of_an_action_gets_a_delivery(quiet: None) -> None:
    for name in ("webhooks", "feed"):
        bus.deliver(events.BOOKED, subscriber=name, handler=lambda event: None)
    bus.deliver(events.DIED, subscriber="webhooks", handler=lambda event: None)

    bulk.events([entry(), entry(events.DIED), entry(events.ESCAPED)], actor=CLOCK)

    rows = Delivery.objects.order_by("event_id", "subscriber")
    assert list(rows.values_list("event__action", "subscriber", "state", "attempts", "last_error")) == [
        (events.BOOKED, "feed", "pending", 0, ""),
        (events.BOOKED, "webhooks", "pending", 0, ""),
        (events.DIED, "webhooks", "pending", 0, ""),
    ]
    assert all(row.next_attempt_at <= timezone.now() for row in rows)


@pytest.mark.django_db
def test_handlers_run_here_in_order_and_only_for_their_action(quiet: None) -> None:
    heard: list[tuple[str, Any]] = []
    bus.subscribe(events.BOOKED, lambda event: heard.append(("first", event.facts["n"])))
    bus.subscribe(events.BOOKED, lambda event: heard.append(("second", event.facts["n"])))

    items = [entry(facts={"n": 1}), entry(events.DIED, facts={"n": 2}), entry(facts={"n": 3})]
    bulk.events(items, actor=CLOCK)

    assert heard == [("first", 1), ("second", 1), ("first", 3), ("second", 3)]


@pytest.mark.django_db
def test_a_handler_that_fails_undoes_them_all(quiet: None) -> None:
    def refuse(event: Event) -> None:
        raise RuntimeError

    bus.subscribe(events.DIED, refuse)
    bus.deliver(events.BOOKED, subscriber="feed", handler=lambda event: None)

    with pytest.raises(RuntimeError), transaction.atomic():
        bulk.events([entry(), entry(events.DIED)], actor=CLOCK)

    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_one_action_without_a_sentence_refuses_them_all(quiet: None) -> None:
    with pytest.raises(UnknownAction, match=r"cases\.unheard_of"):
        bulk.events([entry(), entry("cases.unheard_of")], actor=CLOCK)

    assert not Event.objects.exists()


@pytest.mark.django_db
def test_none_writes_nothing(quiet: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        bulk.events([], actor=CLOCK)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 200])
def test_the_number_of_statements_does_not_grow(
    quiet: None, django_assert_num_queries: Any, count: int
) -> None:
    bus.deliver(events.BOOKED, subscriber="feed", handler=lambda event: None)
    items = [entry() for _ in range(count)]

    with django_assert_num_queries(2):  # events and deliveries; nobody hears them
        bulk.events(items, actor=CLOCK)

    assert Event.objects.count() == Delivery.objects.count() == count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [0, 1])
def test_they_need_the_transaction_of_their_change(quiet: None, count: int) -> None:
    with pytest.raises(NotInTransaction):
        bulk.events([entry() for _ in range(count)], actor=CLOCK)

    assert not Event.objects.exists()
