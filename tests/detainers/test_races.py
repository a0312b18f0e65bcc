"""Several connections at once: one winner, one truth, nothing twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections

from accounts.errors import IllegalMove
from audit.models import Event
from cases import services as cases
from cases.models import Case
from detainers import services
from detainers.models import Breach, Hold
from tests.actors import Cast
from tests.detainers.builders import Road, ago, hold_of
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def road(transactional_cast: Cast) -> Road:
    return Road(transactional_cast, CaseFactory(transactional_cast))


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts at once, each on a connection of its own; their results, or the errors they raised."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=20)
            results[number] = act()
        except Exception as error:  # noqa: BLE001 - the error is the result
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def said(case: Case, action: str) -> int:
    return Event.objects.filter(case_id=case.public_id, action=action).count()


def test_release_against_the_sweep(road: Road) -> None:
    officer = road.cast.actor("officer")
    for _ in range(5):
        case, _detainer = road.held(eligible_at=ago(hours=49))

        released, swept = together(
            lambda case=case: cases.release(case_id=case.pk, actor=officer, at=ago(seconds=1)),
            lambda: services.expire_due(),
        )

        assert not isinstance(released, Exception), released
        assert not isinstance(swept, Exception), swept
        hold = hold_of(case)
        assert (hold.recorded_state, hold.ended_at) == ("expired", hold.deadline_at)
        breach = case.breaches.get()
        assert (breach.from_at, breach.state) == (hold.deadline_at, "ended")
        case.refresh_from_db()
        assert breach.until_at == case.custody_ended_at
        for action in ("hold_ended", "breach_opened", "breach_ended"):
            assert said(case, f"detainers.{action}") == 1, action


def test_serve_against_lift(road: Road) -> None:
    clerk = road.cast.actor("clerk")
    outcomes = set()
    for _ in range(5):
        case = road.case()
        detainer = road.register(case)
        road.eligible(case, at=ago(hours=5))

        served, lifted = together(
            lambda d=detainer: services.serve_detainer(
                detainer_id=d.pk, actor=clerk, at=ago(hours=4), language="es"
            ),
            lambda d=detainer: services.lift_detainer(detainer_id=d.pk, actor=clerk, at=ago(hours=3)),
        )

        assert not isinstance(lifted, Exception), lifted
        detainer.refresh_from_db()
        assert detainer.state == "lifted"
        if isinstance(served, Exception):
            assert isinstance(served, IllegalMove)
            assert not Hold.objects.filter(case=case).exists()
            outcomes.add("lift first")
        else:
            assert hold_of(case).recorded_state == "lifted"
            outcomes.add("serve first")
        assert not Hold.objects.filter(case=case, ended_at__isnull=True).exists()
    assert outcomes


def test_three_sweeps_at_once_do_everything_once(road: Road) -> None:
    held = [road.held(eligible_at=ago(hours=49))[0] for _ in range(8)]

    outcomes = together(*[lambda: services.expire_due(batch=3)] * 3)

    assert all(not isinstance(outcome, Exception) for outcome in outcomes), outcomes
    services.expire_due()
    for case in held:
        assert said(case, "detainers.hold_ended") == said(case, "detainers.breach_opened") == 1
    assert Breach.objects.count() == 8


def test_a_row_held_by_somebody_is_skipped_and_done_next_time(road: Road) -> None:
    locked, _ = road.held(eligible_at=ago(hours=50))
    free, _ = road.held(eligible_at=ago(hours=49))
    holding, done = threading.Event(), threading.Event()

    def hold_lock() -> None:
        from django.db import transaction

        with transaction.atomic():
            Case.objects.select_for_update().get(pk=locked.pk)
            holding.set()
            done.wait(timeout=20)
        connection.close()

    thread = threading.Thread(target=hold_lock)
    thread.start()
    holding.wait(timeout=20)
    try:
        services.expire_due()
        assert hold_of(free).recorded_state == "expired"
        assert hold_of(locked).recorded_state == "active"
    finally:
        done.set()
        thread.join()
    services.expire_due()
    assert hold_of(locked).recorded_state == "expired"


def test_two_clerks_serving_at_once_make_one_service(road: Road) -> None:
    clerk, officer = road.cast.actor("clerk"), road.cast.actor("officer")
    detainer = road.register(road.case())

    results = together(
        *[
            lambda actor=actor: services.serve_detainer(
                detainer_id=detainer.pk, actor=actor, at=ago(hours=1), language="es"
            )
            for actor in (clerk, officer)
        ]
    )

    assert sum(isinstance(result, IllegalMove) for result in results) == 1
    assert detainer.services.count() == 1


def test_a_release_commits_with_its_breach_when_written_by_hand(road: Road) -> None:
    case = road.case()
    road.eligible(case, at=ago(hours=2))

    Case.objects.filter(pk=case.pk).update(custody_state="released", custody_ended_at=ago(hours=1))

    breach = case.breaches.get()
    assert (breach.origin, breach.state) == ("database", "ended")
