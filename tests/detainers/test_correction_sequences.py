"""Whatever is corrected in whatever order: one person alone never lengthens authority, and no breach goes away."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import ClearholdError
from cases import services as cases
from cases.corrections import registry
from cases.corrections.standing import ALWAYS, Movement, Span, Standing, custody_spans, movement, subtract
from detainers import services
from detainers.models import Breach
from detainers.services.correct import assess
from tests.detainers.builders import Road, ago
from tests.detainers.corrections import approve, correct

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("ground", "ended_at"),
                ("ground", "started_at"),
                ("booking", "booked_at"),
                ("service", "served_at"),
                ("service", "withdrawn_at"),
                ("detainer", "received_at"),
                ("detainer", "signature_present"),
                ("detainer", "withdrawn_at"),
                ("claim", "proof"),
                ("claim", "withdrawn_at"),
                ("person", "surname"),
                ("custody", "occurred_at"),
                ("custody", "withdrawn_at"),
            ]
        ),
        st.integers(-20, 20),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def value_of(case: Any, kind: str, field: str, hours: int) -> Any:
    row = list(registry.kind(kind).rows(case))[-1]
    now = getattr(row, field, None)
    if isinstance(now, datetime) and field != "withdrawn_at":
        return now + timedelta(hours=hours)
    return {"surname": f"Sample{hours}", "proof": hours > 0, "signature_present": hours > 0}.get(field)


@pytest.mark.parametrize("eligible", [20, 47, 60])
@given(steps=STEPS, released=st.booleans())
@settings(max_examples=10, deadline=None, suppress_health_check=SLOW)
def test_one_person_never_lengthens_and_no_breach_shrinks(
    road: Road, eligible: int, steps: list[Any], released: bool
) -> None:
    point = transaction.savepoint()
    try:
        case, _detainer = road.held(eligible_at=ago(hours=eligible))
        clerk = road.cast.actor("clerk")
        services.claim_status(
            case_id=case.pk, actor=clerk, at=ago(hours=2), kind="citizenship", evidence="card"
        )
        services.expire_due()
        if released:
            cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(hours=1))
        for (kind, field), hours, second, sweep in steps:
            case.refresh_from_db()
            one_step(road, case, kind, field, hours, second=second)
            if sweep:
                services.expire_due()
    finally:
        transaction.savepoint_rollback(point)


def one_step(road: Road, case: Any, kind: str, field: str, hours: int, *, second: bool) -> None:
    at = ago()
    before = assess(case, at)
    raised = list(Breach.objects.filter(case=case).values("pk", "from_at", "until_at", "opened_at"))
    alone = True
    try:
        with transaction.atomic():
            done = correct(road, case, kind, field, value_of(case, kind, field, hours))
        if done.state == "requested" and second:
            with transaction.atomic():
                approve(road, done)
            alone = False
        elif done.state == "requested":
            cases.withdraw_correction(
                correction_id=done.pk, actor=road.cast.actor("officer"), at=ago(), reason="No"
            )
    except (ClearholdError, IndexError):
        pass  # contradictions and missing facts are refused; nothing may have changed then either
    case.refresh_from_db()
    after = assess(case, at)
    if alone:
        assert movement(before, after) is not Movement.LATER, (kind, field, before, after)
    for old in raised:
        new = Breach.objects.get(pk=old["pk"])
        assert new.from_at == old["from_at"]
        if old["until_at"] is not None:
            assert new.until_at == old["until_at"]
        elif new.until_at is not None and case.custody_ended_at is None:
            assert new.until_at >= at
    recorded = [(row.from_at, row.until_at or ALWAYS) for row in Breach.objects.filter(case=case)]
    revealed = subtract(after.unlawful, before.unlawful)
    assert not subtract(revealed, recorded), (kind, field, revealed, recorded)


INSTANT = datetime.fromisoformat("2026-03-17T00:00:00+00:00")
SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
        lambda pair: (INSTANT + timedelta(hours=min(pair)), INSTANT + timedelta(hours=max(pair)))
    ),
    max_size=6,
)


def hours_in(spans: Any) -> set[int]:
    return {
        hour
        for start, end in spans
        for hour in range(40)
        if start <= INSTANT + timedelta(hours=hour) and INSTANT + timedelta(hours=hour + 1) <= end
    }


@given(SPANS, SPANS)
def test_subtract_agrees_with_counting_hours(spans: list[Span], cover: list[Span]) -> None:
    assert hours_in(subtract(spans, cover)) == hours_in(spans) - hours_in(cover)


@given(SPANS, SPANS)
def test_less_unlawful_custody_is_always_later(some: list[Span], other: list[Span]) -> None:
    before, after = Standing(unlawful=subtract(some, ())), Standing(unlawful=subtract(other, ()))
    later = bool(hours_in(some) - hours_in(other))
    assert (movement(before, after) is Movement.LATER) == later


def test_custody_spans_follow_leaving_and_coming_back() -> None:
    hour = [INSTANT + timedelta(hours=n) for n in range(6)]
    assert custody_spans(hour[0], [(hour[1], False), (hour[3], True)], hour[5]) == (
        (hour[0], hour[1]),
        (hour[3], hour[5]),
    )
    assert custody_spans(hour[0], [], hour[0]) == ()
