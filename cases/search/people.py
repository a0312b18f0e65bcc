"""People by name. A search reads words of surnames, of which there are few, and then people by an exact surname.

Every comparison that has to use an index is one that PostgreSQL lets past row-level security (equality, less and greater);
likeness is computed for words already found. Each step has a limit of its own, so that what a search costs does not depend
on how many people there are, nor on how common the name is.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from cases.search.terms import LAST, Reading, halves, readings
from cases.search.why import Why, better

ENOUGH = 25
"""With so many found as they were typed, nobody is looked for who only sounds like it."""
MOST_SURNAMES = 2000
"""Surnames that begin so, looked at by one search."""
MOST_ALIKE = 30
LIKE = 0.45
"""How alike a word must be that does not sound the same (0 to 1)."""

SURNAMES = """
SELECT a.id, v.surname, w.given, bool_or(v.word = w.word)
  FROM unnest(%(words)s::text[], %(givens)s::text[]) WITH ORDINALITY AS w(word, given, place)
 CROSS JOIN unnest(%(agencies)s::bigint[]) AS a(id)
 CROSS JOIN LATERAL (
    SELECT s.word, s.surname FROM cases_surnameword s
     WHERE s.agency_id = a.id AND s.word >= w.word AND s.word < w.word || %(last)s
     ORDER BY s.word, s.surname LIMIT %(each)s) v
 GROUP BY a.id, v.surname, w.given, w.place
 ORDER BY bool_or(v.word = w.word) DESC, w.place, v.surname, a.id
"""

ALIKE = """
SELECT a.id, v.surname, w.given, bool_or(v.is_sound), max(cases_name_likeness(v.word, w.word)) AS likeness
  FROM unnest(%(words)s::text[], %(givens)s::text[]) AS w(word, given)
 CROSS JOIN unnest(%(agencies)s::bigint[]) AS a(id)
 CROSS JOIN LATERAL (
    (SELECT s.word, s.surname, true AS is_sound FROM unnest(cases_sounds(w.word)) AS k(sound)
      CROSS JOIN LATERAL (SELECT x.word, x.surname FROM cases_surnameword x
                           WHERE x.agency_id = a.id AND x.sound = k.sound ORDER BY x.word LIMIT %(each)s) s)
    UNION ALL
    (SELECT s.word, s.surname, false FROM (SELECT x.word, x.surname FROM cases_surnameword x
      WHERE x.agency_id = a.id AND x.word >= left(w.word, 1) AND x.word < left(w.word, 1) || %(last)s
      ORDER BY x.word LIMIT %(each)s) s WHERE cases_name_likeness(s.word, w.word) >= %(like)s)) v
 WHERE cardinality(string_to_array(v.word, ' ')) = cardinality(string_to_array(w.word, ' '))
 GROUP BY a.id, v.surname, w.given
 ORDER BY bool_or(v.is_sound) DESC, likeness DESC, v.surname LIMIT %(most)s
"""

# The surnames in their order; PostgreSQL goes on to the next one only while too few are found.
PEOPLE = """
SELECT p.id, p.merged_into_id, n.why
  FROM unnest(%(agencies)s::bigint[], %(surnames)s::text[], %(givens)s::text[], %(whys)s::text[])
       AS n(agency, surname, given, why)
 CROSS JOIN LATERAL (
    SELECT x.id, x.merged_into_id FROM cases_person x
     WHERE x.agency_id = n.agency AND x.surname_key = n.surname
       AND x.given_key >= n.given AND x.given_key < n.given || %(last)s
     ORDER BY x.given_key, x.id LIMIT %(most)s) p
 LIMIT %(most)s
"""

# Who has the surname and another given name: a part of it, or one spelt like it. Of a common surname only the first ones.
GIVEN_LIKE = """
SELECT p.id, p.merged_into_id
  FROM unnest(%(agencies)s::bigint[], %(surnames)s::text[], %(givens)s::text[]) AS n(agency, surname, given)
 CROSS JOIN LATERAL (
    SELECT x.id, x.merged_into_id, x.given_key FROM cases_person x
     WHERE x.agency_id = n.agency AND x.surname_key = n.surname ORDER BY x.given_key, x.id LIMIT %(each)s) p
 WHERE strpos(' ' || p.given_key, ' ' || n.given) > 0 OR cases_name_likeness(p.given_key, n.given) >= %(like)s
 LIMIT %(most)s
"""

# Records of other agencies that have a case here; there are few, and each is compared.
ELSEWHERE = """
SELECT p.id, p.merged_into_id, bool_or(strpos(' ' || p.surname_key || ' ', ' ' || w.word || ' ') > 0)
  FROM cases_personelsewhere e JOIN cases_person p ON p.id = e.person_id,
       unnest(%(words)s::text[], %(givens)s::text[]) AS w(word, given)
 WHERE e.agency_id = ANY(%(agencies)s::bigint[]) AND strpos(' ' || p.surname_key, ' ' || w.word) > 0
   AND (w.given = '' OR strpos(' ' || p.given_key, ' ' || w.given) > 0)
 GROUP BY p.id, p.merged_into_id LIMIT %(most)s
