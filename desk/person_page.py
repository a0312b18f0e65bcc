"""Everything the page of one human shows: cases, other names, what was merged and split, and who looked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actors import Actor
from accounts.errors import NotFound
from accounts.models import Agency
from accounts.permissions import Permission, has_permission
from accounts.scope import agencies
from audit.models import Access
from cases import people
from cases.models import Case, Person
from cases.moves import PeopleApart, PersonMove
from cases.people import Alias, KnownAt
from cases.services.persons import why_not_undo

MOST_ACCESSES = 100
FIELD_NAMES: dict[str, Any] = {
    "surname": gettext_lazy("Surname"),
    "given_names": gettext_lazy("Given names"),
    "birth_date": gettext_lazy("Date of birth"),
    "sex": gettext_lazy("Sex (print card)"),
    "birth_place": gettext_lazy("Place of birth"),
}


@dataclass(frozen=True)
class PersonCase:
    """One case of this human; `url` only where this actor may open it."""

    row: Case
    url: str
    came_from: str


@dataclass(frozen=True)
class Elsewhere:
    """A jail out of this actor's sight that knows this human too."""

    agency: str
    cases: int
    in_custody: int

    @property
    def sentence(self) -> str:
        """How many cases, and whether the person is held there now."""
        count = ngettext("%(n)s case", "%(n)s cases", self.cases) % {"n": self.cases}
        held = _("in custody there now") if self.in_custody else _("not in custody there now")
        return f"{self.agency}: {count}, {held}."


@dataclass(frozen=True)
class Change:
    """One field of the record, before and after a move."""

    name: Any
    then: str
    now: str


@dataclass(frozen=True)
class MoveEntry:
    """One merge, undoing or split: said in a sentence, what moved, what changed, and how it can be reversed."""

    row: PersonMove
    sentence: str
    cases: tuple[str, ...]
    elsewhere: int
    changes: tuple[Change, ...]
    url: str
    label: str
    why_not: str


@dataclass(frozen=True)
class PersonPage:
    """The page at one instant. `survivor` is set where this record was merged into another."""

    person: Person
    survivor: Person | None
    cases: tuple[PersonCase, ...]
    elsewhere: tuple[Elsewhere, ...]
    jails_with_custody: int
    aliases: tuple[Alias, ...]
    moves: tuple[MoveEntry, ...]
    apart: tuple[PeopleApart, ...]
    accesses: tuple[Access, ...] | None
    may_merge: bool
    may_split: bool
    shown: tuple[UUID, ...]

    @property
    def zone(self) -> str:
        return self.person.agency.time_zone


def find(actor: Actor, public_id: UUID, permission: Permission = Permission.PERSON_VIEW) -> Person:
    """A record in this actor's sight; NotFound otherwise."""
    rows = Person.objects.visible_to(actor, permission).select_related("agency", "merged_into")
    person: Person | None = rows.filter(public_id=public_id).first()
    if person is None:
        raise NotFound("There is no such person.")
    return person


def cases_of(actor: Actor, person: Person) -> list[Case]:
    """The cases of this record in the agencies where the actor sees people, newest first."""
    seen = agencies(actor, Permission.PERSON_VIEW)
    rows = Case.objects.filter(person=person, agency_id__in=seen).select_related("agency", "booking")
    return list(rows.order_by("-opened_at", "-pk"))


def read(actor: Actor, public_id: UUID) -> PersonPage:
    """The page of a record this actor may see; NotFound otherwise."""
    person = find(actor, public_id)
    survivor = people.survivor_of(person) if person.merged_into_id else None
    merged = people.merged_records(person)
    cases = cases_of(actor, person)
    known = people.known_at([person.pk])
    moves = people.moves_of(person, merged)
    seen = has_permission(actor, Permission.AUDIT_VIEW, person.agency_id)
    ids = (person.public_id, *(row.public_id for row in merged))
    return PersonPage(
        person=person,
        survivor=survivor,
        cases=tuple(_cases(actor, cases, moves)),
        elsewhere=tuple(elsewhere(actor, known)),
        jails_with_custody=sum(place.in_custody > 0 for place in known),
        aliases=people.also_recorded_as(person),
        moves=tuple(_entries(actor, person, merged, moves)),
        apart=tuple(_apart(person)),
        accesses=_accesses(ids, cases) if seen else None,
        may_merge=survivor is None and may_everywhere(actor, Permission.PERSON_MERGE, known),
        may_split=survivor is None and may_everywhere(actor, Permission.PERSON_SPLIT, known),
        shown=ids,
    )


def may_everywhere(actor: Actor, permission: Permission, known: Sequence[KnownAt]) -> bool:
    """Whether the actor has this right wherever the human is known; the service decides again."""
    return all(has_permission(actor, permission, place.agency_id) for place in known)


