"""The months a page of statistics is about, in the jail's own time. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats


@dataclass(frozen=True)
class Month:
    """From the first local midnight up to, and without, the first of the next month. `is_running` is the one we are in."""

    starts_at: datetime
    ends_at: datetime
    is_running: bool

    @property
    def name(self) -> str:
        return formats.date_format(self.starts_at, "F Y")

    @property
    def short(self) -> str:
        return formats.date_format(self.starts_at, "M")


def last_months(count: int, *, at: datetime, zone: ZoneInfo) -> tuple[Month, ...]:
    """The month that holds `at` and the `count - 1` before it, oldest first. Raises ValueError for fewer than one."""
    if count < 1:
        raise ValueError("At least one month.")
    local = at.astimezone(zone)
    first = local.year * 12 + local.month - 1
    starts = [_start(first - back, zone) for back in range(count - 1, -2, -1)]
    return tuple(Month(one, two, one <= at < two) for one, two in itertools.pairwise(starts))


def _start(number: int, zone: ZoneInfo) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=zone)
