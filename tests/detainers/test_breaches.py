"""Custody without authority: opened and ended by facts, closed by a person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import IllegalMove, Invalid, NotPermitted
from cases import services as cases
from cases.models import Case, LocalGround
from detainers import services
from detainers.models import Breach
from tests.detainers.builders import Road, ago, authority


def breached(road: Road, **since: float) -> tuple[Case, Breach]:
    case = road.case()
    road.eligible(case, at=ago(**since))
    services.expire_due()
    return case, case.breaches.get()


def test_custody_without_any_detainer_is_a_breach_too(road: Road) -> None:
    at = ago(hours=2)
    case = road.case()
    road.eligible(case, at=at)

    services.expire_due()

    breach = case.breaches.get()
    assert (breach.from_at, breach.state) == (at, "open")
    view = authority(case)
    assert (view.in_breach, view.kind, view.minutes_over) == (True, "none", 120)


def test_a_new_ground_ends_it_but_does_not_shorten_what_was_raised(road: Road) -> None:
    case, breach = breached(road, hours=3)
    officer = road.cast.actor("officer")

    ground = cases.add_ground(
        case_id=case.pk, actor=officer, at=ago(hours=1), kind=LocalGround.Kind.COURT_ORDER
    )

    breach.refresh_from_db()
    assert breach.state == "ended"
    assert breach.until_at == breach.opened_at
    cases.end_ground(ground_id=ground.pk, actor=officer, at=ago(minutes=30), reason="warrant_ended")
    services.expire_due()
    later = case.breaches.latest("pk")
    assert later.from_at == breach.until_at  # no minute is counted twice
    left_at = timezone.now()
    cases.release(case_id=case.pk, actor=officer, at=left_at)
    later.refresh_from_db()
    assert (later.state, later.until_at) == ("ended", left_at)
    assert case.breaches.count() == 2


def test_a_gap_before_a_new_ground_is_a_breach_though_no_sweep_saw_it(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=5))
    clerk, supervisor = road.cast.actor("clerk"), road.cast.actor("supervisor")
    lifted, again = ago(minutes=30), ago(minutes=20)
    services.lift_detainer(detainer_id=detainer.pk, actor=clerk, at=lifted)
    breach = case.breaches.first()

    cases.add_ground(case_id=case.pk, actor=supervisor, at=again, kind=LocalGround.Kind.CHARGE)

    assert breach is None
    breach = case.breaches.get()
    assert (breach.from_at, breach.until_at, breach.state) == (lifted, again, "ended")


def test_a_ground_that_follows_at_once_leaves_no_breach(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=5))
    supervisor = road.cast.actor("supervisor")
    lifted = ago(minutes=30)
    services.lift_detainer(detainer_id=detainer.pk, actor=supervisor, at=lifted)

    cases.add_ground(case_id=case.pk, actor=supervisor, at=lifted, kind=LocalGround.Kind.CHARGE)

    assert not case.breaches.exists()


def test_it_is_closed_only_after_it_ended_with_cause_and_remedy(road: Road) -> None:
    case, breach = breached(road, hours=3)
    supervisor = road.cast.actor("supervisor")

    def close(cause: str = "Late fax", remedy: str = "Desk moved", who: str = "supervisor") -> Breach:
        actor = road.cast.actor(who)
        return services.close_breach(
            breach_id=breach.pk, actor=actor, at=ago(seconds=1), cause=cause, remedy=remedy
        )

    with pytest.raises(IllegalMove, match="release comes first"):
        close()
    cases.release(case_id=case.pk, actor=supervisor, at=ago(minutes=1))
    with pytest.raises(NotPermitted):
        close(who="officer")
    with pytest.raises(Invalid) as refusal:
        close(cause=" ", remedy="")
    closed = close()

    assert [e.field for e in refusal.value.errors] == ["cause", "remedy"]
    assert (closed.state, closed.closed_by) == ("closed", supervisor.id)
    with pytest.raises(IllegalMove, match="closed before"):
        close()


def test_release_at_the_instant_of_eligibility_is_no_breach(road: Road) -> None:
    case = road.case()
    at = ago(hours=1)
    road.eligible(case, at=at)

    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=at)

    assert not case.breaches.exists()


@pytest.mark.parametrize(("seconds", "breach"), [(-1, False), (0, False), (1, True)])
def test_it_begins_after_the_last_second(road: Road, seconds: int, breach: bool) -> None:
    at = ago(hours=50)
    case, _ = road.held(eligible_at=at)
    instant = at + timedelta(hours=48, seconds=seconds)

    found = services.reassess(case_id=case.pk, actor=road.cast.actor("officer"), at=instant)

    assert (found.hold is None) is (seconds >= 0)
    assert (found.breach is not None) is breach
