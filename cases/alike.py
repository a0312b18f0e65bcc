"""Pairs of records that may be of one human, found a window at a time. What is found is a question for a person, never an answer.

Nothing compares everybody with everybody: a page looks at the newest records of the reader's agencies below a cursor, and asks
for each of them who else was born on that day or on one easily mistaken for it (index on birth dates), or who else carries the
same number (blind index). Its cost depends on how many people share a birth date, not on how many there are.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F

from cases.models import Person, SamePersonLink
from cases.moves import PeopleApart

Rows = Sequence[tuple[Any, ...]]
WINDOW = 100
"""Records looked at by one query."""
MOST_WINDOWS = 5
"""Queries of one page, when nothing is found."""
LINKS = 1000
"""Links of examiners looked at by one page."""
MOST_ALIKE = 5
"""Pairs shown for one record."""
SAME_DAY, NEAR_DAY = 0.35, 0.7
"""How alike names must be (0 to 1), when the birth date is the same and when it is only near."""

NEWEST = """
SELECT x.id FROM unnest(%(agencies)s::bigint[]) AS a(id)
 CROSS JOIN LATERAL (
    SELECT p.id FROM cases_person p
     WHERE p.agency_id = a.id AND p.merged_into_id IS NULL AND p.id < %(before)s
     ORDER BY p.id DESC LIMIT %(window)s) x
 ORDER BY x.id DESC LIMIT %(window)s
"""

ALIKE = """
SELECT w.id, found.id, found.likeness, found.birth_date = w.birth_date
  FROM cases_person w
 CROSS JOIN LATERAL (
    SELECT q.id, q.birth_date, likeness.value AS likeness
      FROM (SELECT DISTINCT unnest(ARRAY[
                w.birth_date, w.birth_date - 1, w.birth_date + 1,
                (w.birth_date + interval '1 year')::date, (w.birth_date - interval '1 year')::date,
                CASE WHEN extract(day FROM w.birth_date) <= 12
                     THEN make_date(extract(year FROM w.birth_date)::int, extract(day FROM w.birth_date)::int,
                                    extract(month FROM w.birth_date)::int) END]) AS day) near
      JOIN cases_person q ON q.birth_date = near.day AND q.merged_into_id IS NULL AND q.id < w.id
     CROSS JOIN LATERAL (SELECT cases_name_likeness(
                cases_plain_name(w.surname || ' ' || w.given_names),
                cases_plain_name(q.surname || ' ' || q.given_names)) AS value) likeness
     WHERE q.agency_id = ANY(%(agencies)s::bigint[])
       AND likeness.value >= CASE WHEN q.birth_date = w.birth_date THEN %(same)s ELSE %(near)s END
       AND NOT EXISTS (SELECT 1 FROM cases_peopleapart x WHERE x.first_id = q.id AND x.second_id = w.id)
     ORDER BY likeness.value DESC, q.id DESC LIMIT %(most)s) found
 WHERE w.id = ANY(%(ids)s::bigint[]) AND w.birth_date IS NOT NULL
 ORDER BY w.id DESC, found.likeness DESC, found.id DESC
"""


NUMBERS = """
SELECT DISTINCT ON (own.person_id, other.person_id) own.person_id, other.person_id, n.kind
  FROM cases_case own
  JOIN cases_personidentifier n ON n.case_id = own.id
 CROSS JOIN LATERAL (
    SELECT c.person_id FROM cases_personidentifier q JOIN cases_case c ON c.id = q.case_id
     WHERE q.kind = n.kind AND q.blind = n.blind AND c.person_id < own.person_id
       AND c.agency_id = ANY(%(agencies)s::bigint[])
       AND NOT EXISTS (SELECT 1 FROM cases_peopleapart x
                        WHERE x.first_id = c.person_id AND x.second_id = own.person_id)
     LIMIT %(most)s) other
 WHERE own.person_id = ANY(%(ids)s::bigint[]) AND own.agency_id = ANY(%(agencies)s::bigint[])
 ORDER BY own.person_id DESC, other.person_id DESC, n.kind
