"""One box for everything: what was typed decides whether a number or a name is meant."""

from dataclasses import dataclass, field

from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.scope import agencies
from audit.keys.errors import KeysError
from cases.models import Case
from cases.search import terms
from cases.search.numbers import by_number
from cases.search.people import by_name
from cases.search.why import RANK, Why

MOST = 100
"""Cases that one search shows; whoever needs more types more."""


@dataclass(frozen=True)
class Found:
    """Cases and people by primary key, best reason first and newest first among equals, and what could not be looked for.

    `people` holds those without a case in sight too. `is_cut`: there are more than are shown.
    """

    cases: dict[int, Why] = field(default_factory=dict)
    people: dict[int, Why] = field(default_factory=dict)
    by: str = ""
    is_cut: bool = False
    problem: str = ""


def find(actor: Actor, text: str, *, permission: Permission = Permission.CASE_VIEW) -> Found:
    """What this actor may see of what the text may mean. The caller records who looked, with what is shown.

    A name finds the cases of its people; a number finds the case and its person.
    """
    wanted, places = terms.clean(text), agencies(actor, permission)
    if not wanted or not places:
        return Found()
    if terms.is_number(wanted):
        return _by_number(actor, places, wanted)
    people = by_name(places, wanted, most=MOST + 1)
    rows = Case.objects.filter(person__in=people, agency__in=places).values_list(
        "pk", "person_id", "opened_at"
    )
    ordered = sorted(rows, key=lambda row: (RANK[people[row[1]]], -row[2].timestamp(), -row[0]))
    return Found(
        cases={key: people[person] for key, person, _opened in ordered[:MOST]},
        people=people,
        by="name",
        is_cut=len(ordered) > MOST or len(people) > MOST,
    )


def _by_number(actor: Actor, places: frozenset[int], wanted: str) -> Found:
    problem = ""
    try:
        found = by_number(places, wanted, most=MOST + 1)
    except KeysError as error:
        problem = error.message
        found = by_number(places, wanted, most=MOST + 1, sealed=False)
    rows = Case.objects.filter(pk__in=found, agency__in=places).values_list("pk", "person_id", "opened_at")
    ordered = sorted(rows, key=lambda row: (RANK[found[row[0]]], -row[2].timestamp(), -row[0]))
    people: dict[int, Why] = {}
    for key, person, _opened in ordered:
        people.setdefault(person, found[key])
    cases = {key: found[key] for key, _person, _opened in ordered[:MOST]}
    return Found(cases=cases, people=people, by="number", is_cut=len(ordered) > MOST, problem=problem)