def elsewhere(actor: Actor, known: Sequence[KnownAt]) -> Iterator[Elsewhere]:
    """Jails out of sight that have a case of this human: their name and whether the person is held there, and no more."""
    seen = agencies(actor, Permission.PERSON_VIEW)
    hidden = [place for place in known if place.agency_id not in seen and place.cases]
    names = dict(
        Agency.objects.filter(pk__in=[place.agency_id for place in hidden]).values_list("pk", "name")
    )
    for place in hidden:
        yield Elsewhere(names[place.agency_id], place.cases, place.in_custody)


def _cases(actor: Actor, cases: list[Case], moves: list[PersonMove]) -> Iterator[PersonCase]:
    came = {item.case_id: move for move in moves for item in move.cases.all()}
    for case in cases:
        may_open = has_permission(actor, Permission.CASE_VIEW, case.agency_id)
        url = reverse("admin:case", kwargs={"public_id": case.public_id}) if may_open else ""
        move = came.get(case.pk)
        by_merge = move is not None and move.kind == PersonMove.Kind.MERGE and move.kept_id == case.person_id
        yield PersonCase(case, url, _("came by a merge") if by_merge else "")


SENTENCES = {
    PersonMove.Kind.MERGE: gettext_lazy("%(who)s merged the record of %(other)s into that of %(kept)s."),
    PersonMove.Kind.UNDO: gettext_lazy("%(who)s undid that merge: %(other)s is a record of its own again."),
    PersonMove.Kind.SPLIT: gettext_lazy("%(who)s split off a new record, %(other)s, from %(kept)s."),
}


def _entries(
    actor: Actor, person: Person, merged: list[Person], moves: list[PersonMove]
) -> Iterator[MoveEntry]:
    """Newest first. Of a record or case out of sight no name and no number is told, only that there is one."""
    keys = {key for move in moves for key in (move.kept_id, move.other_id)}
    seen = Person.objects.visible_to(actor, Permission.PERSON_VIEW).filter(pk__in=keys)
    persons = {row.pk: row for row in (*seen, person, *merged)}
    case_ids = {item.case_id for move in moves for item in move.cases.all()}
    places = agencies(actor, Permission.PERSON_VIEW)
    numbers = dict(Case.objects.filter(pk__in=case_ids, agency__in=places).values_list("pk", "number"))
    for move in reversed(moves):
        moved = [item.case_id for item in move.cases.all()]
        mine = tuple(numbers[key] for key in moved if key in numbers)
        url, label, why_not = _reversal(actor, move, persons)
        yield MoveEntry(
            row=move,
            sentence=str(SENTENCES[PersonMove.Kind(move.kind)]) % _names(move, persons),
            cases=mine,
            elsewhere=len(moved) - len(mine),
            changes=tuple(
                Change(FIELD_NAMES[name], then or "–", now or "–")
                for name, (then, now) in move.changes.items()
            ),
            url=url,
            label=label,
            why_not=why_not,
        )


def _names(move: PersonMove, persons: Mapping[int, Person]) -> dict[str, Any]:
    def name(key: int) -> str:
        return persons[key].display_name if key in persons else _("a record of another jail")

    return {"who": move.moved_by_label, "kept": name(move.kept_id), "other": name(move.other_id)}


def _reversal(actor: Actor, move: PersonMove, persons: Mapping[int, Person]) -> tuple[str, str, str]:
    """Where a move is reversed, the words of the button, and why it cannot be; nothing where there is nothing to reverse."""
    kept, other = persons.get(move.kept_id), persons.get(move.other_id)
    if move.kind == PersonMove.Kind.UNDO or kept is None or other is None:
        return "", "", ""
    if move.kind == PersonMove.Kind.SPLIT:
        if other.merged_into_id or not actor.may_somewhere(Permission.PERSON_MERGE):
            return "", "", ""
        url = reverse("desk:person_merge", args=[kept.public_id, other.public_id])
        return url, _("Put back together…"), _("The record was merged.") if kept.merged_into_id else ""
    if hasattr(move, "undone_by") or not actor.may_somewhere(Permission.PERSON_SPLIT):
        return "", "", ""
    return reverse("desk:merge_undo", args=[move.public_id]), _("Undo this merge…"), why_not_undo(move)


def _apart(person: Person) -> Iterator[PeopleApart]:
    rows = PeopleApart.objects.filter(Q(first=person) | Q(second=person)).select_related("first", "second")
    yield from rows.order_by("pk")


def _accesses(ids: Sequence[UUID], cases: list[Case]) -> tuple[Access, ...]:
    """Looks at either record or at a case of theirs. Audit rows keep the ids they were written with; the page asks for all."""
    own = Access.objects.filter(object_type="person", objects_shown__overlap=list(ids))
    theirs = Access.objects.filter(case_id__in=[case.public_id for case in cases])
    newest = [*own.order_by("-id")[:MOST_ACCESSES], *theirs.order_by("-id")[:MOST_ACCESSES]]
    unique = {row.pk: row for row in newest}
    return tuple(sorted(unique.values(), key=lambda row: -row.pk)[:MOST_ACCESSES])
