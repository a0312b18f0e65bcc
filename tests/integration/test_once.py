"""What a request under an Idempotency-Key leaves when its process dies in the middle, and what the repeat is told."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.errors import Conflict, Invalid
from cases.models import Case
from integration.models import IdempotencyKey
from integration.services.idempotency import Answer, once
from integration.views.bookings import BookingsView
from tests.actors import Cast
from tests.integration.conftest import Machine, make_machine

KEY = {"Idempotency-Key": "k-1"}
URL = "/api/v1/bookings"


class Died(BaseException):
    """Stands for a process that ends between the effect and the stored answer."""


def test_who_dies_between_effect_and_answer_leaves_neither(
    machine: Machine, booking: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: object, **fields: object) -> None:
        raise Died

    body = booking()
    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyKey.objects, "create", die)
        with pytest.raises(Died):
            machine.post(URL, body, **KEY)
    cases = Case.objects.count()
    again = machine.post(URL, body, **KEY)

    assert cases == 0
    assert (again.status_code, again.json()["outcome"]) == (201, "created")
    assert machine.post(URL, body, **KEY).json() == again.json()


def test_a_refusal_frees_the_key_and_keeps_what_was_kept(machine: Machine) -> None:
    def refuse() -> Answer:
        Case.objects.count()
        raise Invalid("No.", field="x")

    client, now = machine.made.client, timezone.now()
    with pytest.raises(Invalid):
        once(client=client, key="k", body_sha256="a", at=now, work=refuse)

    assert once(client=client, key="k", body_sha256="b", at=now, work=lambda: Answer(201, {})).status == 201


def test_while_the_first_still_runs_the_repeat_is_a_conflict(transactional_cast: Cast) -> None:
    client = make_machine(transactional_cast, "jail").made.client
    begun, go_on, found = Event(), Event(), []

    def work() -> Answer:
        begun.set()
        assert go_on.wait(10)
        return Answer(201, {"n": 1})

    def first() -> None:
        try:
            found.append(once(client=client, key="k", body_sha256="a", at=timezone.now(), work=work))
        finally:
            connection.close()

    thread = Thread(target=first)
    thread.start()
    assert begun.wait(10)
    with pytest.raises(Conflict, match="still runs"):
        once(client=client, key="k", body_sha256="a", at=timezone.now(), work=work)
    go_on.set()
    thread.join()
    repeat = once(client=client, key="k", body_sha256="a", at=timezone.now(), work=work)

    assert found == [Answer(201, {"n": 1})]
    assert repeat == Answer(201, {"n": 1}, is_replay=True)


def test_a_database_that_is_away_is_said_as_503(
    machine: Machine, booking: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **fields: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(BookingsView, "_book", away)

    answer = machine.post(URL, booking(), **KEY)

    assert (answer.status_code, answer.json()["code"]) == (503, "database_not_reached")
    assert answer["Retry-After"] == "5"
