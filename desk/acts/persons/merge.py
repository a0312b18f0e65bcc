"""Find the other record, merge two, undo a merge."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.errors import Invalid, NotFound
from accounts.permissions import Permission
from cases import people, services
from cases.models import Case, Person
from cases.moves import PeopleApart, PersonMove
from cases.services.persons import came_since, why_not_undo
from desk import person_page
from desk.acts.base import Done
from desk.acts.fields import ActForm, PickField, ReasonField
from desk.acts.persons.base import PairActView, PersonActView, merge_url, shown_value
from desk.person_page import FIELD_NAMES


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
