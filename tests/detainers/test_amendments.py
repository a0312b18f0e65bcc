"""A new version of a detainer, and why one ended."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.errors import IllegalMove, Invalid
from audit.models import Event
from detainers import services
from detainers.clock import Rule
from detainers.lifts import BY_ISSUER, ICE, MEANING, LiftCode, outcome
from detainers.models import Detainer, Hold
from detainers.situation import load
from tests.detainers.builders import GOOD_FORM, Road, ago, hold_of


def amend(road: Road, detainer: Detainer, *, at: datetime, **changes: Any) -> Detainer:
    return services.amend_detainer(
        detainer_id=detainer.pk,
        actor=road.cast.actor("clerk"),
        at=at,
        form=replace(GOOD_FORM, **changes),
        channel="fax",
    )


def test_the_earlier_version_stands_until_the_new_copy_is_served(road: Road) -> None:
    case, first = road.held(eligible_at=ago(hours=10))
    before = hold_of(case)

    version = amend(road, first, at=ago(hours=5), issued_on=None)
    first.refresh_from_db()
    still = (first.state, hold_of(case).pk)
    road.serve(version, at=ago(hours=2))

    first.refresh_from_db()
    before.refresh_from_db()
    hold = hold_of(case)
    assert still == ("served", before.pk)
    assert (first.state, first.lift_code) == ("cancelled", "amended")
    assert (before.recorded_state, hold.detainer_id) == ("lifted", version.pk)
    assert hold.deadline_at == before.deadline_at
    assert not case.breaches.exists()
    assert Event.objects.filter(action="detainers.amended").count() == 1


def test_a_version_with_a_longer_rule_lengthens_nothing(road: Road) -> None:
    case, first = road.held(eligible_at=ago(hours=10))
    deadline = hold_of(case).deadline_at

    version = amend(
        road,
        first,
        at=ago(hours=5),
        edition="I-247_2012-12",
        boxes={"basis": ["final_order"]},
    )

    first.refresh_from_db()
    situation = load(case, ago(hours=1))
    hold = hold_of(case)
    assert (version.needs_service, first.state) == (False, "cancelled")
    assert (hold.detainer_id, hold.rule, hold.deadline_at) == (version.pk, Rule.STRAIGHT_48, deadline)
    assert situation.detainers[1].amends_id == first.pk


def test_a_version_counts_from_the_first_receipt(road: Road) -> None:
    case = road.case()
    first = road.register(case, at=ago(days=9))
    version = amend(road, first, at=ago(days=1))
    road.serve(version, at=ago(hours=20))
    road.eligible(case, at=ago(hours=3))

    result = load(case, ago(hours=1)).result

    assert result is not None
    assert result.expires_at is not None
    assert result.derivation.release_eligible_at is not None
    assert result.expires_at - result.derivation.release_eligible_at == timedelta(hours=48)
    assert Hold.objects.get(case=case).detainer_id == version.pk


def test_a_deficient_version_replaces_nothing(road: Road) -> None:
    case, first = road.held(eligible_at=ago(hours=10))

    version = amend(road, first, at=ago(hours=5), signature_present=False)
    road.serve(version, at=ago(hours=4))

    first.refresh_from_db()
    assert (version.state, first.state) == ("deficient", "served")
    assert hold_of(case).recorded_state == "active"


def test_a_version_of_what_has_ended_or_from_before_it_came_is_refused(road: Road) -> None:
    case = road.case()
    first = road.register(case, at=ago(days=3))
    with pytest.raises(Invalid, match="cannot have come before"):
        amend(road, first, at=ago(days=4))
    services.lift_detainer(detainer_id=first.pk, actor=road.cast.actor("clerk"), at=ago(days=2), code="U")

    with pytest.raises(IllegalMove):
        amend(road, first, at=ago(days=1))

    assert Detainer.objects.count() == 1


def test_a_lift_says_why_in_a_code(road: Road) -> None:
    first = road.register(road.case())
    clerk = road.cast.actor("clerk")
    with pytest.raises(Invalid) as refused:
        services.lift_detainer(detainer_id=first.pk, actor=clerk, at=ago(days=1), code="expired_48h")

    services.lift_detainer(detainer_id=first.pk, actor=clerk, at=ago(days=1), code="U")

    event = Event.objects.get(action="detainers.lifted")
    assert refused.value.errors[0].field == "code"
    assert Detainer.objects.get().lift_code == "U"
    assert (event.facts["code"], "Citizen" in event.facts["why"]) == ("U", True)


def test_every_code_has_its_meaning_and_what_became_of_one_is_told() -> None:
    assert set(MEANING) == set(LiftCode)
    assert set(ICE) <= set(LiftCode)
    assert {code.value for code in LiftCode if len(code.value) == 1} == set("BCDFLNSTU")
    assert LiftCode.EXPIRED not in BY_ISSUER
    assert outcome(lift_code="U", is_live=False, hold_state="lifted", grants=True) == "U"
    assert outcome(lift_code="", is_live=True, hold_state="expired", grants=True) == "expired_48h"
    assert outcome(lift_code="", is_live=True, hold_state="", grants=False) == "declined_by_policy"
    assert outcome(lift_code="", is_live=True, hold_state="", grants=None) == ""
