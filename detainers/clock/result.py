"""What the clock answers, and the derivation as data from which every screen makes its sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from detainers.clock.counting import DayReason, ExcludedDay
from detainers.clock.facts import Anchor, Reason, Rule, Source, Status

OVER_HOLD = "OVER_HOLD"
HELD_BEFORE_SERVICE = "HELD_BEFORE_SERVICE"
RECEIVED_AFTER_ELIGIBLE = "RECEIVED_AFTER_ELIGIBLE"
SAME_DAY_2359 = "SAME_DAY_2359"
HOURS_CAP = "HOURS_CAP"


@dataclass(frozen=True, slots=True)
class Violation:
    """A span of custody that the rules do not cover."""

    code: str
    duration: timedelta

    def __str__(self) -> str:
        return f"{self.code}:{iso_duration(self.duration)}"


@dataclass(frozen=True, slots=True)
class LimitConsidered:
    """One limit, whether or not it governed in the end."""

    source: Source
    code: str
    method: str
    hours: int | None
    anchor: Anchor
    anchor_at: datetime
    expires_at: datetime
    excluded_days: tuple[ExcludedDay, ...] = ()
    citation: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the answer came about. `governing` is an index into `limits`."""

    zone: str
    release_eligible_at: datetime | None
    limits: tuple[LimitConsidered, ...] = ()
    governing: int | None = None
    refused: tuple[tuple[str, Reason], ...] = ()

    @property
    def governing_limit(self) -> LimitConsidered | None:
        return None if self.governing is None else self.limits[self.governing]

    @property
    def excluded_days(self) -> tuple[ExcludedDay, ...]:
        """The days that the governing limit did not count."""
        limit = self.governing_limit
        return limit.excluded_days if limit else ()

    @property
    def citations(self) -> tuple[str, ...]:
        """Each source once, in the order in which it was considered."""
        return tuple(dict.fromkeys(limit.citation for limit in self.limits if limit.citation))

    def as_json(self) -> dict[str, Any]:
        """Plain JSON with instants in UTC; `derivation_from_json` reads it back."""
        return {
            "zone": self.zone,
            "release_eligible_at": _text(self.release_eligible_at),
            "limits": [_limit_json(limit) for limit in self.limits],
            "governing": self.governing,
            "refused": [[reference, reason.value] for reference, reason in self.refused],
        }


@dataclass(frozen=True, slots=True)
class ClockResult:
    """The answer for one custody episode."""

    status: Status
    reason: Reason | None
    rule: Rule
    governing_limit: Source | None
    policy_anchor: Anchor | None
    expires_at: datetime | None
    authority_ends_at: datetime | None
    violations: tuple[Violation, ...]
    derivation: Derivation
    starts_at: datetime | None = None
    document: int | None = None

    @property
    def hold_on_detainer_permitted(self) -> bool:
        return self.expires_at is not None

    @property
    def expires_local(self) -> datetime | None:
        return None if self.expires_at is None else self.expires_at.astimezone(ZoneInfo(self.derivation.zone))

    def sentences(self) -> list[str]:
        """The derivation in words, the outcome last."""
        from detainers.clock.sentences import result_sentences

        return result_sentences(self)


def iso_duration(span: timedelta) -> str:
    """`PT16H`, `PT1H40M`, `PT5M30S`: hours are not folded into days."""
    total = int(span.total_seconds())
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n]
    return "PT" + ("".join(parts) or "0S")


def derivation_from_json(data: dict[str, Any]) -> Derivation:
    """Read back what `Derivation.as_json` wrote."""
    return Derivation(
        zone=data["zone"],
        release_eligible_at=_instant(data["release_eligible_at"]),
        limits=tuple(_limit_from_json(item) for item in data["limits"]),
        governing=data["governing"],
        refused=tuple((reference, Reason(reason)) for reference, reason in data["refused"]),
    )


def _limit_json(limit: LimitConsidered) -> dict[str, Any]:
    return {
        "source": limit.source.value,
        "code": limit.code,
        "method": limit.method,
        "hours": limit.hours,
        "anchor": limit.anchor.value,
        "anchor_at": _text(limit.anchor_at),
        "expires_at": _text(limit.expires_at),
        "excluded_days": [
            {"day": day.day.isoformat(), "reason": day.reason.value, "name": day.name}
            for day in limit.excluded_days
        ],
        "citation": limit.citation,
        "reference": limit.reference,
    }


def _limit_from_json(data: dict[str, Any]) -> LimitConsidered:
    return LimitConsidered(
        source=Source(data["source"]),
        code=data["code"],
        method=data["method"],
        hours=data["hours"],
        anchor=Anchor(data["anchor"]),
        anchor_at=datetime.fromisoformat(data["anchor_at"]),
        expires_at=datetime.fromisoformat(data["expires_at"]),
        excluded_days=tuple(
            ExcludedDay(date.fromisoformat(day["day"]), DayReason(day["reason"]), day["name"])
            for day in data["excluded_days"]
        ),
        citation=data["citation"],
        reference=data["reference"],
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
