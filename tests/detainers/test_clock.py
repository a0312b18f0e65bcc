"""The clock, rule by rule. Instants are given in local words and looked up by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from detainers.clock import (
    Anchor,
    ClockInput,
    ClockInputError,
    Counting,
    Document,
    FormRule,
    PolicyLimits,
    Reason,
    Rule,
    Source,
    Status,
    compute,
    derivation_from_json,
    federal_holidays,
    iso_duration,
)

ZONE = "America/New_York"
CURRENT = FormRule("I-247A_2017", Rule.STRAIGHT_48, holds=True, service_required=True, citation="Form I-247A")
OLD = FormRule("I-247_2012-12", Rule.EXCL_48, holds=True, service_required=False, citation="Form I-247")
NOTICE = FormRule("I-247N_2015", Rule.NONE, holds=False, service_required=False)
PERMIT = PolicyLimits("PERMIT", hold=True, hours=48, citation="a law")
FORBID = PolicyLimits("FORBID", hold=False)


def t(text: str) -> datetime:
    return datetime.fromisoformat(text)


ELIGIBLE = t("2026-03-17T14:00-04:00")
BEFORE = t("2026-03-16T10:00-04:00")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def paper(form: FormRule = CURRENT, **changes: object) -> Document:
    return replace(Document(form, BEFORE, BEFORE), **changes)  # type: ignore[arg-type]


def episode(*documents: Document, **changes: object) -> ClockInput:
    given = ClockInput(ZONE, ELIGIBLE, documents or (paper(),), (PERMIT,))
    return replace(given, **changes)  # type: ignore[arg-type]


def violations(given: ClockInput) -> list[str]:
    return [str(violation) for violation in compute(given).violations]


@pytest.mark.parametrize(("second", "in_force"), [(-1, True), (0, False), (1, False)])
def test_it_is_over_at_the_very_second(second: int, in_force: bool) -> None:
    result = compute(episode())
    at = ELIGIBLE + 2 * DAY + timedelta(seconds=second)

    assert result.starts_at == ELIGIBLE
    assert result.authority_ends_at is not None
    assert (at < result.authority_ends_at) is in_force


@pytest.mark.parametrize(
    ("second", "status"), [(-1, "ENDED_RELEASED"), (0, "ENDED_RELEASED"), (1, "OVERHELD")]
)
def test_it_calls_release_at_the_deadline_in_time(second: int, status: str) -> None:
    out = ELIGIBLE + 2 * DAY + timedelta(seconds=second)

    result = compute(episode(released_at=out))

    assert result.status == status
    assert [str(v) for v in result.violations] == (["OVER_HOLD:PT1S"] if second == 1 else [])


def test_it_ends_at_the_lift_and_counts_what_follows_as_over() -> None:
    lifted = paper(lifted_at=ELIGIBLE + 5 * HOUR)

    ended = compute(episode(lifted))
    held_on = compute(episode(lifted, released_at=ELIGIBLE + 7 * HOUR))

    assert (ended.status, ended.authority_ends_at) == (Status.ENDED_LIFTED, ELIGIBLE + 5 * HOUR)
    assert ended.expires_at == ELIGIBLE + 2 * DAY
    assert (held_on.status, held_on.authority_ends_at) == (Status.OVERHELD, ELIGIBLE + 5 * HOUR)
    assert [str(v) for v in held_on.violations] == ["OVER_HOLD:PT2H"]


def test_it_ends_when_ice_takes_custody() -> None:
    result = compute(episode(ice_custody_at=ELIGIBLE + 3 * HOUR))

    assert (result.status, result.authority_ends_at) == (Status.ENDED_ICE_CUSTODY, ELIGIBLE + 3 * HOUR)
    assert compute(episode(ice_custody_at=ELIGIBLE + 3 * DAY)).status == Status.OVERHELD


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (paper(NOTICE), Reason.FORM_IS_NOTIFICATION_ONLY),
        (paper(deficient=True), Reason.FACIALLY_DEFICIENT),
        (paper(policies=(FORBID,)), Reason.POLICY_FORBIDS_HOLD),
        (paper(policies=()), Reason.POLICY_FORBIDS_HOLD),
        (paper(lifted_at=ELIGIBLE), Reason.LIFTED_BEFORE_RELEASE),
        (paper(served_at=None), Reason.NOT_SERVED),
        (paper(served_at=ELIGIBLE + 49 * HOUR), Reason.LIMIT_ALREADY_OVER),
        (paper(served_at=ELIGIBLE + 2 * HOUR, lifted_at=ELIGIBLE + HOUR), Reason.NOT_SERVED),
        (paper(OLD, received_at=ELIGIBLE + 9 * DAY, served_at=None), Reason.LIMIT_ALREADY_OVER),
    ],
)
def test_it_gives_no_hold_and_says_why(document: Document, reason: Reason) -> None:
    result = compute(episode(document))
    late = compute(episode(document, released_at=ELIGIBLE + 10 * DAY))

    assert (result.status, result.reason, result.authority_ends_at) == (Status.NO_HOLD, reason, ELIGIBLE)
    assert result.expires_at is None
    assert [str(v) for v in late.violations] == ["OVER_HOLD:PT240H"]


def test_it_says_no_hold_without_any_detainer() -> None:
    result = compute(ClockInput(ZONE, ELIGIBLE, (), (PERMIT,)))

    assert (result.status, result.reason) == (Status.NO_HOLD, Reason.NO_DETAINER)


def test_it_has_no_clock_while_a_local_ground_lasts() -> None:
    result = compute(episode(release_eligible_at=None))

    assert (result.status, result.authority_ends_at) == (Status.NOT_STARTED, None)


def test_it_declines_what_arrives_after_the_person_left_without_blaming_anybody() -> None:
    late = paper(received_at=ELIGIBLE + 4 * HOUR, served_at=None)

    result = compute(episode(late, released_at=ELIGIBLE + HOUR))

    assert (result.reason, result.violations) == (Reason.RECEIVED_AFTER_RELEASE, ())


def test_late_receipt_and_late_service_never_move_the_end() -> None:
    late = paper(received_at=ELIGIBLE + 2 * HOUR, served_at=ELIGIBLE + 5 * HOUR)

    result = compute(episode(late))

    assert result.expires_at == ELIGIBLE + 2 * DAY
    assert result.starts_at == ELIGIBLE + 5 * HOUR
    assert [str(v) for v in result.violations] == ["RECEIVED_AFTER_ELIGIBLE:PT2H", "HELD_BEFORE_SERVICE:PT5H"]


def test_a_second_detainer_restarts_nothing_and_takes_over_only_within_the_limit() -> None:
    first = paper(lifted_at=ELIGIBLE + 10 * HOUR)
    second = paper(received_at=ELIGIBLE + 4 * HOUR, served_at=ELIGIBLE + 6 * HOUR)

    joined = compute(episode(first, second))
    gap = episode(first, replace(second, served_at=ELIGIBLE + 12 * HOUR), released_at=ELIGIBLE + 20 * HOUR)

    assert (joined.status, joined.authority_ends_at) == (Status.EXPIRES, ELIGIBLE + 2 * DAY)
    assert violations(gap) == ["OVER_HOLD:PT2H"]


def test_the_earliest_of_two_editions_governs() -> None:
    friday = t("2026-03-20T17:00-04:00")
    old = paper(OLD, served_at=None)

    alone = compute(episode(old, release_eligible_at=friday))
    both = compute(episode(old, paper(), release_eligible_at=friday))

    assert alone.expires_at == t("2026-03-24T17:00-04:00")
    assert (both.expires_at, both.rule) == (t("2026-03-22T17:00-04:00"), Rule.STRAIGHT_48)


@pytest.mark.parametrize(
    ("row", "end", "source"),
    [
        (PolicyLimits("CAP", True, hours=24), "2026-03-18T14:00-04:00", Source.POLICY),
        (PolicyLimits("LONG", True, hours=96), "2026-03-19T14:00-04:00", Source.FORM),
        (PolicyLimits("DAY", True, same_day_2359=True), "2026-03-17T23:59-04:00", Source.POLICY),
        (
            PolicyLimits("RECEIPT", True, 48, Anchor.DETAINER_RECEIVED),
            "2026-03-18T10:00-04:00",
            Source.POLICY,
        ),
        (PolicyLimits("EXCL", True, 48, counting=Counting.EXCLUDING), "2026-03-19T14:00-04:00", Source.FORM),
    ],
)
def test_a_policy_only_shortens(row: PolicyLimits, end: str, source: Source) -> None:
    result = compute(episode(policies=(row,)))

    assert (result.expires_at, result.governing_limit) == (t(end), source)


def test_a_flat_policy_cuts_the_weekend_of_an_old_form() -> None:
    friday = t("2026-03-20T17:00-04:00")
    flat = PolicyLimits("FLAT", True, hours=48, counting=Counting.ELAPSED)

    result = compute(episode(paper(OLD), release_eligible_at=friday, policies=(flat,)))

    assert result.expires_at == friday + 2 * DAY


def test_a_limit_from_receipt_may_be_over_before_the_release_time() -> None:
    row = PolicyLimits("RECEIPT", True, 24, Anchor.DETAINER_RECEIVED)

    result = compute(episode(policies=(row,)))

    assert (result.status, result.reason) == (Status.NO_HOLD, Reason.LIMIT_ALREADY_OVER)


@pytest.mark.parametrize(
    ("form", "start", "end"),
    [
        (CURRENT, "2026-03-07T10:00-05:00", "2026-03-09T11:00-04:00"),
        (CURRENT, "2026-10-31T10:00-04:00", "2026-11-02T09:00-05:00"),
        (OLD, "2026-03-06T17:00-05:00", "2026-03-10T17:00-04:00"),
        (OLD, "2026-10-30T17:00-04:00", "2026-11-03T17:00-05:00"),
        (OLD, "2026-07-02T20:00-04:00", "2026-07-07T20:00-04:00"),  # Fri 3 July observed, Sat, Sun
        (OLD, "2020-12-31T12:00-05:00", "2021-01-05T12:00-05:00"),  # New Year on a Friday
        (OLD, "2020-06-18T12:00-04:00", "2020-06-22T12:00-04:00"),  # no Juneteenth before 2021
        (OLD, "2021-06-17T12:00-04:00", "2021-06-22T12:00-04:00"),  # observed on Friday the 18th
    ],
)
def test_it_counts_over_clock_changes_and_holidays(form: FormRule, start: str, end: str) -> None:
    received = t(start) - DAY
    document = Document(form, received, received)

    result = compute(episode(document, release_eligible_at=t(start)))

    assert result.expires_at == t(end)


def test_a_gap_between_two_papers_before_the_warrant_stays_a_violation() -> None:
    first = paper(lifted_at=ELIGIBLE + HOUR)
    second = paper(received_at=ELIGIBLE + 3 * HOUR, served_at=ELIGIBLE + 3 * HOUR)

    after_both = episode(first, second, judicial_warrant_at=ELIGIBLE + 5 * HOUR)
    between = episode(first, second, judicial_warrant_at=ELIGIBLE + 2 * HOUR)

    assert violations(after_both) == ["OVER_HOLD:PT2H"]
    assert violations(between) == ["OVER_HOLD:PT1H"]


def test_a_judges_warrant_carries_the_custody() -> None:
    covered = compute(episode(judicial_warrant_at=ELIGIBLE + HOUR))
    late = compute(episode(judicial_warrant_at=ELIGIBLE + 50 * HOUR))
    forbidden = compute(episode(policies=(FORBID,), judicial_warrant_at=ELIGIBLE + 2 * HOUR))
    after_release = compute(episode(released_at=ELIGIBLE + HOUR, judicial_warrant_at=ELIGIBLE + 2 * HOUR))
    unserved = episode(paper(served_at=ELIGIBLE + 5 * HOUR), judicial_warrant_at=ELIGIBLE + 2 * HOUR)

    assert (covered.status, covered.expires_at) == (Status.HELD_ON_OTHER_AUTHORITY, None)
    assert covered.violations == ()
    assert [str(v) for v in late.violations] == ["OVER_HOLD:PT2H"]
    assert [str(v) for v in forbidden.violations] == ["OVER_HOLD:PT2H"]
    assert after_release.status == Status.ENDED_RELEASED
    assert violations(unserved) == ["OVER_HOLD:PT2H"]


def test_it_refuses_contradictions_and_times_without_offset() -> None:
    with pytest.raises(ClockInputError, match="before it was received") as served:
        compute(episode(paper(served_at=BEFORE - HOUR)))
    with pytest.raises(ClockInputError, match="has no offset") as naive:
        compute(episode(released_at=datetime(2026, 3, 18)))

    assert (served.value.code, naive.value.code) == ("SERVED_BEFORE_RECEIVED", "OFFSET_MISSING")


def test_the_derivation_survives_json_and_tells_the_same() -> None:
    friday = t("2026-07-02T20:00-04:00")
    result = compute(episode(paper(OLD, reference="Detainer A"), release_eligible_at=friday))

    again = derivation_from_json(result.derivation.as_json())

    assert again == replace(result.derivation, release_eligible_at=friday.astimezone(UTC))
    assert again.citations == ("Form I-247", "a law")
    assert [str(day.day) for day in again.excluded_days] == ["2026-07-03", "2026-07-04", "2026-07-05"]
    words = result.sentences()
    assert "Fri 3 Jul 2026 does not count: a holiday (Independence Day (observed))." in words
    assert "The earliest limit governs: the form, Tue 7 Jul 2026 20:00 EDT." in words
    assert words[-1] == "Authority to hold ends on Tue 7 Jul 2026 20:00 EDT."


@pytest.mark.parametrize(
    "given",
    [
        episode(),
        episode(release_eligible_at=None),
        episode(paper(served_at=None)),
        episode(paper(lifted_at=ELIGIBLE + HOUR)),
        episode(released_at=ELIGIBLE + HOUR),
        episode(ice_custody_at=ELIGIBLE + HOUR),
        episode(released_at=ELIGIBLE + 3 * DAY),
        episode(judicial_warrant_at=ELIGIBLE),
        episode(policies=(PolicyLimits("DAY", True, same_day_2359=True),)),
        episode(policies=(PolicyLimits("RECEIPT", True, 48, Anchor.DETAINER_RECEIVED),)),
    ],
)
def test_every_outcome_has_sentences(given: ClockInput) -> None:
    words = compute(given).sentences()

    assert words
    assert all(line.endswith(".") for line in words)


def test_holidays_of_a_year_know_their_neighbours() -> None:
    assert date(2010, 12, 31) in federal_holidays(2010)
    assert date(2025, 12, 26) not in federal_holidays(2025)
    assert all(day.year == 2011 for day in federal_holidays(2011))


@pytest.mark.parametrize(("seconds", "text"), [(0, "PT0S"), (3600, "PT1H"), (90061, "PT25H1M1S")])
def test_durations_are_iso(seconds: int, text: str) -> None:
    assert iso_duration(timedelta(seconds=seconds)) == text
