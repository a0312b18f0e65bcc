"""Who is who: which record a merged one became, under what other names somebody was recorded, where they are known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from cases.models import Person
from cases.moves import PersonMove

FIELDS = ("surname", "given_names", "birth_date", "sex", "birth_place")
"""What identifies a person and is chosen, field by field, when two records are merged."""


@dataclass(frozen=True)
class Alias:
    """Another name or date of birth under which the same human was recorded."""

    surname: str
    given_names: str
    birth_date: date | None
    sex: str

    @property
    def display_name(self) -> str:
        """'SURNAME, Given names', as jails write it."""
        return f"{self.surname.upper()}, {self.given_names}" if self.given_names else self.surname.upper()


@dataclass(frozen=True)
class KnownAt:
    """An agency that recorded this human: how many cases it has, and how many of them are in custody now."""

    agency_id: int
    cases: int
    in_custody: int


def survivor_of(person: Person) -> Person:
    """The record that stands for this human now: itself, or the end of the chain it was merged into."""
    while person.merged_into_id is not None:
        person = Person.objects.get(pk=person.merged_into_id)
    return person


def merged_records(person: Person) -> list[Person]:
    """Every record merged into this one, directly or by way of others, oldest first."""
    found: list[Person] = []
    step = [person.pk]
    while step:
        rows = list(Person.objects.filter(merged_into__in=step).order_by("pk"))
        found += rows
        step = [row.pk for row in rows]
    return sorted(found, key=lambda row: row.pk)


def also_recorded_as(person: Person) -> tuple[Alias, ...]:
    """Names and birth dates that differ from the present ones: of merged records, and of this one before a merge changed it."""
    now = _alias({name: getattr(person, name) for name in FIELDS})
    merged = merged_records(person)
    aliases = [_alias({name: getattr(row, name) for name in FIELDS}) for row in merged]
    live = PersonMove.objects.filter(
        kept__in=[person.pk, *(row.pk for row in merged)], kind="merge", undone_by__isnull=True
    )
    for move in live.exclude(changes={}).select_related("kept").order_by("pk"):
        before = {name: getattr(move.kept, name) for name in FIELDS}
        before |= {name: from_json(name, pair[0]) for name, pair in move.changes.items()}
        aliases.append(_alias(before))
    return tuple(alias for alias in dict.fromkeys(aliases) if alias != now)


def recorded_identities(person: Person) -> tuple[Alias, ...]:
    """The present names and every other one recorded: what prints or a paper may be made out to."""
    return (_alias({name: getattr(person, name) for name in FIELDS}), *also_recorded_as(person))


def known_at(person_ids: Iterable[int]) -> list[KnownAt]:
    """Where these people are known, across agencies, whatever the reader's scope of rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.agency_id, sum(k.cases)::int, sum(k.in_custody)::int "
            "FROM unnest(%s::bigint[]) AS p(id), cases_person_known_at(p.id) AS k "
            "GROUP BY k.agency_id ORDER BY k.agency_id",
            [sorted(set(person_ids))],
        )
        return [KnownAt(*row) for row in cursor.fetchall()]


def moves_of(person: Person, merged: Sequence[Person]) -> list[PersonMove]:
    """Every merge, undoing and split that this record or one merged into it took part in, oldest first."""
    keys = [person.pk, *(row.pk for row in merged)]
    rows = PersonMove.objects.filter(kept__in=keys) | PersonMove.objects.filter(other__in=keys)
    # Without a join to the two records: one of them may be out of the reader's sight, and the move is told all the same.
    return list(rows.select_related("undone_by").prefetch_related("cases").order_by("pk"))


def to_json(value: object) -> str | None:
    """A field's value as kept in a move."""
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def from_json(name: str, value: str | None) -> str | date | None:
    """Read back what `to_json` wrote."""
    return date.fromisoformat(value) if name == "birth_date" and value else value


def _alias(values: dict[str, object]) -> Alias:
    return Alias(
        **{name: value for name, value in values.items() if name != "birth_place"}  # type: ignore[arg-type]
    )
