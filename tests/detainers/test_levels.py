"""Levels of criminal history: each scheme at its dates, each branch of each scheme, and never from a charge."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detainers.levels import SCHEMES, Category, Conviction, Scheme, again, scheme_on, threat_level

IN_2009, IN_2012, IN_2016, IN_2018 = date(2009, 5, 1), date(2012, 5, 1), date(2016, 5, 1), date(2018, 5, 1)
LONG_AGO = date(2001, 1, 1)


def convicted(offence_class: str = "misdemeanor", days: int | None = None, **more: Any) -> Conviction:
    return Conviction(
        **{"convicted_on": LONG_AGO, "offence_class": offence_class, "max_sentence_days": days, **more}
    )


FELONY, SHORT = convicted("felony", 730), convicted("misdemeanor", 365)


@pytest.mark.parametrize(
    ("on", "scheme"),
    [
        (date(2008, 2, 29), None),
        (date(2008, 3, 1), Scheme.SC_2008),
        (date(2010, 6, 29), Scheme.SC_2008),
        (date(2010, 6, 30), Scheme.ICE_10072_1),
        (date(2015, 1, 4), Scheme.ICE_10072_1),
        (date(2015, 1, 5), Scheme.PRIORITIES_2014),
        (date(2017, 1, 24), Scheme.PRIORITIES_2014),
        (date(2017, 1, 25), Scheme.EO_13768),
        (date(2021, 1, 19), Scheme.EO_13768),
        (date(2021, 1, 20), Scheme.GUIDANCE_2021),
        (date(2025, 1, 19), Scheme.GUIDANCE_2021),
        (date(2025, 1, 20), Scheme.EO_14159),
        (date(2099, 1, 1), Scheme.EO_14159),
    ],
)
def test_the_scheme_in_force_on_a_date(on: date, scheme: Scheme | None) -> None:
    row = scheme_on(on)

    assert (row.code if row else None) == scheme
    assert (threat_level(on, [FELONY]) is None) == (scheme is None)


def test_schemes_follow_each_other_without_gap_or_overlap() -> None:
    for earlier, later in pairwise(SCHEMES):
        assert earlier.ends_on is not None
        assert earlier.ends_on + timedelta(days=1) == later.starts_on
    assert SCHEMES[-1].ends_on is None


@pytest.mark.parametrize(
    ("category", "level"),
    [
        (Category.MAJOR_DRUG, "1"),
        (Category.NATIONAL_SECURITY, "1"),
        (Category.VIOLENT, "1"),
        (Category.MINOR_DRUG, "2"),
        (Category.PROPERTY, "2"),
        (Category.GANG, "3"),
        (Category.OTHER, "3"),
    ],
)
def test_2008_goes_by_the_kind_of_offence(category: Category, level: str) -> None:
    found = threat_level(IN_2009, [convicted(), convicted(category=category)])

    assert found is not None
    assert found.level == level


@pytest.mark.parametrize(
    ("known", "level"),
    [
        ([convicted(is_aggravated_felony=True)], "1"),
        ([FELONY, FELONY], "1"),
        ([FELONY], "2"),
        ([FELONY, SHORT, SHORT, SHORT], "2"),
        ([SHORT, SHORT, SHORT], "2"),
        ([SHORT, SHORT], "3"),
        ([SHORT], "3"),
        ([convicted("misdemeanor", 366)], "2"),
        ([convicted("felony", None)], "2"),
        ([convicted("misdemeanor", None)], "3"),
        ([convicted("felony", 365)], "3"),
        ([], None),
    ],
)
def test_2010_follows_the_pseudo_rule(known: list[Conviction], level: str | None) -> None:
    found = threat_level(IN_2012, known)

    assert found is not None
    assert found.level == level


@pytest.mark.parametrize(
    ("known", "level"),
    [
        ([convicted(category=Category.NATIONAL_SECURITY)], "P1(a)"),
        ([convicted(category=Category.GANG)], "P1(c)"),
        ([convicted("felony", is_aggravated_felony=True)], "P1(e)"),
        ([FELONY], "P1(d)"),
        ([convicted("unknown", 366)], "P1(d)"),
        ([convicted("unknown", 365)], None),
        ([SHORT, SHORT, SHORT], "P2(a)"),
        ([replace(SHORT, incident="a")] * 3, None),
        ([SHORT, SHORT, convicted(is_minor_traffic=True)], None),
        ([convicted(is_significant_misdemeanor=True)], "P2(b)"),
        ([convicted("violation"), convicted("violation"), convicted("violation")], None),
    ],
)
def test_2014_knows_only_the_priorities_that_rest_on_convictions(
    known: list[Conviction], level: str | None
) -> None:
    found = threat_level(IN_2016, known)

    assert found is not None
    assert found.level == level


@pytest.mark.parametrize("on", [IN_2018, date(2022, 1, 1), date(2026, 1, 1)])
def test_schemes_without_tiers_give_none_and_say_so(on: date) -> None:
    found = threat_level(on, [FELONY])

    assert found is not None
    assert found.level is None
    assert "no tiers" in found.reasons[0] or "no published tiers" in found.reasons[0]


def test_none_is_no_conviction_known_and_later_ones_are_not_known_yet() -> None:
    found = threat_level(IN_2012, [replace(FELONY, convicted_on=date(2012, 5, 2))])

    assert found is not None
    assert (found.level, found.inputs, found.reasons) == (None, (), ("No conviction is known.",))


convictions = st.lists(
    st.builds(
        Conviction,
        convicted_on=st.dates(date(1990, 1, 1), date(2030, 1, 1)),
        offence_class=st.sampled_from(["felony", "misdemeanor", "violation", "unknown"]),
        max_sentence_days=st.none() | st.integers(0, 20_000),
        category=st.sampled_from(Category),
        is_aggravated_felony=st.booleans(),
        is_significant_misdemeanor=st.booleans(),
        is_minor_traffic=st.booleans(),
        incident=st.sampled_from(["", "a", "b"]),
    ),
    max_size=6,
)


@given(st.dates(date(2008, 3, 1), date(2030, 1, 1)), convictions)
def test_what_is_stored_can_be_worked_out_again(on: date, known: list[Conviction]) -> None:
    found = threat_level(on, known)

    assert found is not None
    assert again(found.as_json()) == found


@given(convictions, convictions)
def test_in_2010_one_more_conviction_never_makes_it_milder(
    known: list[Conviction], more: list[Conviction]
) -> None:
    first, second = threat_level(IN_2012, known), threat_level(IN_2012, [*known, *more])

    assert first is not None
    assert second is not None
    assert (second.level or "9") <= (first.level or "9")
