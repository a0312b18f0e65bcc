"""The clock against a second one that steps minute by minute: every edition, policy and zone, 1990 to 2040."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from detainers import rulebook
from detainers.clock import (
    Anchor,
    ClockInput,
    ClockResult,
    Counting,
    Document,
    PolicyLimits,
    compute,
    federal_holidays,
)
from tests.detainers import oracle
from tests.detainers.oracle import Answer, Episode, Law, Paper, instant, minute_of
from tests.examples import examples

ZONES = (
    "America/New_York",
    "America/Detroit",
    "America/Kentucky/Louisville",
    "America/Kentucky/Monticello",
    "America/Indiana/Indianapolis",
    "America/Indiana/Vincennes",
    "America/Indiana/Winamac",
    "America/Indiana/Marengo",
    "America/Indiana/Petersburg",
    "America/Indiana/Vevay",
    "America/Chicago",
    "America/Indiana/Tell_City",
    "America/Indiana/Knox",
    "America/Menominee",
    "America/North_Dakota/Center",
    "America/North_Dakota/New_Salem",
    "America/North_Dakota/Beulah",
    "America/Denver",
    "America/Boise",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Juneau",
    "America/Sitka",
    "America/Metlakatla",
    "America/Yakutat",
    "America/Nome",
    "America/Adak",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "America/St_Thomas",
    "Pacific/Guam",
    "Pacific/Saipan",
    "Pacific/Pago_Pago",
)
YEARS = (1990, 2040)
HERE = Path(__file__).parent


def laws_of_the_project() -> dict[str, Law]:
    """Every row of policies.yaml, read here without the code that is tested."""
    text = (HERE.parents[1] / "detainers" / "data" / "policies.yaml").read_text("utf-8")
    found = {}
    for row in yaml.safe_load(text)["policies"]:
        limits = row.get("limits") or {}
        found[row["code"]] = Law(
            row["code"],
            hold=row["hold"] in ("required", "permitted", "conditional"),
            hours=limits.get("hours"),
            from_receipt=limits.get("anchor") == "DETAINER_RECEIVED",
            counting=limits.get("counting", "as_form"),
            same_day=limits.get("same_day_2359", False),
        )
    return found


def laws_of_the_cases() -> dict[str, Law]:
    """The policies that the file of hold cases defines."""
    rows = json.loads((HERE / "hold_cases.json").read_text("utf-8"))["policies"]
    return {
        code: Law(
            code,
            hold=row["hold"],
            hours=row.get("hours"),
            from_receipt=row.get("anchor") == "DETAINER_RECEIVED",
            counting="excluding" if row.get("exclude_weekends_holidays") else "elapsed",
            same_day=row.get("same_day_2359", False),
        )
        for code, row in rows.items()
    }


OWN, SHARED = laws_of_the_project(), laws_of_the_cases()
LAWS = (
    *OWN.values(),
    *SHARED.values(),
    Law("CAP_6_FROM_RECEIPT", hold=True, hours=6, from_receipt=True),
    Law("CAP_90", hold=True, hours=90, counting="excluding"),
)
GRANTING = [law for law in LAWS if law.hold]
laws = st.one_of(*[st.sampled_from(GRANTING)] * 5, st.sampled_from(LAWS))


def limits_for(law: Law) -> PolicyLimits:
    """What the clock is told: the row as the rulebook reads it, or the same values for a policy it does not have."""
    if OWN.get(law.code) is law:
        return next(row.limits for row in rulebook.current().rows if row.code == law.code)
    anchor = Anchor.DETAINER_RECEIVED if law.from_receipt else Anchor.RELEASE_ELIGIBLE
    return PolicyLimits(law.code, law.hold, law.hours, anchor, Counting(law.counting), law.same_day)


def by_the_clock(episode: Episode) -> ClockResult:
    def at(minute: int | None) -> datetime | None:
        return None if minute is None else instant(minute).astimezone(ZoneInfo(episode.zone))

    documents = []
    for paper in episode.papers:
        form = rulebook.current().editions[paper.edition].form_rule()
        policies = tuple(limits_for(law) for law in paper.laws)
        documents.append(
            Document(
                form,
                instant(paper.received),
                at(paper.served),
                at(paper.lifted),
                paper.deficient,
                policies,
            )
        )
    return compute(
        ClockInput(
            episode.zone,
            at(episode.eligible),
            tuple(documents),
            released_at=at(episode.released),
            ice_custody_at=at(episode.ice),
            judicial_warrant_at=at(episode.warrant),
        )
    )


def as_answer(result: ClockResult) -> Answer:
    def minute(at: datetime | None) -> int | None:
        assert at is None or (at.second, at.microsecond) == (0, 0)
        return None if at is None else minute_of(at)

    over = tuple((item.code, int(item.duration.total_seconds()) // 60) for item in result.violations)
    reason = result.reason.value if result.reason else None
    return Answer(
        result.status.value, reason, minute(result.expires_at), minute(result.authority_ends_at), over
    )


def hard_days(year: int) -> list[date]:
    """Days around which clocks are wrong: both changes of the local clock, by the old and the new law, and holidays."""
    last_of_october = date(year, 10, 31) - timedelta(days=(date(year, 10, 31).weekday() - 6) % 7)
    changes = [
        oracle.nth(year, 3, 6, 2),
        oracle.nth(year, 4, 6, 1),
        last_of_october,
        oracle.nth(year, 11, 6, 1),
    ]
    return [*changes, *sorted(oracle.statute(year))]


anywhere = st.integers(
    minute_of(datetime(1990, 1, 1, tzinfo=UTC)), minute_of(datetime(2041, 1, 1, tzinfo=UTC))
)
near_hard_days = st.integers(*YEARS).flatmap(
    lambda year: st.tuples(st.sampled_from(hard_days(year)), st.integers(-4000, 2500)).map(
        lambda drawn: minute_of(datetime.combine(drawn[0], datetime.min.time(), UTC)) + drawn[1]
    )
)
releases = st.one_of(near_hard_days, anywhere)
exactly = st.sampled_from([0, 1, 6 * 60, 24 * 60, 48 * 60])
"""Minutes after the release time at which limits end: two instants that meet are where clocks go wrong."""


def offsets(lowest: int, highest: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(lowest, highest), exactly)


def midnight_after(minute: int, zone: str) -> int:
    """The next local midnight: a count that fills a day ends there, and not when the next day that counts begins."""
    day = instant(minute).astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return minute_of(datetime.combine(day, datetime.min.time(), ZoneInfo(zone)))


@st.composite
def papers(draw: st.DrawFn, eligible: int) -> Paper:
    received = eligible + draw(st.one_of(offsets(-5000, 200), offsets(-100, 6000)))
    served = draw(st.one_of(st.just(0), st.none(), offsets(0, 4000)))
    lifted = draw(st.one_of(st.none(), st.none(), offsets(-1000, 8000)))
    if lifted is not None and served is not None and lifted % 4 == 0:
        lifted = received + served - eligible  # lifted in the minute in which it was served
    return Paper(
        draw(st.sampled_from(sorted(oracle.EDITIONS))),
        received,
        None if served is None else received + served,
        None if lifted is None else max(received, eligible + lifted),
        draw(st.integers(0, 9)) == 0,
        tuple(draw(st.lists(laws, min_size=0 if draw(st.integers(0, 9)) == 0 else 1, max_size=3))),
    )


@st.composite
def episodes(draw: st.DrawFn) -> Episode:
    zone = draw(st.sampled_from(ZONES))
    eligible = draw(releases)
    if draw(st.booleans()):
        eligible = midnight_after(eligible, zone)
    after = st.one_of(st.none(), st.none(), offsets(0, 12000).map(lambda span: eligible + span))
    return Episode(
        zone,
        None if draw(st.integers(0, 39)) == 0 else eligible,
        tuple(draw(st.lists(papers(eligible), max_size=4))),
        draw(after),
        draw(after),
        draw(st.one_of(st.none(), st.none(), offsets(-2000, 9000).map(lambda span: eligible + span))),
    )


@settings(max_examples=examples(400), deadline=None)
@given(episodes())
def test_it_agrees_with_counting_minutes(episode: Episode) -> None:
    result = by_the_clock(episode)

    assert as_answer(result) == oracle.answer(episode)
    for excluded in result.derivation.excluded_days:
        assert excluded.day.weekday() >= 5 or excluded.day in oracle.statute(excluded.day.year)


@settings(max_examples=examples(300), deadline=None)
@given(releases, st.sampled_from(ZONES), st.sampled_from(sorted(oracle.EDITIONS)), laws)
def test_one_paper_under_one_policy(start: int, zone: str, edition: str, law: Law) -> None:
    start = midnight_after(start, zone) if start % 2 else start
    episode = Episode(zone, start, (Paper(edition, start - 600, start - 500, None, False, (law,)),))

    assert as_answer(by_the_clock(episode)) == oracle.answer(episode)


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_the_local_clock_and_every_holiday(zone: str) -> None:
    """Each edition that asks for custody, from the evening before each hard day, in every year."""
    step = max(1, 16 // examples(1))
    for year in range(YEARS[0] + ZONES.index(zone) % step, YEARS[1] + 1, step):
        for day in hard_days(year):
            midnight = minute_of(datetime.combine(day, datetime.min.time(), ZoneInfo(zone)))
            for edition, start in (
                ("I-247A_2017", midnight - 90),
                ("I-247_2012-12", midnight - 90),
                ("I-247_2012-12", midnight_after(midnight - 3 * 1440, zone)),
            ):
                paper = Paper(edition, start - 60, start - 60, None, False, (OWN["TX_2_251"],))
                episode = Episode(zone, start, (paper,))
                assert as_answer(by_the_clock(episode)) == oracle.answer(episode), (day, edition)


@settings(max_examples=examples(60), deadline=None)
@given(episodes())
def test_no_further_paper_ever_makes_it_later(episode: Episode) -> None:
    singles = [
        by_the_clock(Episode(episode.zone, episode.eligible, (paper,))).expires_at for paper in episode.papers
    ]

    both = by_the_clock(Episode(episode.zone, episode.eligible, episode.papers))

    given_ones = [at for at in singles if at is not None]
    assert both.expires_at == (min(given_ones) if given_ones else None)


def test_the_oracle_knows_every_edition_and_policy() -> None:
    book = rulebook.current()

    assert set(oracle.EDITIONS) == set(book.editions)
    assert {row.code for row in book.rows} == set(OWN)
    for code, (excluding, asks, needs_service) in oracle.EDITIONS.items():
        form = book.editions[code].form_rule()
        assert (form.holds, form.service_required, form.hours) == (asks, needs_service, 48), code
        assert form.rule.value == ("EXCL_48" if excluding else "STRAIGHT_48" if asks else "NONE"), code


def test_its_holidays_are_those_of_the_statute() -> None:
    for year in range(YEARS[0] - 1, YEARS[1] + 2):
        ours = set(federal_holidays(year))
        theirs = {day for day in oracle.statute(year) | oracle.statute(year - 1) if day.year == year}
        assert ours == theirs, year


def test_local_clocks_change_on_whole_quarters() -> None:
    """What the oracle's table of quarters rests on."""
    for name in ZONES:
        zone = ZoneInfo(name)
        for day in range(0, 51 * 366, 7):
            offset = (
                (datetime(*(YEARS[0], 1, 1), tzinfo=UTC) + timedelta(days=day)).astimezone(zone).utcoffset()
            )
            assert offset is not None
            assert offset.total_seconds() % 900 == 0, name
