"""Months and columns: pure, to the last branch."""

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.statistics.charts import HEIGHT, LEFT, WIDTH, columns, said, scale
from desk.statistics.months import last_months

CHICAGO = ZoneInfo("America/Chicago")


def test_months_begin_at_local_midnight_and_follow_each_other():
    found = last_months(3, at=datetime(2026, 1, 1, 5, 30, tzinfo=UTC), zone=CHICAGO)
    assert [month.name for month in found] == ["October 2025", "November 2025", "December 2025"]
    assert [month.short for month in found] == ["Oct", "Nov", "Dec"]
    assert [month.is_running for month in found] == [False, False, True]
    assert found[0].starts_at == datetime(2025, 10, 1, 5, tzinfo=UTC)
    assert found[1].ends_at == found[2].starts_at == datetime(2025, 12, 1, 6, tzinfo=UTC)


def test_no_month_at_all_is_refused():
    with pytest.raises(ValueError, match="At least one month"):
        last_months(0, at=datetime(2026, 1, 1, tzinfo=UTC), zone=CHICAGO)


@given(st.floats(0.01, 1e7))
def test_a_scale_has_round_steps_from_zero_to_the_highest_value(most):
    steps = scale(most)
    assert steps[0] == 0
    assert steps[-1] >= most * 0.999
    assert steps[-2] < most
    assert 3 <= len(steps) <= 6


def test_a_scale_of_nothing_is_one_step():
    assert scale(0) == (0.0, 1.0)


@given(st.lists(st.lists(st.none() | st.floats(0, 1e5), min_size=6, max_size=6), min_size=1, max_size=4))
def test_columns_stay_inside_the_picture_and_beside_each_other(series):
    places = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
    chart = columns(places, [(f"s{number}", values) for number, values in enumerate(series)])
    assert len(chart.columns) == sum(value is not None for values in series for value in values)
    for column in chart.columns:
        assert column.x >= LEFT
        assert column.x + column.width <= WIDTH
        assert column.y >= 0
        assert column.y + column.height <= HEIGHT
    drawn = sorted(chart.columns, key=lambda column: column.x)
    assert all(one.x + one.width <= two.x + 0.02 for one, two in itertools.pairwise(drawn))


def test_a_column_says_its_place_series_and_value():
    chart = columns(["Jan", "Feb"], [("Late", [2, None])], unit="people")
    assert [column.words for column in chart.columns] == ["Jan, Late: 2 people"]
    assert [label.words for label in chart.labels] == ["Jan", "Feb"]
    assert [tick.words for tick in chart.ticks] == ["0", "0.5", "1", "1.5", "2"]


def test_a_series_of_another_length_is_refused():
    with pytest.raises(ValueError, match="one value for each place"):
        columns(["Jan", "Feb"], [("Late", [1])])


def test_values_are_said_whole_or_with_one_decimal():
    assert [said(value) for value in (0, 3, 0.25, 12.34, 1234.5)] == ["0", "3", "0.2", "12.3", "1,234"]


def test_a_chart_without_any_height_says_that_it_is_empty():
    assert columns(["Jan"], [("Late", [0]), ("None", [None])]).is_empty
    assert not columns(["Jan"], [("Late", [1])]).is_empty
