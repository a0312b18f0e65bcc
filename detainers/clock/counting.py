"""Counting hours: elapsed, or only on days that are not Saturday, Sunday or a federal holiday.

All arithmetic is on UTC instants. A local day runs from one local midnight to the next, so a day of a clock
change has 23 or 25 real hours. Holidays are those of 5 U.S.C. 6103 with their observed weekday; closures by
executive order are not holidays and count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

LAST_MINUTE = time(23, 59)


class DayReason(StrEnum):
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"
    FEDERAL_HOLIDAY = "FEDERAL_HOLIDAY"


@dataclass(frozen=True, slots=True)
class ExcludedDay:
    """A local date whose hours were not counted."""

    day: date
    reason: DayReason
    name: str = ""


@lru_cache(maxsize=64)
def federal_holidays(year: int) -> Mapping[date, str]:
    """Holidays and observed days that fall in `year`.

    The years on both sides are loaded as well: 31 December can be the observed New Year of the next one.
    """
    years = holidays.country_holidays("US", years=(year - 1, year, year + 1), observed=True, expand=False)
    return MappingProxyType({day: name for day, name in years.items() if day.year == year})


def why_excluded(day: date) -> ExcludedDay | None:
    """The reason for which a local date does not count, or None when it counts."""
    holiday = federal_holidays(day.year).get(day)
    if holiday is not None:
        return ExcludedDay(day, DayReason.FEDERAL_HOLIDAY, holiday)
    if day.weekday() == 5:
        return ExcludedDay(day, DayReason.SATURDAY)
    if day.weekday() == 6:
        return ExcludedDay(day, DayReason.SUNDAY)
    return None


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC."""
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a local date begins."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=16384)
def local_day(day: date, zone: ZoneInfo) -> tuple[datetime, date, ExcludedDay | None]:
    """When a local date ends (in UTC), the next date, and why this one does not count, if it does not."""
    following = day + timedelta(days=1)
    return local_midnight(following, zone), following, why_excluded(day)


def add_elapsed(start: datetime, hours: int) -> datetime:
    """`hours` real hours after `start`, in UTC: a change of the local clock does not matter."""
    return in_utc(start) + timedelta(hours=hours)


def add_counted(start: datetime, hours: int, zone: ZoneInfo) -> tuple[datetime, tuple[ExcludedDay, ...]]:
    """The instant at which `hours` have passed on days that count, and the days that did not.

    A count that fills a day ends at the next local midnight.
    """
    at = in_utc(start)
    remaining = timedelta(hours=hours)
    excluded: list[ExcludedDay] = []
    day = start.astimezone(zone).date()
    while True:
        day_ends, following, left_out = local_day(day, zone)
        if left_out is not None:
            excluded.append(left_out)
        elif day_ends - at >= remaining:
            return at + remaining, tuple(excluded)
        else:
            remaining -= day_ends - at
        at, day = day_ends, following


def end_of_same_day(start: datetime, zone: ZoneInfo) -> datetime:
    """23:59 on the local date of `start`."""
    day = start.astimezone(zone).date()
    return datetime.combine(day, LAST_MINUTE, tzinfo=zone).astimezone(UTC)
