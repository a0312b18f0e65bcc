"""The rule set of the hold clock: pure, from facts to an answer with its derivation.

A detainer is a request that asks for at most the hours printed on its own edition. A policy of the place
can only shorten that. Of all limits the earliest governs; a second detainer restarts nothing; lift, ICE
custody and release end the hold at once; a paper that never took effect gives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from detainers.clock.counting import add_counted, add_elapsed, end_of_same_day, in_utc
from detainers.clock.facts import (
    Anchor,
    ClockInput,
    Counting,
    Document,
    PolicyLimits,
    Reason,
    Rule,
    Source,
    Status,
    check,
)
from detainers.clock.result import (
    HELD_BEFORE_SERVICE,
    HOURS_CAP,
    OVER_HOLD,
    RECEIVED_AFTER_ELIGIBLE,
    SAME_DAY_2359,
    ClockResult,
    Derivation,
    LimitConsidered,
    Violation,
)

REASON_ORDER = list(Reason)


@dataclass(slots=True)
class _Live:
    """A document that took effect, from when, and the limits it brings."""

    index: int
    document: Document
    effective_at: datetime
    limits: tuple[LimitConsidered, ...]


def compute(given: ClockInput) -> ClockResult:
    """Answer for one custody episode. Raises ClockInputError when the facts contradict each other."""
    check(given)
    if given.release_eligible_at is None:
        return _without_clock(given, Status.NOT_STARTED, Reason.LOCAL_CUSTODY_CONTINUES, None, ())
    eligible = in_utc(given.release_eligible_at)
    live: list[_Live] = []
    refused: list[tuple[str, Reason]] = []
    for index, document in enumerate(given.documents):
        found = _take_effect(given, index, document, eligible)
        if isinstance(found, _Live):
            live.append(found)
        else:
            refused.append((document.reference or document.form.code, found))
    warrant_at, left_at = given.judicial_warrant_at, given.custody_ended_at
    if warrant_at is not None and (left_at is None or warrant_at < left_at):
        return _on_warrant(given, eligible, live, in_utc(warrant_at))
    if not live:
        return _no_hold(given, eligible, refused)
    return _hold(given, eligible, live, tuple(refused))


def _take_effect(given: ClockInput, index: int, document: Document, eligible: datetime) -> _Live | Reason:
    """The document with its limits, or the reason for which it gives no authority."""
    left_at = given.custody_ended_at
    if left_at is not None and document.received_at >= left_at:
        return Reason.RECEIVED_AFTER_RELEASE
    if not document.form.holds or document.form.rule is Rule.NONE:
        return Reason.FORM_IS_NOTIFICATION_ONLY
    if document.deficient:
        return Reason.FACIALLY_DEFICIENT
    if not given.policy_allows(document):
        return Reason.POLICY_FORBIDS_HOLD
    served_at = document.served_at
    if document.lifted_at is not None and document.lifted_at <= max(eligible, document.received_at):
        return Reason.LIFTED_BEFORE_RELEASE
    if document.form.service_required and (
        served_at is None or (left_at is not None and served_at >= left_at)
    ):
        return Reason.NOT_SERVED
    effective_at = max(eligible, in_utc(document.received_at))
    if document.form.service_required and served_at is not None:
        effective_at = max(effective_at, in_utc(served_at))
    if document.conditions_met_at is not None:
        effective_at = max(effective_at, in_utc(document.conditions_met_at))
    if document.lifted_at is not None and document.lifted_at <= effective_at:
        return Reason.NOT_SERVED
    limits = _limits(given, document, eligible)
    for limit in limits:
        if limit.expires_at <= effective_at:
            return Reason.LIMIT_ALREADY_OVER
    return _Live(index, document, effective_at, limits)


def _limits(given: ClockInput, document: Document, eligible: datetime) -> tuple[LimitConsidered, ...]:
    zone = ZoneInfo(given.zone)
    form, reference = document.form, document.reference
    form_limit = _counted(
        Source.FORM,
        form.code,
        form.rule.value,
        form.hours,
        Anchor.RELEASE_ELIGIBLE,
        eligible,
        form.rule is Rule.EXCL_48,
        zone,
        form.citation,
        reference,
    )
    limits = [form_limit]
    for row in given.policies_for(document):
        limits.extend(_policy_limits(row, document, eligible, zone))
    return tuple(limits)


def _policy_limits(
    row: PolicyLimits, document: Document, eligible: datetime, zone: ZoneInfo
) -> list[LimitConsidered]:
    limits = []
    if row.hours is not None:
        excluding = row.counting is Counting.EXCLUDING
        if row.counting is Counting.AS_FORM:
            excluding = document.form.rule is Rule.EXCL_48
        limits.append(
            _counted(
                Source.POLICY,
                row.code,
                HOURS_CAP,
                row.hours,
                row.anchor,
                eligible if row.anchor is Anchor.RELEASE_ELIGIBLE else in_utc(document.received_at),
                excluding,
                zone,
                row.citation,
                document.reference,
            )
        )
    if row.same_day_2359:
        limits.append(
            LimitConsidered(
                Source.POLICY,
                row.code,
                SAME_DAY_2359,
                None,
                Anchor.RELEASE_ELIGIBLE,
                eligible,
                end_of_same_day(eligible, zone),
                citation=row.citation,
                reference=document.reference,
            )
        )
    return limits


def _counted(
    source: Source,
    code: str,
    method: str,
    hours: int,
    anchor: Anchor,
    anchor_at: datetime,
    excluding: bool,
    zone: ZoneInfo,
    citation: str,
    reference: str,
) -> LimitConsidered:
    if excluding:
        expires_at, excluded = add_counted(anchor_at, hours, zone)
    else:
        expires_at, excluded = add_elapsed(anchor_at, hours), ()
    return LimitConsidered(
        source, code, method, hours, anchor, anchor_at, expires_at, excluded, citation, reference
    )


def _hold(
    given: ClockInput, eligible: datetime, live: list[_Live], refused: tuple[tuple[str, Reason], ...]
) -> ClockResult:
    """The documents that took effect give one deadline: the earliest limit of any of them."""
    limits = tuple([limit for item in live for limit in item.limits])
    governing = _earliest(limits)
    limit = limits[governing]
    owner = _owner(live, governing)
    spans = _spans(live, limit.expires_at)
    status, ends_at, violations = _outcome(given, spans, limit.expires_at)
    from_policy = limit.source is Source.POLICY
    return ClockResult(
        status,
        None,
        owner.document.form.rule,
        limit.source,
        limit.anchor if from_policy else given.policies_for(owner.document)[0].anchor,
        limit.expires_at,
        ends_at,
        (*_late_papers(live, eligible), *violations),
        Derivation(given.zone, eligible, limits, governing, refused),
        spans[0][0],
        owner.index,
    )


def _earliest(limits: tuple[LimitConsidered, ...]) -> int:
    """Which limit governs: the earliest; of two at the same instant the form's, then the first considered."""
    best = 0
    for place, limit in enumerate(limits):
        found = limits[best]
        if limit.expires_at < found.expires_at or (
            limit.expires_at == found.expires_at
            and limit.source is Source.FORM
            and found.source is Source.POLICY
        ):
            best = place
    return best