"""

SURVIVORS = """
WITH RECURSIVE up(start, id, into_id) AS (
    SELECT p.id, p.id, p.merged_into_id FROM cases_person p WHERE p.id = ANY(%s)
    UNION ALL SELECT up.start, p.id, p.merged_into_id FROM up JOIN cases_person p ON p.id = up.into_id
) SELECT start, id FROM up WHERE into_id IS NULL
"""


@dataclass(frozen=True)
class _Surname:
    """A surname in an agency that may be meant, with the given name wanted, and why."""

    agency: int
    surname: str
    given: str
    why: Why


class _Search:
    """One search among the people of some agencies: who was found so far, in the order of their reasons."""

    def __init__(self, agencies: Collection[int], most: int) -> None:
        self.agencies = sorted(agencies)
        self.most = most
        self.found: dict[int, Why] = {}
        self.merged: set[int] = set()

    def rows(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        parameters = {"agencies": self.agencies, "last": LAST, "most": self.most, **values}
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())

    def note(self, person: int, merged_into: int | None, why: Why) -> None:
        self.found[person] = better(self.found.get(person, why), why)
        if merged_into is not None:
            self.merged.add(person)

    def surnames(self, wanted: Sequence[Reading]) -> list[_Surname]:
        """Surnames that begin as typed, those that are so in full first."""
        each = max(20, MOST_SURNAMES // (len(wanted) * len(self.agencies)))
        rows = self.rows(SURNAMES, each=each, **_columns(wanted))
        return [
            _Surname(agency, surname, given, Why.NAME if exact else Why.NAME_START)  # type: ignore[arg-type]
            for agency, surname, given, exact in rows
        ]

    def alike(self, wanted: Sequence[Reading]) -> list[_Surname]:
        """Surnames that sound like what was typed, then those spelt like it."""
        each = max(50, 10 * MOST_SURNAMES // (len(wanted) * len(self.agencies)))
        rows = self.rows(ALIKE, each=each, like=LIKE, **{**_columns(wanted), "most": MOST_ALIKE})
        return [
            _Surname(agency, surname, given, Why.SOUND if by_sound else Why.SPELLING)  # type: ignore[arg-type]
            for agency, surname, given, by_sound, _likeness in rows
        ]

    def people(self, names: Iterable[_Surname]) -> None:
        """Note the people with these surnames and given names."""
        listed = list(dict.fromkeys(names))
        if listed and len(self.found) < self.most:
            values = {**_of(listed), "whys": [name.why.value for name in listed]}
            for person, merged_into, why in self.rows(PEOPLE, **values):
                self.note(person, merged_into, Why(why))  # type: ignore[arg-type]

    def given_like(self, names: Iterable[_Surname]) -> None:
        """Note the people of the surnames typed in full whose given name is only like the one typed."""
        listed = [name for name in names if name.why is Why.NAME and name.given][:ENOUGH]
        if listed:
            each = max(20, MOST_SURNAMES // len(listed))
            for person, merged_into in self.rows(GIVEN_LIKE, each=each, like=LIKE, **_of(listed)):
                self.note(person, merged_into, Why.GIVEN_LIKE)  # type: ignore[arg-type]

    def elsewhere(self, wanted: Sequence[Reading]) -> None:
        """Note the people recorded by another agency who have a case here."""
        for person, merged_into, is_exact in self.rows(ELSEWHERE, **_columns(wanted)):
            self.note(person, merged_into, Why.NAME if is_exact else Why.NAME_START)  # type: ignore[arg-type]

    def surviving(self) -> dict[int, Why]:
        """The records that stand for those found: a merged one is found under what it became, by its former name."""
        if not self.merged:
            return self.found
        standing = {person: why for person, why in self.found.items() if person not in self.merged}
        with connection.cursor() as cursor:
            cursor.execute(SURVIVORS, [sorted(self.merged)])
            for _start, person in cursor.fetchall():
                standing.setdefault(person, Why.FORMER_NAME)
        return standing


def by_name(agencies: Collection[int], text: str, *, most: int) -> dict[int, Why]:
    """People known in these agencies under a name like this, by record that stands for them, and why; at most `most`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_fold(%s), cases_fold(%s)", list(halves(text)))
        wanted = readings(*cursor.fetchone())
    if not wanted or not agencies:
        return {}
    search = _Search(agencies, most)
    names = search.surnames(wanted)
    search.people(names)
    search.elsewhere(wanted)
    if len(search.found) < ENOUGH:
        search.given_like(names)
        known = {(name.agency, name.surname, name.given) for name in names}
        alike = search.alike(wanted)
        search.people(name for name in alike if (name.agency, name.surname, name.given) not in known)
    return search.surviving()


def _columns(wanted: Sequence[Reading]) -> dict[str, list[str]]:
    return {"words": [one.surname for one in wanted], "givens": [one.given for one in wanted]}


def _of(names: Sequence[_Surname]) -> dict[str, list[object]]:
    return {
        "agencies": [name.agency for name in names],
        "surnames": [name.surname for name in names],
        "givens": [name.given for name in names],
    }