"""


@dataclass(frozen=True)
class Pair:
    """Two live records and why they may be one: how alike the names are (0 to 1), which number both carry, or the link."""

    newer: Person
    older: Person
    likeness: float = 0.0
    is_same_day: bool = False
    link: SamePersonLink | None = None
    number_kind: str = ""


@dataclass(frozen=True)
class Found:
    """One page of pairs, how many records or links were looked at, and where the next page begins (0: nothing is left)."""

    pairs: tuple[Pair, ...] = ()
    looked_at: int = 0
    next_before: int = 0


def by_names(agencies: Collection[int], *, before: int = 0) -> Found:
    """Pairs with like names and the same or a near birth date, both recorded in these agencies, newest first."""
    return _windows(ALIKE, agencies, before, _by_likeness)


def by_numbers(agencies: Collection[int], *, before: int = 0) -> Found:
    """Pairs of records of which a case each carries the same number (SID, UCN, FIN, A-number), by its blind index."""
    return _windows(NUMBERS, agencies, before, _by_number)


def _windows(
    sql: str, agencies: Collection[int], before: int, pairs: Callable[[Rows], tuple[Pair, ...]]
) -> Found:
    """Window after window of the newest records until one has a pair, but not more than MOST_WINDOWS."""
    places, cursor_at, looked_at = sorted(agencies), before or 2**62, 0
    for _window in range(MOST_WINDOWS):
        with connection.cursor() as cursor:
            cursor.execute(NEWEST, {"agencies": places, "before": cursor_at, "window": WINDOW})
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return Found(looked_at=looked_at)
            looked_at, cursor_at = looked_at + len(ids), ids[-1]
            cursor.execute(sql, probe(places, ids))
            rows = cursor.fetchall()
        if rows or len(ids) < WINDOW:
            return Found(pairs(rows), looked_at, cursor_at if len(ids) == WINDOW else 0)
    return Found(looked_at=looked_at, next_before=cursor_at)


def probe(agencies: Sequence[int], ids: Sequence[int]) -> dict[str, object]:
    """The parameters of ALIKE."""
    return {
        "agencies": list(agencies),
        "ids": list(ids),
        "same": SAME_DAY,
        "near": NEAR_DAY,
        "most": MOST_ALIKE,
    }


def by_prints(agencies: Collection[int], *, before: int = 0) -> Found:
    """Pairs whose prints two examiners found to be of one person, and whose records are still two, newest first."""
    newest = SamePersonLink.objects.filter(pk__lt=before or 2**62).order_by("-pk")
    keys = list(newest.values_list("pk", flat=True)[:LINKS])
    here = list(agencies)
    links = SamePersonLink.objects.filter(pk__in=keys, case__agency__in=here, other_case__agency__in=here)
    links = links.exclude(case__person=F("other_case__person")).select_related("case", "other_case")
    found: dict[tuple[int, int], SamePersonLink] = {}
    for link in links.order_by("-pk"):
        first, second = sorted((link.case.person_id, link.other_case.person_id))
        found.setdefault((first, second), link)
    decided = PeopleApart.objects.filter(first__in=[pair[0] for pair in found])
    for pair in decided.values_list("first_id", "second_id"):
        found.pop(pair, None)
    people = Person.objects.select_related("agency").in_bulk({key for pair in found for key in pair})
    pairs = (Pair(people[second], people[first], link=link) for (first, second), link in found.items())
    return Found(tuple(pairs), len(keys), keys[-1] if len(keys) == LINKS else 0)


def _by_likeness(rows: Rows) -> tuple[Pair, ...]:
    people = _people(rows)
    return tuple(Pair(people[newer], people[older], likeness, same) for newer, older, likeness, same in rows)


def _by_number(rows: Rows) -> tuple[Pair, ...]:
    people = _people(rows)
    return tuple(Pair(people[newer], people[older], number_kind=kind) for newer, older, kind in rows)


def _people(rows: Rows) -> dict[int, Person]:
    keys = {key for row in rows for key in row[:2]}
    return dict(Person.objects.select_related("agency").in_bulk(keys))
