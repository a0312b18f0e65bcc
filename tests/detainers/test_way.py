"""The way of one detainer, by the services."""

from datetime import timedelta

from audit.models import Event
from tests.detainers.builders import Road, ago, authority, hold_of


def actions(case) -> list[str]:
    return list(
        Event.objects.filter(case_id=case.public_id, action__startswith="detainers.")
        .order_by("pk")
        .values_list("action", flat=True)
    )


def test_it_opens_a_hold_when_the_last_ground_ends(road: Road) -> None:
    at = ago(hours=1)

    case, detainer = road.held(eligible_at=at)

    hold = hold_of(case)
    assert hold.detainer == detainer
    assert hold.anchor_at == hold.started_at == at
    assert hold.deadline_at == hold.cap_at == at + timedelta(hours=48)
    assert hold.policy_decision.policy_code == "TX_2_251"
    assert actions(case) == [
        "detainers.registered",
        "detainers.policy_decided",
        "detainers.served",
        "detainers.hold_started",
    ]
    view = authority(case)
    assert (view.kind, view.authority_ends_at, view.in_breach) == ("hold", hold.deadline_at, False)
