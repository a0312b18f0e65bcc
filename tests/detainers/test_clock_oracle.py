"""The clock against a second one that steps minute by minute and builds its holidays from the statute."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from detainers.clock import ClockInput, Document, FormRule, PolicyLimits, Rule, compute, federal_holidays

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "Pacific/Guam",
)
PERMIT = PolicyLimits("PERMIT", hold=True)
MINUTE = timedelta(minutes=1)


def nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


@lru_cache(maxsize=64)
def statute(year: int) -> frozenset[date]:
    """5 U.S.C. 6103 with its observed weekdays, for the year and both New Years around it."""
    memorial = date(year, 5, 31)
    memorial -= timedelta(days=memorial.weekday())
    fixed = [date(year, 1, 1), date(year + 1, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= 2021:
        fixed.append(date(year, 6, 19))
    floating = [nth(year, 1, 0, 3), nth(year, 2, 0, 3), memorial, nth(year, 9, 0, 1), nth(year, 10, 0, 2)]
    observed = [day - timedelta(days=1) for day in fixed if day.weekday() == 5]
    observed += [day + timedelta(days=1) for day in fixed if day.weekday() == 6]
    return frozenset([*fixed, *floating, nth(year, 11, 3, 4), *observed])


def step(start: datetime, zone: ZoneInfo, *, excluding: bool) -> datetime:
    """Count 48 * 60 minutes, one at a time, skipping those that lie on a day that does not count."""
    at, counted = start, 0
    while counted < 48 * 60:
        day = at.astimezone(zone).date()
        if not excluding or not (day.weekday() >= 5 or day in statute(day.year)):
            counted += 1
        at += MINUTE
    return at


@st.composite
def starts(draw: st.DrawFn) -> datetime:
    minutes = draw(st.integers(0, 18 * 366 * 24 * 60))
    return datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)


near_hard_days = st.sampled_from(
    [
        datetime(2010, 12, 30, 22, tzinfo=UTC),
        datetime(2021, 12, 30, 12, tzinfo=UTC),
        datetime(2026, 3, 7, 12, tzinfo=UTC),
        datetime(2026, 10, 31, 12, tzinfo=UTC),
        datetime(2026, 11, 25, 3, tzinfo=UTC),
        datetime(2020, 12, 24, 20, tzinfo=UTC),
    ]
).flatmap(lambda base: st.integers(-3000, 3000).map(lambda minutes: base + minutes * MINUTE))


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(starts(), near_hard_days),
    st.sampled_from(ZONES),
    st.sampled_from([Rule.STRAIGHT_48, Rule.EXCL_48]),
)
def test_it_agrees_with_counting_minutes(start: datetime, zone: str, rule: Rule) -> None:
    form = FormRule("any", rule, holds=True, service_required=False)
    document = Document(form, start - timedelta(days=3))

    result = compute(ClockInput(zone, start, (document,), (PERMIT,)))

    assert result.expires_at == step(start, ZoneInfo(zone), excluding=rule is Rule.EXCL_48)
    for excluded in result.derivation.excluded_days:
        assert excluded.day.weekday() >= 5 or excluded.day in statute(excluded.day.year)


@settings(max_examples=60, deadline=None)
@given(
    starts(),
    st.lists(
        st.tuples(st.integers(-5000, 5000), st.integers(0, 3000), st.booleans(), st.sampled_from(list(Rule))),
        min_size=1,
        max_size=4,
    ),
)
def test_no_paper_ever_makes_it_later(start: datetime, papers: list[tuple[int, int, bool, Rule]]) -> None:
    documents = []
    for received, wait, served, rule in papers:
        form = FormRule(
            rule.value, rule, holds=rule is not Rule.NONE, service_required=rule is Rule.STRAIGHT_48
        )
        at = start + received * MINUTE
        documents.append(Document(form, at, at + wait * MINUTE if served else None))
    zone = "America/New_York"

    results = [compute(ClockInput(zone, start, (document,), (PERMIT,))) for document in documents]
    both = compute(ClockInput(zone, start, tuple(documents), (PERMIT,)))

    singles = [result.expires_at for result in results if result.expires_at is not None]
    assert (both.expires_at is None) == (not singles)
    if both.expires_at is not None:
        assert both.expires_at == min(singles)
        assert both.authority_ends_at is not None
        assert start <= both.authority_ends_at <= both.expires_at


def test_its_holidays_are_those_of_the_statute() -> None:
    for year in range(2010, 2033):
        ours = set(federal_holidays(year))
        theirs = {day for day in statute(year) | statute(year - 1) if day.year == year}
        assert ours == theirs, year
