"""What each sign says just before, at and just after its bound."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desk.watchdog.signs import WATCHED, Name, Pulse, late, read

NOW = datetime(2026, 3, 19, 18, 0, tzinfo=UTC)
WELL = Pulse(
    seen_at=NOW,
    swept_at=NOW,
    holds_unrecorded_since=None,
    unsealed_since=None,
    newest_record_at=None,
    deliveries_waiting_since=None,
    transmissions_waiting_since=None,
    searches_waiting_since=None,
)
FIELDS = {
    Name.SWEEP: "swept_at",
    Name.HOLDS: "holds_unrecorded_since",
    Name.SEALER: "unsealed_since",
    Name.DELIVERIES: "deliveries_waiting_since",
    Name.TRANSMISSIONS: "transmissions_waiting_since",
    Name.SEARCHES: "searches_waiting_since",
}


def test_a_pulse_in_which_all_is_on_time_has_no_late_sign():
    assert late(WELL) == ()
    assert [sign.name for sign in read(WELL)] == list(Name)


@pytest.mark.parametrize(("name", "field"), FIELDS.items())
def test_a_sign_is_late_from_the_first_instant_past_its_bound(name, field):
    bound = WATCHED[name].bound
    just = replace(WELL, **{field: NOW - bound})
    past = replace(WELL, **{field: NOW - bound - timedelta(milliseconds=1)})

    assert late(just) == ()
    assert [sign.name for sign in late(past)] == [name]


def test_a_sweep_that_never_ran_is_late_and_has_no_age():
    (sign,) = late(replace(WELL, swept_at=None))

    assert (sign.name, sign.behind, sign.seconds) == (Name.SWEEP, None, None)


@pytest.mark.parametrize(
    ("ahead", "names"), [(1.0, []), (1.001, [Name.CLOCK]), (3600, [Name.CLOCK]), (-5, [])]
)
def test_a_clock_before_its_own_newest_record_has_gone_back(ahead, names):
    pulse = replace(WELL, newest_record_at=NOW + timedelta(seconds=ahead))

    assert [sign.name for sign in late(pulse)] == names


def test_an_instant_in_the_future_is_not_behind():
    (sweep, *_) = read(replace(WELL, swept_at=NOW + timedelta(seconds=9)))

    assert sweep.behind == timedelta(0)


@pytest.mark.parametrize(
    ("expected", "age", "names"),
    [(False, None, []), (True, None, [Name.PACK]), (True, 90, []), (True, 91, [Name.PACK]), (False, 500, [])],
)
def test_a_pack_for_outages_is_late_only_where_one_is_wanted(expected, age, names):
    made = None if age is None else NOW - timedelta(minutes=age)
    pulse = replace(WELL, pack_is_expected=expected, pack_made_at=made)

    assert [sign.name for sign in late(pulse)] == names


def test_every_sign_says_what_it_means_and_what_to_do():
    for sign in read(WELL):
        assert all(str(words).strip().endswith(".") for words in (sign.title, sign.means, sign.do))