def _owner(live: list[_Live], governing: int) -> _Live:
    for item in live:
        if governing < len(item.limits):
            return item
        governing -= len(item.limits)
    raise AssertionError("the governing limit belongs to a document")


def _spans(live: list[_Live], expires_at: datetime) -> list[tuple[datetime, datetime]]:
    """Stretches of authority, joined where one document takes over from another."""
    raw = []
    for item in live:
        lifted = item.document.lifted_at
        end = expires_at if lifted is None else min(expires_at, in_utc(lifted))
        if item.effective_at < end:
            raw.append((item.effective_at, end))
    if len(raw) == 1:
        return raw
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(raw):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _outcome(
    given: ClockInput, spans: list[tuple[datetime, datetime]], expires_at: datetime
) -> tuple[Status, datetime, list[Violation]]:
    left_at = given.custody_ended_at
    if left_at is None:
        ends_at = spans[-1][1]
        status = Status.EXPIRES if ends_at == expires_at else Status.ENDED_LIFTED
        return status, ends_at, _uncovered(spans, None)
    begun = [span for span in spans if span[0] < left_at] or spans[:1]
    ends_at = begun[-1][1]
    if left_at > ends_at:
        return Status.OVERHELD, ends_at, _uncovered(spans, left_at)
    to_ice = given.ice_custody_at is not None and given.ice_custody_at == left_at
    status = Status.ENDED_ICE_CUSTODY if to_ice else Status.ENDED_RELEASED
    return status, in_utc(left_at), _uncovered(spans, left_at)


