from datetime import UTC, datetime

import pytest

from accounts.errors import Invalid
from accounts.times import AMBIGUOUS, NONEXISTENT, parse_local

NY = "America/New_York"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-19 14:00", datetime(2026, 3, 19, 18, 0, tzinfo=UTC)),
        ("2026-03-19T14:00:30", datetime(2026, 3, 19, 18, 0, 30, tzinfo=UTC)),
        ("03/19/2026 2:00 PM", datetime(2026, 3, 19, 18, 0, tzinfo=UTC)),
        ("2026-03-19T14:00-05:00", datetime(2026, 3, 19, 19, 0, tzinfo=UTC)),
        ("2026-03-19 14:00Z", datetime(2026, 3, 19, 14, 0, tzinfo=UTC)),
        ("2026-11-01 01:30 -05:00", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("2026-11-01 01:30-04:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ],
)
def test_it_reads_what_people_type(text: str, expected: datetime):
    assert parse_local(text, NY) == expected


def test_a_wall_time_that_clocks_jumped_over_is_refused_with_what_to_enter():
    with pytest.raises(Invalid) as caught:
        parse_local("2026-03-08 02:30", NY, field="at")

    assert caught.value.errors[0].code == NONEXISTENT
    assert "enter 2026-03-08 03:30" in caught.value.message


def test_a_wall_time_that_happened_twice_is_refused_with_both_ways_to_enter_it():
    with pytest.raises(Invalid) as caught:
        parse_local("2026-11-01 01:30", NY, field="at")

    assert caught.value.errors[0].code == AMBIGUOUS
    assert "2026-11-01 01:30-04:00" in caught.value.message
    assert "2026-11-01 01:30-05:00" in caught.value.message


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-13-01 10:00", "19.3.2026", "2026-03-19T99:00Z", "0001-01-01T00:00+14:00"]
)
def test_anything_else_is_refused_with_an_example(text: str):
    with pytest.raises(Invalid) as caught:
        parse_local(text, NY)

    assert "2026-03-19 14:00" in caught.value.message


@pytest.mark.parametrize("text", ["0001-01-01 00:00", "9999-12-31 23:59", "1066-10-14 12:00"])
def test_a_year_out_of_reach_is_refused(text: str):
    with pytest.raises(Invalid, match="Check the year"):
        parse_local(text, NY)


@pytest.mark.parametrize(
    "text", ["0001-01-01 00:00", "0001-01-01 00:00Z", "9999-12-31 23:59-05:00", "2201-01-01 00:00"]
)
def test_a_year_that_nobody_means_is_refused_with_or_without_an_offset(text: str):
    with pytest.raises(Invalid) as caught:
        parse_local(text, NY, field="at")

    assert caught.value.code == "unreadable_time"
