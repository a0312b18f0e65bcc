"""The rule set of the hold clock: pure, from facts to an answer with its derivation.

A detainer is a request that asks for at most the hours printed on its own edition. A policy of the place
can only shorten that. Of all limits the earliest governs; a second detainer restarts nothing; lift, ICE
custody and release end the hold at once; a paper that never took effect gives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from detainers.clock.counting import add_counted, add_elapsed, end_of_same_day
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


@dataclass(frozen=True, slots=True)
class _Live:
    """A document that took effect, from when, and the limits it brings."""

    index: int
    document: Document
    effective_at: datetime
    limits: tuple[LimitConsidered, ...]

    @property
    def own_end(self) -> datetime:
        return min(limit.expires_at for limit in self.limits)


def compute(given: ClockInput) -> ClockResult:
    """Answer for one custody episode. Raises ClockInputError when the facts contradict each other."""
    check(given)
    if given.release_eligible_at is None:
        return _without_clock(given, Status.NOT_STARTED, Reason.LOCAL_CUSTODY_CONTINUES, None, ())
    eligible = given.release_eligible_at.astimezone(UTC)
    answer = _on_documents(given, eligible)
    warrant_at = given.judicial_warrant_at
    left_at = given.custody_ended_at
    if warrant_at is not None and (left_at is None or warrant_at < left_at):
        return _on_warrant(given, answer, warrant_at.astimezone(UTC))
    return answer


def _on_documents(given: ClockInput, eligible: datetime) -> ClockResult:
    live: list[_Live] = []
    refused: list[tuple[str, Reason]] = []
    for index, document in enumerate(given.documents):
        found = _take_effect(given, index, document, eligible)
        if isinstance(found, _Live):
            live.append(found)
        else:
            refused.append((document.reference or document.form.code, found))
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
    moments = [eligible, document.received_at.astimezone(UTC)]
    if document.form.service_required and served_at is not None:
        moments.append(served_at.astimezone(UTC))
    live = _Live(index, document, max(moments), _limits(given, document, eligible))
    if document.lifted_at is not None and document.lifted_at <= live.effective_at:
        return Reason.NOT_SERVED
    if live.effective_at >= live.own_end:
        return Reason.LIMIT_ALREADY_OVER
    return live


def _limits(given: ClockInput, document: Document, eligible: datetime) -> tuple[LimitConsidered, ...]:
    zone = ZoneInfo(given.zone)
    form = document.form
    excluding = form.rule is Rule.EXCL_48
    form_limit = _counted(
        Source.FORM,
        form.code,
        form.rule.value,
        form.hours,
        Anchor.RELEASE_ELIGIBLE,
        eligible,
        excluding,
        zone,
    )
    limits = [replace(form_limit, citation=form.citation)]
    for row in given.policies_for(document):
        limits.extend(_policy_limits(row, document, eligible, zone))
    return tuple(replace(limit, reference=document.reference) for limit in limits)


def _policy_limits(
    row: PolicyLimits, document: Document, eligible: datetime, zone: ZoneInfo
) -> list[LimitConsidered]:
    received = document.received_at.astimezone(UTC)
    anchor_at = eligible if row.anchor is Anchor.RELEASE_ELIGIBLE else received
    excluding = row.counting is Counting.EXCLUDING
    if row.counting is Counting.AS_FORM:
        excluding = document.form.rule is Rule.EXCL_48
    limits = []
    if row.hours is not None:
        limits.append(
            _counted(
                Source.POLICY,
                row.code,
                HOURS_CAP,
                row.hours,
                row.anchor,
                anchor_at,
                excluding,
                zone,
            )
        )
    if row.same_day_2359:
        end = end_of_same_day(eligible, zone)
        limits.append(
            LimitConsidered(
                Source.POLICY, row.code, SAME_DAY_2359, None, Anchor.RELEASE_ELIGIBLE, eligible, end
            )
        )
    return [replace(limit, citation=row.citation) for limit in limits]


def _counted(
    source: Source,
    code: str,
    method: str,
    hours: int,
    anchor: Anchor,
    anchor_at: datetime,
    excluding: bool,
    zone: ZoneInfo,
) -> LimitConsidered:
    if excluding:
        expires_at, excluded = add_counted(anchor_at, hours, zone)
        return LimitConsidered(source, code, method, hours, anchor, anchor_at, expires_at, excluded)
    return LimitConsidered(source, code, method, hours, anchor, anchor_at, add_elapsed(anchor_at, hours))


def _hold(
    given: ClockInput, eligible: datetime, live: list[_Live], refused: tuple[tuple[str, Reason], ...]
) -> ClockResult:
    """The documents that took effect give one deadline: the earliest limit of any of them."""
    limits = tuple(limit for item in live for limit in item.limits)
    governing = min(
        range(len(limits)), key=lambda n: (limits[n].expires_at, limits[n].source is Source.POLICY)
    )
    expires_at = limits[governing].expires_at
    owner = _owner(live, governing)
    spans = _spans(live, expires_at)
    status, ends_at, violations = _outcome(given, eligible, spans, expires_at)
    first = min(live, key=lambda item: item.effective_at)
    return ClockResult(
        status=status,
        reason=None,
        rule=owner.document.form.rule,
        governing_limit=limits[governing].source,
        policy_anchor=_policy_anchor(given, owner.document, limits[governing]),
        expires_at=expires_at,
        authority_ends_at=ends_at,
        violations=(*_late_papers(first, eligible), *violations),
        derivation=Derivation(given.zone, eligible, limits, governing, refused),
        starts_at=spans[0][0],
        document=owner.index,
    )


def _owner(live: list[_Live], governing: int) -> _Live:
    for item in live:
        if governing < len(item.limits):
            return item
        governing -= len(item.limits)
    raise AssertionError("the governing limit belongs to a document")


def _policy_anchor(given: ClockInput, document: Document, governing: LimitConsidered) -> Anchor:
    if governing.source is Source.POLICY:
        return governing.anchor
    return given.policies_for(document)[0].anchor


def _spans(live: list[_Live], expires_at: datetime) -> list[tuple[datetime, datetime]]:
    """Stretches of authority, joined where one document takes over from another."""
    raw = []
    for item in live:
        lifted = item.document.lifted_at
        end = expires_at if lifted is None else min(expires_at, lifted.astimezone(UTC))
        if item.effective_at < end:
            raw.append((item.effective_at, end))
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(raw):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _outcome(
    given: ClockInput, eligible: datetime, spans: list[tuple[datetime, datetime]], expires_at: datetime
) -> tuple[Status, datetime, list[Violation]]:
    left_at = given.custody_ended_at
    over = []
    for (_, gap_from), (gap_to, _) in pairwise(spans):
        until = gap_to if left_at is None else min(gap_to, left_at)
        if until > gap_from:
            over.append(Violation(OVER_HOLD, until - gap_from))
    begun = [span for span in spans if left_at is None or span[0] < left_at] or spans[:1]
    ends_at = begun[-1][1]
    if left_at is None:
        return (Status.EXPIRES if ends_at == expires_at else Status.ENDED_LIFTED), ends_at, over
    if left_at > ends_at:
        return Status.OVERHELD, ends_at, [*over, Violation(OVER_HOLD, left_at - ends_at)]
    to_ice = given.ice_custody_at is not None and given.ice_custody_at == left_at
    return (Status.ENDED_ICE_CUSTODY if to_ice else Status.ENDED_RELEASED), left_at.astimezone(UTC), over


def _late_papers(first: _Live, eligible: datetime) -> list[Violation]:
    """Custody between release-eligibility and the moment the first effective paper was there, and served."""
    found = []
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


def _on_warrant(given: ClockInput, answer: ClockResult, warrant_at: datetime) -> ClockResult:
    """A judge's warrant carries the custody; only time before it that nothing covered is a violation."""
    eligible = answer.derivation.release_eligible_at
    kept: list[Violation] = []
    covered_until = eligible
    if answer.starts_at is not None and warrant_at > answer.starts_at:
        kept = [violation for violation in answer.violations if violation.code != OVER_HOLD]
        covered_until = answer.authority_ends_at
    if covered_until is not None and warrant_at > covered_until:
        kept.append(Violation(OVER_HOLD, warrant_at - covered_until))
    return _without_clock(given, Status.HELD_ON_OTHER_AUTHORITY, Reason.JUDICIAL_WARRANT, None, tuple(kept))


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
