from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.backoff import Backoff

AT = datetime(2026, 3, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 50), (2, 100), (3, 200), (7, 3200), (8, 3600), (11, 3600)]
)
def test_it_waits_from_fifty_seconds_to_an_hour(attempts: int, seconds: int) -> None:
    assert Backoff().wait_after(attempts, chance=0.5) == timedelta(seconds=seconds)


def test_after_twelve_tries_a_person_must_look() -> None:
    assert Backoff().next_attempt(11, at=AT, chance=0.5) == AT + timedelta(hours=1)
    assert Backoff().next_attempt(12, at=AT, chance=0.5) is None


@given(st.integers(1, 500), st.floats(0, 1))
def test_chance_moves_the_wait_by_at_most_a_fifth_and_never_over_the_longest(
    attempts: int, chance: float
) -> None:
    exact = Backoff(jitter=0).wait_after(attempts, chance=0.5)
    found = Backoff().wait_after(attempts, chance=chance)

    assert exact * 0.8 <= found <= min(exact * 1.2, timedelta(hours=1))


def test_a_demo_may_wait_one_second() -> None:
    quick = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=2), jitter=0)

    assert [quick.wait_after(n, chance=0.5).total_seconds() for n in (1, 2, 3)] == [1, 2, 2]
