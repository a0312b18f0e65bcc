"""Custody states x actions x actors, by hand; and what a release does."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.errors import ClearholdError, IllegalMove, Invalid, NotFound, NotPermitted
from audit.models import Event
from cases import services
from cases.models import Case, CustodyEvent, LocalGround
from cases.states import MOVES, Custody
from tests.actors import PEOPLE, Cast
from tests.factories import CaseFactory, booking_request

ACTIONS = {
    "release": services.release,
    "transfer": services.transfer,
    "record_death": services.record_death,
    "record_escape": services.record_escape,
    "record_recapture": services.record_recapture,
}
MAY_RECORD = {"officer", "supervisor"}
ALLOWED = {
    Custody.IN_CUSTODY: {"release", "transfer", "record_death", "record_escape"},
    Custody.ESCAPED: {"record_recapture"},
    Custody.RELEASED: set(),
    Custody.TRANSFERRED: set(),
    Custody.DIED: set(),
}
ROAD = {
    Custody.IN_CUSTODY: [],
    Custody.RELEASED: ["release"],
    Custody.TRANSFERRED: ["transfer"],
    Custody.DIED: ["record_death"],
    Custody.ESCAPED: ["record_escape"],
}


def case_at(book: CaseFactory, state: Custody) -> Case:
    case = book()
    for action in ROAD[state]:
        ACTIONS[action](
            case_id=case.pk, actor=book.cast.actor("supervisor"), at=timezone.now() - timedelta(hours=2)
        )
    case.refresh_from_db()
    return case


def test_every_state_and_action_has_a_cell():
    assert set(ALLOWED) == set(ROAD) == set(Custody)
    assert {step.action for step in MOVES} == set(ACTIONS)


@pytest.mark.parametrize("who", sorted(PEOPLE))
@pytest.mark.parametrize("action", sorted(ACTIONS))
@pytest.mark.parametrize("state", list(Custody))
def test_state_by_action_by_actor(book: CaseFactory, state: Custody, action: str, who: str):
    case = case_at(book, state)
    before = Event.objects.count()

    def act() -> Case:
        return ACTIONS[action](
            case_id=case.pk, actor=book.cast.actor(who), at=timezone.now() - timedelta(hours=1)
        )

    if who not in MAY_RECORD:
        with pytest.raises(NotPermitted):
            act()
    elif action not in ALLOWED[state]:
        with pytest.raises(IllegalMove):
            act()
    else:
        act()
        assert Event.objects.filter(
            actor_id=book.cast.actor(who).id, case_id=case.public_id, id__gt=0
        ).exists()
        return
    case.refresh_from_db()
    assert case.custody_state == state
    assert Event.objects.count() == before


def test_the_last_ground_to_end_sets_when_the_person_is_release_eligible(book: CaseFactory):
    case = book()
    officer = book.cast.actor("officer")
    now = timezone.now()
    order = services.add_ground(
        case_id=case.pk,
        actor=officer,
        at=now - timedelta(hours=5),
        kind="court_order",
        description="Contempt",
    )

    services.end_ground(
        ground_id=order.pk, actor=officer, at=now - timedelta(hours=1), reason="warrant_ended"
    )
    case.refresh_from_db()
    assert case.release_eligible_at is None

    services.end_ground(
        ground_id=case.grounds.get(kind="charge").pk,
        actor=officer,
        at=now - timedelta(hours=3),
        reason="bond",
    )
    case.refresh_from_db()

    assert case.release_eligible_at == now - timedelta(hours=1)
    assert Event.objects.filter(action="cases.release_eligible", case_id=case.public_id).count() == 1


def test_a_new_ground_ends_release_eligibility(book: CaseFactory):
    case = book.eligible()

    services.add_ground(
        case_id=case.pk,
        actor=book.cast.actor("officer"),
        at=timezone.now() - timedelta(minutes=5),
        kind="judicial_warrant",
    )

    case.refresh_from_db()
    assert case.release_eligible_at is None


def test_a_ground_ends_once(book: CaseFactory):
    case = book.eligible()

    with pytest.raises(IllegalMove):
        services.end_ground(
            ground_id=case.grounds.get().pk,
            actor=book.cast.actor("officer"),
            at=timezone.now(),
            reason="bond",
        )


@pytest.mark.parametrize(("hours", "code"), [(-30, "too_early"), (3, "future")])
def test_an_end_of_custody_lies_between_booking_and_now(book: CaseFactory, hours: int, code: str):
    case = book()

    with pytest.raises(Invalid) as caught:
        services.release(
            case_id=case.pk, actor=book.cast.actor("officer"), at=timezone.now() + timedelta(hours=hours)
        )

    assert caught.value.errors[0].code == code


def test_a_release_with_grounds_open_ends_them_and_is_not_refused(book: CaseFactory):
    case = book()
    at = timezone.now() - timedelta(minutes=1)

    services.release(case_id=case.pk, actor=book.cast.actor("officer"), at=at)

    case.refresh_from_db()
    assert case.release_eligible_at == at
    assert case.grounds.get().end_reason == LocalGround.EndReason.LEFT_CUSTODY


def test_there_is_no_case_zero(book: CaseFactory):
    with pytest.raises(NotFound):
        services.release(case_id=0, actor=book.cast.actor("officer"), at=timezone.now())


def test_audit_failure_undoes_the_release(book: CaseFactory, monkeypatch: pytest.MonkeyPatch):
    case = book()

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr("audit.record.event", broken)
    with pytest.raises(RuntimeError):
        services.release(case_id=case.pk, actor=book.cast.actor("officer"), at=timezone.now())

    case.refresh_from_db()
    assert case.is_in_custody
    assert not CustodyEvent.objects.filter(kind="released").exists()


def test_two_officers_releasing_at_once_release_once(transactional_cast: Cast):
    cast = transactional_cast
    case = services.book(
        actor=cast.actor("officer"), agency=cast.jail, request=booking_request(), at=timezone.now()
    ).case
    outcomes, barrier = [], threading.Barrier(4)

    def act(name: str) -> None:
        actor = cast.actor(name)
        barrier.wait()
        try:
            services.release(case_id=case.pk, actor=actor, at=timezone.now())
            outcomes.append("released")
        except ClearholdError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=act, args=(name,))
        for name in ("officer", "supervisor", "officer", "supervisor")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["illegal_custody_move"] * 3 + ["released"]
    assert Event.objects.filter(action="cases.released").count() == 1


def test_who_sees_the_case(book: CaseFactory):
    case = book()
    sees = {
        who for who in PEOPLE if Case.objects.visible_to(book.cast.actor(who)).filter(pk=case.pk).exists()
    }

    assert sees == {"officer", "clerk", "supervisor", "administrator", "protector"}
