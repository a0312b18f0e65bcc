"""Find that two records are not of one person."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases import services
from desk.acts.base import Done
from desk.acts.fields import ActForm, ReasonField
from desk.acts.persons.base import PairActView


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
