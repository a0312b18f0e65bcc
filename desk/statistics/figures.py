"""The figures, counted in PostgreSQL under the scope of whoever asks, one statement each.

Hours are given to the months they lie in; everything else to the month in which it happened, in the jail's time zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Agency
from desk.statistics.months import Month

_MONTHS = (
    "unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS m(starts_at, ends_at, n)"
)

_HOURS = """
    SELECT m.n, sum(extract(epoch FROM least(s.ends_at, m.ends_at) - greatest(s.starts_at, m.starts_at))) / 3600
      FROM {months}
      JOIN (SELECT {starts} AS starts_at, {ends} AS ends_at
              FROM {table} t JOIN cases_case c ON c.id = t.case_id
             WHERE c.agency_id = %(agency)s AND {starts} < %(last)s AND {ends} > %(first)s) s
        ON s.starts_at < m.ends_at AND s.ends_at > m.starts_at
     GROUP BY m.n
"""
_HELD = _HOURS.format(
    months=_MONTHS,
    table="detainers_hold",
    starts="t.started_at",
    ends="coalesce(t.ended_at, least(t.deadline_at, %(at)s))",
)
_BEYOND = _HOURS.format(
    months=_MONTHS, table="detainers_breach", starts="t.from_at", ends="coalesce(t.until_at, %(at)s)"
)
_ENDED = f"""
    SELECT m.n, count(*) FILTER (WHERE NOT x.is_late), count(*) FILTER (WHERE x.is_late), max(x.minutes)
      FROM {_MONTHS}
      JOIN (SELECT c.custody_ended_at, b.minutes IS NOT NULL AS is_late, b.minutes
              FROM cases_case c
              LEFT JOIN LATERAL (
                   SELECT max(extract(epoch FROM t.until_at - t.from_at) / 60) AS minutes
                     FROM detainers_breach t WHERE t.case_id = c.id AND t.until_at IS NOT NULL) b ON true
             WHERE c.agency_id = %(agency)s AND c.release_eligible_at IS NOT NULL
               AND c.custody_ended_at >= %(first)s AND c.custody_ended_at < %(last)s) x
        ON x.custody_ended_at >= m.starts_at AND x.custody_ended_at < m.ends_at
     GROUP BY m.n
"""
_ANSWERS = f"""
    SELECT m.n, x.source, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY x.minutes), percentile_cont(0.9) WITHIN GROUP (ORDER BY x.minutes)
      FROM {_MONTHS}
      JOIN (SELECT a.source, s.opened_at, extract(epoch FROM a.settled_at - s.opened_at) / 60 AS minutes
              FROM matching_submission s
              JOIN cases_case c ON c.id = s.case_id
              JOIN matching_expectedanswer a ON a.submission_id = s.id
             WHERE c.agency_id = %(agency)s AND c.opened_at < %(last)s AND c.opened_at >= %(before)s
               AND s.opened_at >= %(first)s AND s.opened_at < %(last)s
               AND a.settled_at IS NOT NULL AND a.reply_id IS NOT NULL) x
        ON x.opened_at >= m.starts_at AND x.opened_at < m.ends_at
     GROUP BY m.n, x.source
"""
_DONE = """
    SELECT kind, m.n, count(*) FROM {months}
      JOIN ({rows}) x ON x.at >= m.starts_at AND x.at < m.ends_at
     GROUP BY kind, m.n
