"""Two people decide one correction at once, or correct while others act: one winner, one truth."""

from datetime import timedelta

import pytest

from accounts.errors import ClearholdError
from audit.models import Event
from cases import services as cases
from cases.corrections.models import Correction
from detainers import services
from detainers.models import Breach, Hold
from tests.actors import Cast
from tests.detainers.builders import Road, ago, hold_of
from tests.detainers.corrections import correct, second_supervisor
from tests.detainers.test_races import together
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def road(transactional_cast: Cast) -> Road:
    return Road(transactional_cast, CaseFactory(transactional_cast))


def test_approval_against_refusal_has_one_winner(road: Road) -> None:
    second_supervisor(road.cast)
    one, two = road.cast.actor("supervisor"), road.cast.actor("second_supervisor")
    for _ in range(5):
        case, _detainer = road.held(eligible_at=ago(hours=20))
        ground = case.grounds.get()
        asked = correct(road, case, "ground", "ended_at", ground.ended_at + timedelta(hours=1))

        results = together(
            lambda c=asked: cases.approve_correction(correction_id=c.pk, actor=one, at=ago(), reason="Yes"),
            lambda c=asked: cases.refuse_correction(correction_id=c.pk, actor=two, at=ago(), reason="No"),
        )

        failed = [item for item in results if isinstance(item, Exception)]
        assert len(failed) == 1
        assert isinstance(failed[0], ClearholdError)
        asked.refresh_from_db()
        ground.refresh_from_db()
        applied = asked.state == "applied"
        assert (ground.ended_at == case.release_eligible_at) != applied
        decided = Event.objects.filter(
            subject_id=asked.public_id, action__in=["cases.corrected", "cases.correction_refused"]
        )
        assert decided.count() == 1
        assert Hold.objects.filter(case=case).count() == (2 if applied else 1)


def test_two_approvals_take_effect_once(road: Road) -> None:
    second_supervisor(road.cast)
    one, two = road.cast.actor("supervisor"), road.cast.actor("second_supervisor")
    case, _detainer = road.held(eligible_at=ago(hours=20))
    asked = correct(road, case, "ground", "ended_at", case.grounds.get().ended_at + timedelta(hours=1))

    results = together(
        lambda: cases.approve_correction(correction_id=asked.pk, actor=one, at=ago(), reason="Yes"),
        lambda: cases.approve_correction(correction_id=asked.pk, actor=two, at=ago(), reason="Yes"),
    )

    assert sum(isinstance(item, Exception) for item in results) == 1
    assert Event.objects.filter(action="cases.corrected").count() == 1
    assert Hold.objects.filter(case=case, ended_at__isnull=True).count() == 1


def test_a_correction_against_the_sweep_opens_one_breach(road: Road) -> None:
    for _ in range(4):
        case, _detainer = road.held(eligible_at=ago(hours=40))
        earlier = case.grounds.get().ended_at - timedelta(hours=10)

        done, swept = together(
            lambda c=case, at=earlier: correct(road, c, "ground", "ended_at", at),
            lambda: services.expire_due(),
        )

        assert not isinstance(done, Exception), done
        assert not isinstance(swept, Exception), swept
        breach = Breach.objects.get(case=case)
        assert breach.from_at == hold_of(case).deadline_at == earlier + timedelta(hours=48)
        assert Correction.objects.get(case=case, follows__isnull=True).state == "applied"
