"""What the acts on who is who have in common: one record or two, side by side."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.errors import NotFound
from accounts.models import Agency
from audit import record
from cases import people
from cases.models import Person
from desk import person_page
from desk.acts.base import ActView
from desk.person_page import FIELD_NAMES


class PersonActView(ActView):
    """Base of acts on one record of a person, found by the public id in the address."""

    abstract = True
    person: Person

    def load(self) -> None:
        self.person = self.find("public_id")

    def find(self, name: str) -> Person:
        return person_page.find(self.actor, self.kwargs[name], self.permission)

    @property
    def agency(self) -> Agency:
        return self.person.agency

    @property
    def back_url(self) -> str:
        return person_url(self.person)

    def audience(self) -> str:
        return _(
            "Everybody who works on a case of this person will see it with your name, the time and your reason. "
            "Reviewers see that it happened, without names."
        )

    def shown(self) -> list[Person]:
        return [self.person]

    def record_access(self) -> None:
        record.access(
            "person.act_opened",
            actor=self.actor,
            objects=[person.public_id for person in self.shown()],
            object_type="person",
            agency=self.agency.public_id,
            purpose=self.act,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"person": self.person}


class PairActView(PersonActView):
    """Base of acts on two records, the second by its own public id."""

    abstract = True
    other: Person

    def load(self) -> None:
        self.person, self.other = self.find("public_id"), self.find("other")
        if self.person == self.other:
            raise NotFound("These are the same record.")

    def shown(self) -> list[Person]:
        return [self.person, self.other]

    @cached_property
    def sides(self) -> list[dict[str, Any]]:
        """Both records with their cases, for the page."""
        return [
            {"person": person, "cases": person_page.cases_of(self.actor, person), "heading": heading}
            for person, heading in ((self.person, _("Stays")), (self.other, _("Is merged into it")))
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "other": self.other,
            "sides": self.sides,
            "fields": compared(self.person, self.other),
        }


def compared(person: Person, other: Person) -> list[dict[str, Any]]:
    """Each identifying field of both, and whether they differ."""
    return [
        {
            "name": FIELD_NAMES[name],
            "mine": shown_value(getattr(person, name)),
            "theirs": shown_value(getattr(other, name)),
            "differs": getattr(person, name) != getattr(other, name),
        }
        for name in people.FIELDS
    ]


def shown_value(value: Any) -> str:
    """A field's value as the page shows it."""
    if value in (None, ""):
        return _("not recorded")
    return f"{value.day} {value:%B %Y}" if hasattr(value, "strftime") else str(value)


def person_url(person: Person) -> str:
    """The page of one human."""
    return f"/admin/person/{person.public_id}/"


def merge_url(kept: Person, other: Person) -> str:
    return f"/admin/act/person/{kept.public_id}/merge/{other.public_id}/"
