"""A second clock that counts one minute after the other. It shares no code, table or library with the first.

Instants are whole minutes since 1970 in UTC. What a form asks is typed here from the forms, what a policy allows is given as
plain values, holidays follow the words of 5 U.S.C. 6103. Slow and simple on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Counts without weekends and holidays; asks for custody; takes effect only when served.
EDITIONS = {
    "I-247_2010-08": (True, True, False),
    "I-247_2011-06": (True, True, False),
    "I-247_2011-12": (True, True, False),
    "I-247_2012-12": (True, True, False),
    "I-247N_2015": (False, False, False),
    "I-247D_2015": (False, True, True),
    "I-247X_2015": (False, True, True),
    "I-247A_2017": (False, True, True),
    "I-247A_2025-05": (False, True, True),
}
NEAREST_LAST = (
    "NO_DETAINER",
    "RECEIVED_AFTER_RELEASE",
    "FORM_IS_NOTIFICATION_ONLY",
    "FACIALLY_DEFICIENT",
    "POLICY_FORBIDS_HOLD",
    "LIFTED_BEFORE_RELEASE",
    "NOT_SERVED",
    "LIMIT_ALREADY_OVER",
)


@dataclass(frozen=True)
class Law:
    """One policy: may it be held, for how many hours from what, counted how, and not past 23:59 of the day?"""

    code: str
    hold: bool
    hours: int | None = None
    from_receipt: bool = False
    counting: str = "as_form"
    same_day: bool = False


@dataclass(frozen=True)
class Paper:
    edition: str
    received: int
    served: int | None
    lifted: int | None
    deficient: bool
    laws: tuple[Law, ...]


@dataclass(frozen=True)
class Episode:
    zone: str
    eligible: int | None
    papers: tuple[Paper, ...]
    released: int | None = None
    ice: int | None = None
    warrant: int | None = None

    @property
    def left(self) -> int | None:
        return min((t for t in (self.released, self.ice) if t is not None), default=None)


@dataclass(frozen=True)
class Answer:
    """What the oracle says: `over` are the violations as pairs of name and minutes."""

    status: str
    reason: str | None
    expires: int | None
    ends: int | None
    over: tuple[tuple[str, int], ...]


def nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month, Monday being 0."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


@lru_cache(maxsize=256)
def statute(year: int) -> frozenset[date]:
    """5 U.S.C. 6103(a) and the observed days of (b), for the year and both New Years around it."""
    memorial = date(year, 5, 31)
    memorial -= timedelta(days=memorial.weekday())
    fixed = [date(year, 1, 1), date(year + 1, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= 2021:
        fixed.append(date(year, 6, 19))
    floating = [nth(year, 1, 0, 3), nth(year, 2, 0, 3), memorial, nth(year, 9, 0, 1), nth(year, 10, 0, 2)]
    observed = [day - timedelta(days=1) for day in fixed if day.weekday() == 5]
    observed += [day + timedelta(days=1) for day in fixed if day.weekday() == 6]
    return frozenset([*fixed, *floating, nth(year, 11, 3, 4), *observed])


def instant(minute: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def minute_of(at: datetime) -> int:
    return int(at.timestamp()) // 60


@lru_cache(maxsize=1 << 18)
def _wall_of_quarter(quarter: int, zone: str) -> tuple[date, bool]:
    """The local date at a quarter of an hour, and whether that day counts.

    Offsets and changes of the clock of every zone here lie on whole quarters; a test says so.
    """
    wall = instant(quarter * 15).astimezone(ZoneInfo(zone))
    day = wall.date()
    return day, day.weekday() < 5 and day not in statute(day.year)


def count(start: int, hours: int, zone: str, *, excluding: bool) -> int:
    """The minute at which so many hours have been counted."""
    at, counted = start, 0
    while counted < hours * 60:
        if not excluding or _wall_of_quarter(at // 15, zone)[1]:
            counted += 1
        at += 1
    return at


def last_minute_of_day(start: int, zone: str) -> int:
    """23:59 on the local day of `start`, found by walking there: forwards, or one minute back."""
    day = _wall_of_quarter(start // 15, zone)[0]
    at = start
    while _wall_of_quarter(at // 15, zone)[0] == day:
        at += 1
    return at - 1


def limits(paper: Paper, eligible: int, zone: str) -> Iterator[int]:
    """Every limit that a paper that takes effect brings."""
    excluding = EDITIONS[paper.edition][0]
    yield count(eligible, 48, zone, excluding=excluding)
    for law in paper.laws:
        if law.hours is not None:
            without = {"as_form": excluding, "elapsed": False, "excluding": True}[law.counting]
            start = paper.received if law.from_receipt else eligible
            yield count(start, law.hours, zone, excluding=without)
        if law.same_day:
            yield last_minute_of_day(eligible, zone)


def effect(paper: Paper, episode: Episode, eligible: int) -> int | str:
    """The minute from which a paper carries custody, or why it never does."""
    left = episode.left
    _, asks, needs_service = EDITIONS[paper.edition]
    if left is not None and not paper.received < left:
        return "RECEIVED_AFTER_RELEASE"
    if not asks:
        return "FORM_IS_NOTIFICATION_ONLY"
    if paper.deficient:
        return "FACIALLY_DEFICIENT"
    if not paper.laws or not all(law.hold for law in paper.laws):
        return "POLICY_FORBIDS_HOLD"
    there = max(eligible, paper.received)
    if paper.lifted is not None and paper.lifted <= there:
        return "LIFTED_BEFORE_RELEASE"
    if needs_service:
        if paper.served is None or (left is not None and paper.served >= left):
            return "NOT_SERVED"
        there = max(there, paper.served)
        if paper.lifted is not None and paper.lifted <= there:
            return "NOT_SERVED"
    if any(limit <= there for limit in limits(paper, eligible, episode.zone)):
        return "LIMIT_ALREADY_OVER"
    return there


def answer(episode: Episode) -> Answer:
    """Minute by minute from the release time: is anything carrying this person?"""
    eligible, left = episode.eligible, episode.left
    if eligible is None:
        return Answer("NOT_STARTED", "LOCAL_CUSTODY_CONTINUES", None, None, ())
    begins = [(paper, effect(paper, episode, eligible)) for paper in episode.papers]
    live = [(paper, found) for paper, found in begins if isinstance(found, int)]
    on_warrant = episode.warrant is not None and (left is None or episode.warrant < left)
    watched = episode.warrant if on_warrant else left
    if not live:
        return _nothing(episode, eligible, [found for _, found in begins if isinstance(found, str)])
    expires = min(limit for paper, _ in live for limit in limits(paper, eligible, episode.zone))
    carried = [
        any(begin <= at and (paper.lifted is None or at < paper.lifted) for paper, begin in live)
        for at in range(eligible, expires)
    ]
    runs = list(_runs(carried, eligible, watched))
    if on_warrant:
        assert episode.warrant is not None
        return _warrant(episode.warrant, eligible, live, runs)
    papers = tuple(_papers(live, eligible))
    ends = runs[-1][1]
    over = [*papers, *(("OVER_HOLD", gap) for gap in _gaps(runs, left))]
    if left is None:
        return Answer("EXPIRES" if ends == expires else "ENDED_LIFTED", None, expires, ends, tuple(over))
    if left > ends:
        return Answer("OVERHELD", None, expires, ends, tuple(over))
    how = "ENDED_ICE_CUSTODY" if episode.ice == left else "ENDED_RELEASED"
    return Answer(how, None, expires, left, tuple(over))


def _nothing(episode: Episode, eligible: int, reasons: Iterable[str]) -> Answer:
    reason = max([*reasons, "NO_DETAINER"], key=NEAREST_LAST.index)
    left, warrant = episode.left, episode.warrant
    if warrant is not None and (left is None or warrant < left):
        over = (("OVER_HOLD", warrant - eligible),) if warrant > eligible else ()
        return Answer("HELD_ON_OTHER_AUTHORITY", "JUDICIAL_WARRANT", None, None, over)
    late = left is not None and left > eligible and reason != "RECEIVED_AFTER_RELEASE"
    over = (("OVER_HOLD", left - eligible),) if late and left is not None else ()
    return Answer("NO_HOLD", reason, None, eligible, over)


def _warrant(
    warrant: int, eligible: int, live: list[tuple[Paper, int]], runs: list[tuple[int, int]]
) -> Answer:
    before = [(paper, begin) for paper, begin in live if begin < warrant]
    over: list[tuple[str, int]] = []
    if before:
        over = [*_papers(before, eligible), *(("OVER_HOLD", gap) for gap in _gaps(runs, warrant))]
    elif warrant > eligible:
        over = [("OVER_HOLD", warrant - eligible)]
    return Answer("HELD_ON_OTHER_AUTHORITY", "JUDICIAL_WARRANT", None, None, tuple(over))


def _runs(carried: list[bool], start: int, until: int | None) -> Iterator[tuple[int, int]]:
    """Stretches of carried minutes that began before `until`, or at the very start."""
    begun: int | None = None
    for at, now in enumerate([*carried, False], start=start):
        if now and begun is None:
            begun = at
        elif not now and begun is not None:
            if until is None or begun < until or begun == start:
                yield begun, at
            begun = None


def _gaps(runs: list[tuple[int, int]], until: int | None) -> Iterator[int]:
    """Minutes of each stretch after the first run in which the person was there and nothing carried it."""
    starts = [start for start, _ in runs[1:]]
    for (_, end), following in zip(runs, [*starts, until], strict=True):
        stop = following if until is None or following is None else min(following, until)
        if stop is not None and stop > end:
            yield stop - end


def _papers(live: list[tuple[Paper, int]], eligible: int) -> Iterator[tuple[str, int]]:
    """How late the first paper that carried custody was received, and served."""
    paper, _ = min(live, key=lambda item: item[1])
    if paper.received > eligible:
        yield "RECEIVED_AFTER_ELIGIBLE", paper.received - eligible
    if EDITIONS[paper.edition][2] and paper.served is not None and paper.served > eligible:
        yield "HELD_BEFORE_SERVICE", paper.served - eligible
