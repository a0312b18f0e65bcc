"""The derivation in plain sentences. One place, so that screen, PDF, API and command line say the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from detainers.clock.counting import DayReason, ExcludedDay
from detainers.clock.facts import Anchor, Reason, Rule, Source, Status
from detainers.clock.result import (
    HELD_BEFORE_SERVICE,
    OVER_HOLD,
    RECEIVED_AFTER_ELIGIBLE,
    SAME_DAY_2359,
    ClockResult,
    Derivation,
    LimitConsidered,
    Violation,
)

REASONS: dict[Reason, str] = {
    Reason.LOCAL_CUSTODY_CONTINUES: "A local ground still holds the person, so no detainer clock runs.",
    Reason.JUDICIAL_WARRANT: "A warrant signed by a judge carries the custody; no detainer clock runs.",
    Reason.NO_DETAINER: "There is no detainer, so nothing holds the person after the local grounds.",
    Reason.RECEIVED_AFTER_RELEASE: "The detainer arrived after the person had left; record it and decline.",
    Reason.FORM_IS_NOTIFICATION_ONLY: "This edition of the form asks for notice of release, not for custody.",
    Reason.FACIALLY_DEFICIENT: "The form is facially deficient, so it gives no ground to hold.",
    Reason.POLICY_FORBIDS_HOLD: "The policy of this place gives no authority to hold on this detainer.",
    Reason.LIFTED_BEFORE_RELEASE: "The detainer had been lifted before the person could be released.",
    Reason.NOT_SERVED: "This edition takes effect only when a copy is served; none was served in time.",
    Reason.LIMIT_ALREADY_OVER: "The earliest limit was already over before the detainer could take effect.",
}

VIOLATIONS: dict[str, str] = {
    OVER_HOLD: "Custody went on for {span} after authority had ended.",
    HELD_BEFORE_SERVICE: "Custody lasted {span} past the release time before a copy was served.",
    RECEIVED_AFTER_ELIGIBLE: "Custody lasted {span} past the release time before the detainer was received.",
}


def result_sentences(result: ClockResult) -> list[str]:
    """Derivation first, then the outcome, then each violation."""
    lines = derivation_sentences(result.derivation)
    lines.extend(_outcome(result))
    lines.extend(violation_sentence(violation) for violation in result.violations)
    return lines


def derivation_sentences(derivation: Derivation) -> list[str]:
    """From the anchor over every limit considered to the one that governs, with its citations."""
    zone = ZoneInfo(derivation.zone)
    lines = []
    if derivation.release_eligible_at is not None:
        lines.append(
            f"The last local ground ended on {local(derivation.release_eligible_at, zone)}; "
            "from then the person is eligible for release."
        )
    lines.extend(f"{reference}: {REASONS[reason]}" for reference, reason in derivation.refused)
    for limit in derivation.limits:
        lines.append(_limit(limit, zone))
        lines.extend(_excluded(day) for day in limit.excluded_days)
    governing = derivation.governing_limit
    if governing is not None:
        whose = "the form" if governing.source is Source.FORM else f"policy {governing.code}"
        lines.append(f"The earliest limit governs: {whose}, {local(governing.expires_at, zone)}.")
    return lines


def violation_sentence(violation: Violation) -> str:
    return VIOLATIONS[violation.code].format(span=spoken(violation.duration))


def local(instant: datetime, zone: ZoneInfo) -> str:
    """`Fri 20 Mar 2026 17:00 EDT`, with seconds only where there are any."""
    wall = instant.astimezone(zone)
    clock = f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"
    return f"{wall:%a} {wall.day} {wall:%b %Y} {clock} {wall:%Z}"


def spoken(span: timedelta) -> str:
    """`16 hours`, `1 hour 40 minutes`, `under a minute`."""
    minutes = int(span.total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(f"{hours} hour{'s' if hours != 1 else ''}")
    if minutes:
        parts.append(f"{minutes} minute{'s' if minutes != 1 else ''}")
    return " ".join(parts) or "under a minute"


def _limit(limit: LimitConsidered, zone: ZoneInfo) -> str:
    since = "the release time" if limit.anchor is Anchor.RELEASE_ELIGIBLE else "receipt of the detainer"
    source = f" ({limit.citation})" if limit.citation else ""
    end = local(limit.expires_at, zone)
    if limit.method == SAME_DAY_2359:
        return f"Policy {limit.code}{source}: not past 23:59 on the day of the release time, so until {end}."
    whose = f"Form {limit.code}" if limit.source is Source.FORM else f"Policy {limit.code}"
    how = "every hour counts"
    if limit.method == Rule.EXCL_48 or limit.excluded_days:
        how = "Saturdays, Sundays and federal holidays do not count"
    when = local(limit.anchor_at, zone)
    return f"{whose}{source}: {limit.hours} hours from {since}, {when}; {how}; until {end}."


def _excluded(day: ExcludedDay) -> str:
    why = {DayReason.SATURDAY: "a Saturday", DayReason.SUNDAY: "a Sunday"}.get(
        day.reason, f"a holiday ({day.name})"
    )
    return f"{day.day:%a} {day.day.day} {day.day:%b %Y} does not count: {why}."


def _outcome(result: ClockResult) -> list[str]:
    zone = ZoneInfo(result.derivation.zone)
    if result.reason is not None:
        lines = [REASONS[result.reason]]
        if result.authority_ends_at is not None:
            lines.append(f"Authority to hold ended on {local(result.authority_ends_at, zone)}.")
        return lines
    if result.authority_ends_at is None:
        return []
    end = local(result.authority_ends_at, zone)
    words = {
        Status.EXPIRES: f"Authority to hold ends on {end}.",
        Status.ENDED_LIFTED: f"The detainer was lifted; authority to hold ended on {end}.",
        Status.ENDED_RELEASED: f"The person was released on {end}; the hold ended then.",
        Status.ENDED_ICE_CUSTODY: f"ICE took custody on {end}; the hold ended then.",
        Status.OVERHELD: f"Authority to hold ended on {end}, before custody did.",
    }
    return [words[result.status]]
