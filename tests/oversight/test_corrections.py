"""Overseers see that an end of authority was moved, not what was corrected of whom."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from cases import services as cases
from oversight.references import reference
from tests.detainers.builders import ago
from tests.detainers.corrections import approve, correct
from tests.oversight.conftest import BOTH, seen

pytestmark = BOTH


def test_a_later_deadline_is_an_alarm_without_names_or_instants(cast, road, grant, reviewer):
    grant()
    case, _detainer = road.held(eligible_at=ago(hours=20))
    ground = case.grounds.get()
    end = ground.ended_at + timedelta(hours=2)
    approve(road, correct(road, case, "ground", "ended_at", end))
    correct(road, case, "person", "given_names", "Quxandra")

    page = reviewer.get(reverse("oversight:case", args=[reference(case.public_id)]))
    text = page.content.decode()

    assert "Two people moved the end of authority later by correcting a recorded fact (ground)" in text
    assert "Quxandra" not in text
    assert cast.user("officer").name not in text
    row = seen(case)
    moved = [item for item in row.corrections if item["movement"] == "later"]
    assert len(moved) == 1
    assert moved[0]["minutes"] % 60 == 0
    assert moved[0]["reason"] == "typing"
    assert set(moved[0]) == {"kind", "movement", "reason", "minutes"}


def test_what_moves_nothing_and_what_waits_is_not_told(cast, road, grant):
    grant()
    case, _detainer = road.held(eligible_at=ago(hours=20))
    correct(road, case, "charge", "offence_code", "2305")
    asked = correct(road, case, "ground", "ended_at", case.grounds.get().ended_at + timedelta(hours=2))
    cases.refuse_correction(
        correction_id=asked.pk, actor=cast.actor("supervisor"), at=timezone.now(), reason="No"
    )

    assert seen(case).corrections == []


def test_a_withdrawn_service_is_no_service(road, grant):
    grant()
    case, _detainer = road.held(eligible_at=ago(hours=3))

    correct(road, case, "service", "withdrawn_at")

    row = seen(case)
    assert row.detainers[0]["served"] is None
    assert row.has_breach