"""
_WORK = _DONE.format(
    months=_MONTHS,
    rows="""
    SELECT 'booked' AS kind, c.opened_at AS at FROM cases_case c
     WHERE c.agency_id = %(agency)s AND c.opened_at >= %(first)s AND c.opened_at < %(last)s
    UNION ALL
    SELECT 'ended', c.custody_ended_at FROM cases_case c
     WHERE c.agency_id = %(agency)s AND c.custody_ended_at >= %(first)s AND c.custody_ended_at < %(last)s
    UNION ALL
    SELECT 'detainers', d.received_at FROM detainers_detainer d JOIN cases_case c ON c.id = d.case_id
     WHERE c.agency_id = %(agency)s AND d.received_at >= %(first)s AND d.received_at < %(last)s AND d.withdrawn_at IS NULL
    UNION ALL
    SELECT 'served', v.served_at FROM detainers_detainerservice v
      JOIN detainers_detainer d ON d.id = v.detainer_id JOIN cases_case c ON c.id = d.case_id
     WHERE c.agency_id = %(agency)s AND v.served_at >= %(first)s AND v.served_at < %(last)s AND v.withdrawn_at IS NULL
       AND v.counts
    """,
)
_BY_HOUR = """
    SELECT kind, extract(hour FROM at AT TIME ZONE %(zone)s)::int, count(*)
      FROM (SELECT 'booked' AS kind, c.opened_at AS at FROM cases_case c
             WHERE c.agency_id = %(agency)s AND c.opened_at >= %(first)s AND c.opened_at < %(last)s
            UNION ALL
            SELECT 'ended', c.custody_ended_at FROM cases_case c
             WHERE c.agency_id = %(agency)s AND c.custody_ended_at >= %(first)s AND c.custody_ended_at < %(last)s) x
     GROUP BY kind, 2
"""


@dataclass(frozen=True)
class Ended:
    """Custody that ended in one month, of people who had become release-eligible."""

    in_time: int = 0
    late: int = 0
    longest_minutes: float | None = None


@dataclass(frozen=True)
class Answered:
    """How long one source took for what was sent in one month, in minutes."""

    count: int
    median: float
    ninth: float


@dataclass(frozen=True)
class Figures:
    """Everything the page shows, one value for each month."""

    held_hours: tuple[float, ...]
    hours_beyond: tuple[float, ...]
    ended: tuple[Ended, ...]
    answers: dict[str, tuple[Answered | None, ...]]
    work: dict[str, tuple[int, ...]]
    by_hour: dict[str, tuple[int, ...]]


SOURCES = ("state", "fbi", "dhs")
WORK = ("booked", "detainers", "served", "ended")


def read(agency: Agency, months: Sequence[Month], *, at: datetime) -> Figures:
    """Count for one agency. The caller has checked that the actor may see it; the database scopes the rows once more."""
    first, last = months[0].starts_at, months[-1].ends_at
    asked = {
        "starts": [month.starts_at for month in months],
        "ends": [month.ends_at for month in months],
        "first": first,
        "last": last,
        "before": first - (last - first),
        "at": at,
        "agency": agency.pk,
        "zone": agency.time_zone,
    }
    count = len(months)
    answers = _rows(_ANSWERS, asked)
    work, hours = _rows(_WORK, asked), _rows(_BY_HOUR, asked)
    return Figures(
        held_hours=_hours(_rows(_HELD, asked), count),
        hours_beyond=_hours(_rows(_BEYOND, asked), count),
        ended=_ended(_rows(_ENDED, asked), count),
        answers={source: _answered(answers, source, count) for source in SOURCES},
        work={kind: _counted(work, kind, range(1, count + 1)) for kind in WORK},
        by_hour={kind: _counted(hours, kind, range(24)) for kind in ("booked", "ended")},
    )


def _rows(statement: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())


def _hours(rows: list[tuple[Any, ...]], count: int) -> tuple[float, ...]:
    found = {n: float(hours) for n, hours in rows}
    return tuple(found.get(n, 0.0) for n in range(1, count + 1))


def _ended(rows: list[tuple[Any, ...]], count: int) -> tuple[Ended, ...]:
    found = {
        n: Ended(on_time, late, None if most is None else float(most)) for n, on_time, late, most in rows
    }
    return tuple(found.get(n, Ended()) for n in range(1, count + 1))


def _answered(rows: list[tuple[Any, ...]], source: str, count: int) -> tuple[Answered | None, ...]:
    found = {
        n: Answered(number, float(median), float(ninth))
        for n, of, number, median, ninth in rows
        if of == source
    }
    return tuple(found.get(n) for n in range(1, count + 1))


def _counted(rows: list[tuple[Any, ...]], kind: str, places: range) -> tuple[int, ...]:
    found = {place: number for of, place, number in rows if of == kind}
    return tuple(found.get(place, 0) for place in places)
