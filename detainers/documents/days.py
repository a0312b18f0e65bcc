"""The days of a hold as fractions of local days, for the strip that is printed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from detainers.clock import ExcludedDay

MOST = 12


def strip(
    *, start: datetime, end: datetime, custody_until: datetime, excluded: Sequence[ExcludedDay], zone: str
) -> list[dict[str, Any]]:
    """One entry for each local day from `start` to the end of authority or of custody, at most `MOST`.

    `from`, `to`: where the day counts; `over_from`, `over_to`: custody after authority; `end`: where authority ends, on
    other days -1. All are fractions of the day.
    """
    info = ZoneInfo(zone)
    first, last = start.astimezone(info).date(), max(end, custody_until).astimezone(info).date()
    why = {item.day: item.name or item.reason.value.replace("_", " ").capitalize() for item in excluded}
    days = [first + timedelta(days=n) for n in range(min((last - first).days + 1, MOST))]
    return [_day(day, start, end, custody_until, why.get(day, ""), info) for day in days]


def _day(
    day: date, start: datetime, end: datetime, custody_until: datetime, why: str, zone: ZoneInfo
) -> dict[str, Any]:
    begin = datetime.combine(day, time(), zone).timestamp()
    close = datetime.combine(day + timedelta(days=1), time(), zone).timestamp()

    def part(moment: datetime) -> float:
        return round(min(max((moment.timestamp() - begin) / (close - begin), 0.0), 1.0), 4)

    is_end = begin <= end.timestamp() < close
    return {
        "name": f"{day:%a} {day.day} {day:%b}",
        "why": why,
        "from": part(start),
        "to": part(end),
        "over_from": part(end),
        "over_to": part(max(custody_until, end)),
        "end": part(end) if is_end else -1,
    }


def words(days: Sequence[dict[str, Any]], starts: str, ends: str, late: str) -> str:
    """The same in a sentence, for whoever cannot see the strip."""
    skipped = [f"{day['name']} ({day['why']})" for day in days if day["why"]]
    said = f"The time runs from {starts} to {ends}."
    said += f" Not counted: {', '.join(skipped)}." if skipped else " Every day counts."
    return f"{said} {late}".strip()
