"""Who is who: merge two records, undo a merge, split a record, find that two are not one. By a named person, with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.errors import Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission
from audit import record
from cases import people, services
from cases.booking import PersonFacts
from cases.models import Case, Person
from cases.moves import PeopleApart, PersonMove
from cases.services.persons import came_since, why_not_undo
from desk import person_page
from desk.acts.base import ActView, Done
from desk.acts.fields import ActForm, PickField, ReasonField, TicksField, TypedDateField
from desk.person_page import FIELD_NAMES

SEX = [
    ("M", gettext_lazy("Male (M)")),
    ("F", gettext_lazy("Female (F)")),
    ("U", gettext_lazy("Not known (U)")),
    ("X", "X"),
]


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


class FindForm(ActForm):
    number = forms.CharField(
        label=gettext_lazy("Case number"),
        help_text=gettext_lazy("A case under the other record, like 2026-00391."),
        max_length=12,
        error_messages={"required": gettext_lazy("Enter the number of a case under the other record.")},
    )


class MergeFindView(PersonActView):
    """Name the other record by one of its cases. Nothing happens here yet."""

    permission = Permission.PERSON_MERGE
    act = "person_find"
    form_class = FindForm
    title = gettext_lazy("Find the other record")
    button = gettext_lazy("Compare the two")

    def what(self) -> str:
        return _("You name a case under the other record, and see both side by side. Nothing is merged yet.")

    def perform(self, form: Any) -> Done:
        rows = Case.objects.filter(number=form.cleaned_data["number"].strip())
        persons = Person.objects.visible_to(self.actor, self.permission).filter(cases__in=rows).distinct()
        found = list(persons.exclude(pk=self.person.pk)[:2])
        if len(found) != 1:
            sentence = (
                _("There is no other record with a case of this number in your jails. Check the number.")
                if not found
                else _(
                    "More than one jail has a case of this number. Open the other person and merge from there."
                )
            )
            raise Invalid(sentence, field="number")
        url = merge_url(self.person, found[0])
        return Done(_("Compare both records before you merge them."), url)


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


class MergeForm(ActForm):
    """One choice for each field in which the records differ."""

    reason = ReasonField(
        help_text=gettext_lazy(
            "On what you rely: prints compared, a document, what the person said. Do not name anybody."
        )
    )

    def __init__(self, *args: Any, person: Person, other: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields.pop("reason")
        for name in people.FIELDS:
            mine, theirs = getattr(person, name), getattr(other, name)
            if mine == theirs:
                continue
            choices = [("kept", shown_value(mine)), ("other", shown_value(theirs))]
            self.fields[name] = PickField(label=FIELD_NAMES[name], choices=choices, initial="kept")
        self.fields["reason"] = reason

    @property
    def taken(self) -> list[str]:
        return [name for name in people.FIELDS if self.cleaned_data.get(name) == "other"]


class MergeView(PairActView):
    """Say that two records are of one human. The first in the address stays."""

    permission = Permission.PERSON_MERGE
    act = "person_merge"
    template_name = "desk/acts/merge.html"
    form_class = MergeForm
    title = gettext_lazy("Merge two records of one person")
    button = gettext_lazy("Merge the records")

    def what(self) -> str:
        moving = person_page.cases_of(self.actor, self.other)
        words = ngettext("%(n)s case moves", "%(n)s cases move", len(moving)) % {"n": len(moving)}
        return _(
            "%(words)s to the record that stays. The other record remains, with its names as recorded, and "
            "the merge can be undone. Nobody is held or released because of it."
        ) % {"words": words}

    def blocked(self) -> str:
        if self.person.merged_into_id or self.other.merged_into_id:
            return _("One of these records is merged already. Open the person and look again.")
        return ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"person": self.person, "other": self.other}

    def perform(self, form: Any) -> Done:
        services.merge_persons(
            keep_id=self.person.pk,
            merge_id=self.other.pk,
            actor=self.actor,
            at=self.now,
            reason=form.cleaned_data["reason"],
            take=form.taken,
        )
        held = sum(place.in_custody > 0 for place in people.known_at([self.person.pk]))
        sentence = _("The records are merged.")
        if held > 1:
            sentence += " " + _(
                "The person is recorded as in custody in %(n)s jails at once. Find out which is right."
            ) % {"n": held}
        return Done(sentence, self.back_url)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        first, second = sorted((self.person.pk, self.other.pk))
        return super().get_context_data(**kwargs) | {
            "apart": PeopleApart.objects.filter(first=first, second=second).first(),
            "swap_url": merge_url(self.other, self.person),
            "elsewhere": list(
                person_page.elsewhere(self.actor, people.known_at([self.person.pk, self.other.pk]))
            ),
        }


class ApartForm(ActForm):
    reason = ReasonField(help_text=gettext_lazy("What shows that these are two people. Do not name anybody."))


class ApartView(PairActView):
    """Find that two records are of two people, so that they are not proposed again."""

    permission = Permission.PERSON_MERGE
    act = "people_apart"
    template_name = "desk/acts/merge.html"
    form_class = ApartForm
    title = gettext_lazy("Not the same person")
    button = gettext_lazy("Record that these are two people")

    def what(self) -> str:
        return _(
            "This pair is not proposed again. Nothing else changes, and the records can still be merged later."
        )

    def perform(self, form: Any) -> Done:
        services.keep_apart(
            person_id=self.person.pk,
            other_id=self.other.pk,
            actor=self.actor,
            at=self.now,
            reason=form.cleaned_data["reason"],
        )
        return Done(_("Recorded: these are two people."), "/admin/same-person/")

    @cached_property
    def sides(self) -> list[dict[str, Any]]:
        return [side | {"heading": ""} for side in super().sides]


class UndoForm(ActForm):
    """Whose each case is that came since the merge, and why the merge was wrong."""

    reason = ReasonField(help_text=gettext_lazy("What shows that these are two people. Do not name anybody."))

    def __init__(self, *args: Any, since: list[Case], merge: PersonMove, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields.pop("reason")
        self.since = since
        for case in since:
            self.fields[f"case_{case.pk}"] = PickField(
                label=_("Case %(number)s, %(jail)s, came since the merge. Whose is it?")
                % {"number": case.number, "jail": case.agency.name},
                choices=[("kept", merge.kept.display_name), ("other", merge.other.display_name)],
                required_message=_("Choose whose case this is."),
            )
        self.fields["reason"] = reason

    @property
    def later(self) -> dict[int, bool]:
        return {case.pk: self.cleaned_data[f"case_{case.pk}"] == "other" for case in self.since}


class MergeUndoView(PersonActView):
    """Take a merge apart again."""

    permission = Permission.PERSON_SPLIT
    act = "merge_undo"
    template_name = "desk/acts/undo.html"
    form_class = UndoForm
    title = gettext_lazy("Undo a merge")
    button = gettext_lazy("Undo the merge")
    service_default = ""
    merge: PersonMove

    def load(self) -> None:
        rows = PersonMove.objects.select_related("kept__agency", "other__agency").prefetch_related(
            "cases__case__agency"
        )
        found = rows.filter(public_id=self.kwargs["public_id"], kind=PersonMove.Kind.MERGE).first()
        if found is None:
            raise NotFound("There is no such merge.")
        self.merge = found
        self.person = person_page.find(self.actor, found.kept.public_id, self.permission)

    def shown(self) -> list[Person]:
        return [self.merge.kept, self.merge.other]

    @cached_property
    def since(self) -> list[Case]:
        cases = Case.objects.filter(person=self.person).select_related("agency").order_by("pk")
        return came_since(self.merge, cases)

    def what(self) -> str:
        n = len(self.merge.cases.all())
        return ngettext(
            "%(n)s case goes back to the record it came from, which is a record of its own again.",
            "%(n)s cases go back to the record they came from, which is a record of its own again.",
            n,
        ) % {"n": n}

    def blocked(self) -> str:
        return why_not_undo(self.merge)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"since": self.since, "merge": self.merge}

    def perform(self, form: Any) -> Done:
        services.undo_merge(
            move_id=self.merge.pk,
            actor=self.actor,
            at=self.now,
            reason=form.cleaned_data["reason"],
            later=form.later,
        )
        return Done(_("The merge is undone: these are two records again."), self.back_url)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changes = [(FIELD_NAMES[name], now, then) for name, (then, now) in self.merge.changes.items()]
        return super().get_context_data(**kwargs) | {"merge": self.merge, "changes": changes}


class SplitForm(ActForm):
    """Which cases go, and who the other person is."""

    sections = (
        (gettext_lazy("Cases of the other person"), ("cases",)),
        (gettext_lazy("Who the other person is"), people.FIELDS),
        ("", ("reason",)),
    )
    cases = TicksField(label=gettext_lazy("Which cases are somebody else's"))
    cases.error_messages["required"] = gettext_lazy("Choose at least one case.")
    surname = forms.CharField(
        label=FIELD_NAMES["surname"],
        max_length=100,
        help_text=gettext_lazy("Write UNKNOWN if it is not known."),
    )
    given_names = forms.CharField(label=FIELD_NAMES["given_names"], max_length=150, required=False)
    birth_date = TypedDateField(
        label=FIELD_NAMES["birth_date"], required=False, help_text=gettext_lazy("Like 1990-05-17.")
    )
    sex = PickField(label=FIELD_NAMES["sex"], choices=SEX)
    birth_place = forms.CharField(
        label=gettext_lazy("Place of birth (NCIC code)"), max_length=2, required=False
    )
    reason = ReasonField(help_text=gettext_lazy("What shows that these are two people. Do not name anybody."))

    def __init__(self, *args: Any, cases: list[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cases"].required = True
        self.fields["cases"].choices = [  # type: ignore[attr-defined]
            (str(case.pk), f"{case.number}, {case.agency.name}, {case.get_custody_state_display().lower()}")  # type: ignore[attr-defined]
            for case in cases
        ]

    @property
    def identity(self) -> PersonFacts:
        return PersonFacts(**{name: self.cleaned_data[name] for name in people.FIELDS})


class SplitView(PersonActView):
    """Some cases of this record belong to somebody else."""

    permission = Permission.PERSON_SPLIT
    act = "person_split"
    form_class = SplitForm
    title = gettext_lazy("Split a record of two people")
    button = gettext_lazy("Split the record")

    @cached_property
    def cases(self) -> list[Case]:
        return person_page.cases_of(self.actor, self.person)

    def what(self) -> str:
        return _(
            "The cases you choose go to a new record with the identity you state. The others stay here. Merging the "
            "two reverses it. Nobody is held or released because of it."
        )

    def blocked(self) -> str:
        if self.person.merged_into_id:
            return _("This record was merged into another. Open that one.")
        if len(self.cases) < 2:
            return _(
                "There is only one case here, so there is nothing to split. If it is somebody else's, correct the person."
            )
        return ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"cases": self.cases}

    def perform(self, form: Any) -> Done:
        services.split_person(
            person_id=self.person.pk,
            case_ids=[int(key) for key in form.cleaned_data["cases"]],
            identity=form.identity,
            actor=self.actor,
            at=self.now,
            reason=form.cleaned_data["reason"],
        )
        return Done(_("The record is split. The other person has a record of their own."), self.back_url)


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