def _uncovered(spans: list[tuple[datetime, datetime]], until: datetime | None) -> list[Violation]:
    """Custody after the first stretch of authority that no other covers, up to `until` where that is known.

    Every stretch began before `until`: what came after the person had left took no effect.
    """
    over = []
    for place, (_, ends_at) in enumerate(spans):
        begins_at = spans[place + 1][0] if place + 1 < len(spans) else until
        if begins_at is not None and begins_at > ends_at:
            over.append(Violation(OVER_HOLD, begins_at - ends_at))
    return over


def _late_papers(live: list[_Live], eligible: datetime) -> list[Violation]:
    """Custody between release-eligibility and the moment the first effective paper was there, and served."""
    found: list[Violation] = []
    first = live[0]
    for item in live:
        if item.effective_at < first.effective_at:
            first = item
    if first.effective_at == eligible:
        return found
    document = first.document
    if document.received_at > eligible:
        found.append(Violation(RECEIVED_AFTER_ELIGIBLE, document.received_at - eligible))
    served_at = document.served_at
    if document.form.service_required and served_at is not None and served_at > eligible:
        found.append(Violation(HELD_BEFORE_SERVICE, served_at - eligible))
    return found


def _no_hold(given: ClockInput, eligible: datetime, refused: list[tuple[str, Reason]]) -> ClockResult:
    """No paper took effect: authority ended when the person could have been released.

    Somebody who left before any paper arrived is not this clock's case; slow release is measured elsewhere.
    """
    reasons = [reason for _, reason in refused] or [Reason.NO_DETAINER]
    reason = max(reasons, key=REASON_ORDER.index)
    left_at = given.custody_ended_at
    over: tuple[Violation, ...] = ()
    if left_at is not None and left_at > eligible and reason is not Reason.RECEIVED_AFTER_RELEASE:
        over = (Violation(OVER_HOLD, left_at - eligible),)
    return _without_clock(given, Status.NO_HOLD, reason, eligible, over, tuple(refused))


def _on_warrant(
    given: ClockInput, eligible: datetime, live: list[_Live], warrant_at: datetime
) -> ClockResult:
    """A judge's warrant carries the custody; only time before it that nothing covered is a violation."""
    begun = [item for item in live if item.effective_at < warrant_at]
    over: list[Violation] = []
    if begun:
        limits = tuple([limit for item in live for limit in item.limits])
        spans = _spans(begun, limits[_earliest(limits)].expires_at)
        over = [*_late_papers(begun, eligible), *_uncovered(spans, warrant_at)]
    elif warrant_at > eligible:
        over = [Violation(OVER_HOLD, warrant_at - eligible)]
    return _without_clock(given, Status.HELD_ON_OTHER_AUTHORITY, Reason.JUDICIAL_WARRANT, None, tuple(over))


def _without_clock(
    given: ClockInput,
    status: Status,
    reason: Reason,
    ends_at: datetime | None,
    violations: tuple[Violation, ...],
    refused: tuple[tuple[str, Reason], ...] = (),
) -> ClockResult:
    eligible = given.release_eligible_at
    return ClockResult(
        status=status,
        reason=reason,
        rule=Rule.NONE,
        governing_limit=None,
        policy_anchor=None,
        expires_at=None,
        authority_ends_at=ends_at,
        violations=violations,
        derivation=Derivation(given.zone, eligible, refused=refused),
    )
