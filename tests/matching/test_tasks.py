"""The broker is a hint: tasks call one service, hints follow the commit, and a dead broker spoils nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.demo.processes import programs
from matching import hints, services, tasks
from matching.models import PrintSearch, Transmission
from matching.services import searches
from tests.matching.conftest import Checks, FakeBureau, answer_states, sre


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[tuple[str, int]]:
    """The hints the broker was given."""
    settings.MATCHING_HINTS = True
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(
        hints.current_app,
        "send_task",
        lambda name, kwargs, **options: told.append((name, next(iter(kwargs.values())))),
    )
    return told


def test_a_booking_hints_at_its_work_after_the_commit(
    checks: Checks, given: list[tuple[str, int]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        submission = checks.open()
        assert given == []

    transmission, search = submission.transmissions.get(), submission.print_search
    assert given == [(hints.SEND, transmission.pk), (hints.SEARCH, search.pk)]


def test_held_back_prints_hint_at_nothing(
    checks: Checks, given: list[tuple[str, int]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        checks.minor()

    assert given == []


def test_a_broker_that_is_down_spoils_no_booking(
    checks: Checks, settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MATCHING_HINTS = True

    def refuse(*args: object, **options: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(hints.current_app, "send_task", refuse)

    with django_capture_on_commit_callbacks(execute=True):
        submission = checks.open()

    assert submission.transmissions.get().state == "queued"
    assert services.hint_due(at=timezone.now() + timedelta(hours=1)) == 0


def test_a_lost_hint_is_given_again_by_the_sweep_and_not_every_second(
    checks: Checks, given: list[tuple[str, int]]
) -> None:
    submission = checks.open()
    start = submission.transmissions.get().next_attempt_at
    given.clear()

    counts = [services.hint_due(at=start + timedelta(seconds=n)) for n in (1, 3, 4, 5, 7, 8)]

    assert counts == [0, 0, 2, 0, 0, 2]


def test_a_retry_that_falls_due_is_hinted_at_once(checks: Checks, given: list[tuple[str, int]]) -> None:
    row = checks.transmission("sending")
    services.record_failure(transmission_id=row.pk, owner="w1", error=FAILED, at=row.next_attempt_at)
    row.refresh_from_db()
    PrintSearch.objects.update(hinted_at=row.next_attempt_at)
    given.clear()

    assert services.hint_due(at=row.next_attempt_at - timedelta(seconds=1)) == 0
    assert services.hint_due(at=row.next_attempt_at) == 1
    assert given == [(hints.SEND, row.pk)]


FAILED = services.transmissions.Transient("unreachable", "No.")  # type: ignore[attr-defined]


def test_the_tasks_do_the_work(checks: Checks, bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = checks.open()
    row, search = submission.transmissions.get(), submission.print_search
    bureau.post(sre(submission, "fbi", "N"))
    monkeypatch.setattr(searches, "extract_prints", _no_finger)

    tasks.send_transmission(transmission_id=row.pk, argument_of_a_newer_version=1)
    tasks.send_transmission(transmission_id=row.pk)
    tasks.search_prints(search_id=search.pk)
    tasks.collect_answers()
    tasks.sweep_matching()

    row.refresh_from_db()
    search.refresh_from_db()
    assert (row.state, row.attempts, search.state) == ("sent", 1, "failed")
    assert answer_states(submission)["fbi"] == "non_identification"


def _no_finger(content: bytes) -> None:
    raise searches.Unusable("no_usable_finger", "No finger could be read. Take new prints.")


def test_a_task_for_what_is_not_there_does_nothing(db: None) -> None:
    tasks.send_transmission(transmission_id=0)
    tasks.search_prints(search_id=0)


def test_task_arguments_are_ids_and_nothing_else() -> None:
    assert set(hints._ARGUMENTS.values()) == {"transmission_id", "search_id"}
    names = {tasks.send_transmission.name, tasks.search_prints.name}
    assert names == {hints.SEND, hints.SEARCH}
    for task in (tasks.send_transmission, tasks.search_prints, tasks.collect_answers, tasks.sweep_matching):
        assert task.acks_late
        assert task.time_limit > task.soft_time_limit > 0


def test_one_sweep_does_everything_and_a_second_nothing(checks: Checks, given: list[tuple[str, int]]) -> None:
    row = checks.transmission("sending")
    late = row.lease_until + timedelta(days=1)

    first = services.sweep_matching(at=late)
    second = services.sweep_matching(at=late)

    assert first == services.Swept(given_back=1, overdue=3, hinted=2)
    assert second == services.Swept(given_back=0, overdue=0, hinted=0)
    assert Transmission.objects.get().state == "queued"


def test_a_search_never_stands_before_a_file_to_send() -> None:
    route = hints.current_app.amqp.router.route

    assert route({}, hints.SEND)["queue"].name == "deliver"
    assert route({}, hints.SEARCH)["queue"].name == "match"


def test_what_a_dead_worker_left_is_done_before_what_came_later(checks: Checks, bureau: FakeBureau) -> None:
    row = checks.transmission("sending")
    later = checks.transmission("queued")
    died_at = row.lease_until
    Transmission.objects.filter(pk=later.pk).update(
        next_attempt_at=row.next_attempt_at + timedelta(seconds=1)
    )

    services.sweep_leases(at=died_at)
    claimed = services.claim_next_transmission(owner="w2", at=died_at)

    assert claimed is not None
    assert (claimed.pk, claimed.deaths) == (row.pk, 1)


def test_a_hint_for_one_row_does_whatever_is_due_first(checks: Checks, bureau: FakeBureau) -> None:
    first, second = checks.transmission("queued"), checks.transmission("queued")
    Transmission.objects.filter(pk=first.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=9))

    tasks.send_transmission(transmission_id=second.pk)
    states = [Transmission.objects.get(pk=row.pk).state for row in (first, second)]
    tasks.send_transmission(transmission_id=second.pk, until_none=True)

    assert states == ["sent", "queued"]
    assert Transmission.objects.get(pk=second.pk).state == "sent"


def test_the_sweep_wakes_a_few_workers_however_much_is_due(
    checks: Checks, given: list[tuple[str, int]]
) -> None:
    for _ in range(7):
        checks.transmission("queued")
    PrintSearch.objects.update(hinted_at=timezone.now() + timedelta(days=1))
    Transmission.objects.update(hinted_at=None)
    given.clear()

    assert services.hint_due(at=timezone.now() + timedelta(seconds=1)) == 4


def test_the_sweep_has_a_queue_that_a_worker_with_its_privileges_takes() -> None:
    queue = hints.current_app.amqp.router.route({}, tasks.sweep_matching.name)["queue"].name
    takers = [
        program
        for program in programs(port=1, host="127.0.0.1")
        for word in program.command
        if word.startswith("--queues=") and queue in word.removeprefix("--queues=").split(",")
    ]

    assert queue != "deliver"
    assert [program.role for program in takers] == ["worker"]
