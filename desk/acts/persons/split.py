"""Split a record that holds the cases of two people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases import people, services
from cases.booking import PersonFacts
from cases.models import Case
from desk import person_page
from desk.acts.base import Done
from desk.acts.fields import ActForm, PickField, ReasonField, TicksField, TypedDateField
from desk.acts.persons.base import PersonActView
from desk.person_page import FIELD_NAMES

SEX = [
    ("M", gettext_lazy("Male (M)")),
    ("F", gettext_lazy("Female (F)")),
    ("U", gettext_lazy("Not known (U)")),
    ("X", "X"),
]


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
