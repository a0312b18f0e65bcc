"""The clock's derivation as a strip of days: excluded ones hatched, the deadline flagged. Geometry only. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from desk import clockwords
from detainers.clock import ExcludedDay

WIDTH = 720.0
MOST_DAYS = 10


@dataclass(frozen=True)
class Day:
    """One local day of the strip."""

    x: float
    width: float
    name: str
    date: str
    why: str

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def is_excluded(self) -> bool:
        return bool(self.why)


@dataclass(frozen=True)
class Span:
    """A stretch of time within one day."""

    x: float
    width: float


@dataclass(frozen=True)
class Mark:
    """One instant: where it lies, and its words."""

    x: float
    words: str

    @property
    def anchor(self) -> str:
        """Which way the words run, so that they stay inside the picture."""
        return "end" if self.x > WIDTH * 0.7 else "start"

    @property
    def text_x(self) -> float:
        return self.x - 6 if self.anchor == "end" else self.x + 6

    @property
    def flag_x(self) -> float:
        """The same beside a flag."""
        return self.x - 20 if self.anchor == "end" else self.x + 20


@dataclass(frozen=True)
class Strip:
    """Everything the template draws, rounded to tenths."""

    days: tuple[Day, ...]
    runs: tuple[Span, ...]
    over: tuple[Span, ...]
    start: Mark | None
    deadline: Mark
    now: Mark | None
    title: str
    description: str


@dataclass(frozen=True)
class _Scale:
    """Local days of equal width; a day with a changed clock keeps its true length inside its cell."""

    first: date
    count: int
    zone: ZoneInfo

    @property
    def cell(self) -> float:
        return WIDTH / self.count

    def midnight(self, index: int) -> datetime:
        return datetime.combine(self.first + timedelta(days=index), time(), self.zone)

    def x(self, moment: datetime) -> float:
        index = (moment.astimezone(self.zone).date() - self.first).days
        if index < 0:
            return 0.0
        if index >= self.count:
            return WIDTH
        begin, end = self.midnight(index).timestamp(), self.midnight(index + 1).timestamp()
        return round(self.cell * (index + (moment.timestamp() - begin) / (end - begin)), 1)


def draw(
    *,
    start: datetime,
    end: datetime,
    excluded: Sequence[ExcludedDay],
    zone: str,
    now: datetime,
    custody_until: datetime,
) -> Strip:
    """The strip from `start` to the end of authority, and on to where custody ended if that was later."""
    info = ZoneInfo(zone)
    first = start.astimezone(info).date()
    last = max(end, custody_until).astimezone(info).date()
    scale = _Scale(first, min((last - first).days + 1, MOST_DAYS), info)
    why = {item.day: item.name or item.reason.value.replace("_", " ").capitalize() for item in excluded}
    starts, ends = (clockwords.short(moment, zone, now=now) for moment in (start, end))
    skipped = ", ".join(f"{day:%a} {day.day} {day:%b} ({name})" for day, name in why.items())
    return Strip(
        days=tuple(_day(scale, index, why) for index in range(scale.count)),
        runs=_spans(scale, start, end, frozenset(why)),
        over=_spans(scale, end, custody_until, frozenset()),
        start=Mark(scale.x(start), _("Begins %(when)s") % {"when": starts}) if start < end else None,
        deadline=Mark(scale.x(end), _("Authority ends %(when)s") % {"when": ends}),
        now=Mark(scale.x(now), _("Now")) if first <= now.astimezone(info).date() <= last else None,
        title=_("The clock from %(start)s to %(end)s") % {"start": starts, "end": ends},
        description=_("Days that do not count: %(days)s.") % {"days": skipped}
        if skipped
        else _("Every day counts."),
    )


def _day(scale: _Scale, index: int, why: dict[date, str]) -> Day:
    day = scale.first + timedelta(days=index)
    return Day(
        x=round(scale.cell * index, 1),
        width=round(scale.cell, 1),
        name=f"{day:%a}",
        date=f"{day.day} {day:%b}",
        why=why.get(day, ""),
    )


def _spans(scale: _Scale, begin: datetime, end: datetime, skip: frozenset[date]) -> tuple[Span, ...]:
    """The stretch from begin to end, day by day, without the days that do not count."""
    found = []
    for index in range(scale.count):
        if scale.first + timedelta(days=index) in skip:
            continue
        left = max(begin, scale.midnight(index))
        right = min(end, scale.midnight(index + 1))
        if left < right:
            x, until = (
                scale.x(left),
                scale.cell * (index + 1) if right == scale.midnight(index + 1) else scale.x(right),
            )
            found.append(Span(x, round(until - x, 1)))
    return tuple(found)
