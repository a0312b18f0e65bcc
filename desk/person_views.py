"""The page of one human, and the list of pairs that may be one. Reads only; every one of them is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.permissions import Permission
from accounts.scope import agencies
from audit import record
from cases import alike
from cases.alike import Pair
from cases.identifiers import PersonIdentifier
from cases.models import Person
from desk import accesses, person_page

WAYS: dict[str, tuple[Any, Any]] = {
    "prints": (gettext_lazy("By prints"), alike.by_prints),
    "numbers": (gettext_lazy("By number"), alike.by_numbers),
    "names": (gettext_lazy("By name and birth date"), alike.by_names),
}
EXPLAINED = {
    "prints": gettext_lazy(
        "Two examiners compared the prints and found one person, but the cases are under two records."
    ),
    "numbers": gettext_lazy(
        "A case of each carries the same state, FBI or immigration number. Numbers are mistyped, and given to the wrong person."
    ),
    "names": gettext_lazy(
        "Like names, and the same birth date or one easily mistaken for it. That is a question, not an answer."
    ),
}


class PersonView(ScopedView, View):
    """Everything about one human. Somebody without a case in the actor's jails does not exist here."""

    permission = Permission.PERSON_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        page = person_page.read(self.actor, public_id)
        record.access(
            accesses.PERSON_OPENED,
            actor=self.actor,
            objects=page.shown,
            object_type="person",
            agency=page.person.agency.public_id,
        )
        context = admin.site.each_context(request) | {"page": page, "title": _("Person")}
        return render(request, "desk/person.html", context)


@dataclass(frozen=True)
class ShownPair:
    """A pair with its evidence in words."""

    pair: Pair
    evidence: str
    differences: tuple[str, ...]

    @property
    def sides(self) -> tuple[Person, Person]:
        return self.pair.older, self.pair.newer

    @property
    def merge_url(self) -> str:
        return reverse("desk:person_merge", args=[self.pair.older.public_id, self.pair.newer.public_id])

    @property
    def apart_url(self) -> str:
        return reverse("desk:people_apart", args=[self.pair.older.public_id, self.pair.newer.public_id])


class PairsView(ScopedView, View):
    """Records that may be of one human, with why; a person decides about each. `?by=` says by what, `?before=` continues."""

    permission = Permission.PERSON_MERGE
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        way = request.GET.get("by", "")
        way = way if way in WAYS else "prints"
        before = request.GET.get("before", "")
        cursor = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else 0
        found = WAYS[way][1](agencies(self.actor, self.permission), before=cursor)
        shown = [shown_pair(pair) for pair in found.pairs]
        people = {one.public_id: None for pair in found.pairs for one in (pair.newer, pair.older)}
        record.access(
            accesses.PAIRS_LISTED,
            actor=self.actor,
            objects=list(people),
            object_type="person",
            query=f"by={way}",
        )
        context = {
            "title": _("Same person?"),
            "pairs": shown,
            "found": found,
            "ways": [(key, name, key == way) for key, (name, _find) in WAYS.items()],
            "way": way,
            "explained": EXPLAINED[way],
            "is_first": not cursor,
        }
        return render(request, "desk/pairs.html", admin.site.each_context(request) | context)


def shown_pair(pair: Pair) -> ShownPair:
    """Why these two may be one, in a sentence, and what differs."""
    return ShownPair(pair, _evidence(pair), tuple(_differences(pair)))


def _evidence(pair: Pair) -> str:
    if pair.link is not None:
        return _("Two examiners found the prints of case %(one)s and case %(other)s to be of one person.") % {
            "one": pair.link.case.number,
            "other": pair.link.other_case.number,
        }
    if pair.number_kind:
        kind = PersonIdentifier.Kind(pair.number_kind).label
        return _("A case of each carries the same number: %(kind)s.") % {"kind": kind}
    names = (
        _("The same name")
        if pair.likeness >= 0.999
        else _("Very like names")
        if pair.likeness >= 0.7
        else _("Like names")
    )
    day = (
        _("the same date of birth")
        if pair.is_same_day
        else _("dates of birth easily mistaken for each other")
    )
    return _("%(names)s, and %(day)s.") % {"names": names, "day": day}


def _differences(pair: Pair) -> list[str]:
    older, newer = pair.older, pair.newer
    return [
        str(name)
        for key, name in person_page.FIELD_NAMES.items()
        if getattr(older, key) != getattr(newer, key) and getattr(older, key) and getattr(newer, key)
    ]
