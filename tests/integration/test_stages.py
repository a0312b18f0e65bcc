from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration.stages import MEANING, Stage, StageFacts, stage

NOW = datetime(2026, 3, 19, 18, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Stage.BOOKED),
        ({"answers": ["identification", "non_identification", "iar_no_interest"]}, Stage.BOOKED),
        ({"answers": ["not_expected"]}, Stage.BOOKED),
        ({"answers": ["waiting", "identification"]}, Stage.CHECKING),
        ({"answers": ["held_back"]}, Stage.CHECKING),
        ({"answers": ["overdue"]}, Stage.CHECKING),
        ({"answers": ["waiting", "rejected"]}, Stage.REVIEW),
        ({"answers": ["awaiting_iar"]}, Stage.REVIEW),
        ({"answers": ["error"]}, Stage.REVIEW),
        ({"answers": ["inconclusive"], "has_open_detainer": True}, Stage.DETAINER),
        (
            {"has_open_detainer": True, "release_eligible_at": NOW, "authority_ends_at": NOW + SECOND},
            Stage.RELEASE_ELIGIBLE,
        ),
        ({"release_eligible_at": NOW + SECOND}, Stage.BOOKED),
        ({"is_held_on_detainer": True, "authority_ends_at": NOW + SECOND}, Stage.HOLD),
        ({"is_held_on_detainer": True, "authority_ends_at": NOW}, Stage.OVERDUE),
        ({"is_held_on_detainer": True, "authority_ends_at": NOW - SECOND}, Stage.OVERDUE),
        ({"has_open_breach": True}, Stage.OVERDUE),
        ({"custody_state": "released", "has_open_breach": True}, Stage.ENDED),
        ({"custody_state": "transferred"}, Stage.ENDED),
        ({"custody_state": "died"}, Stage.ENDED),
        ({"custody_state": "escaped", "has_open_detainer": True}, Stage.ENDED),
    ],
)
def test_stage_is_the_last_thing_that_applies(facts: dict[str, Any], expected: Stage):
    assert stage(StageFacts(**{"custody_state": "in_custody", "now": NOW, **facts})) == expected


def test_every_stage_has_a_meaning():
    assert set(MEANING) == set(Stage)
