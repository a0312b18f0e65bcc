"""The person is moved to another housing unit."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases import services
from cases.services.units import MOST_LETTERS
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, LocalTimeField
from desk.acts.grounds import left_custody
from desk.board import units_of


class UnitForm(ActForm):
    unit = forms.CharField(
        label=gettext_lazy("Unit"),
        help_text=gettext_lazy("As it is written on the door, for example Unit 3."),
        max_length=MOST_LETTERS,
        error_messages={"required": gettext_lazy("Enter the unit.")},
    )
    at = LocalTimeField(label=gettext_lazy("Since when"))
    reason = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class UnitMoveView(CaseActView):
    """Record where in the jail the person is now."""

    permission = Permission.UNIT_MOVE
    act = "unit_move"
    form_class = UnitForm
    template_name = "desk/acts/unit.html"
    title = gettext_lazy("Move to another unit")
    button = gettext_lazy("Record the move")

    def what(self) -> str:
        return _(
            "The person is now in %(unit)s. The move changes where staff look for them, and no authority or time."
        ) % {"unit": self.case.unit or _("no unit")}

    def blocked(self) -> str:
        return left_custody(self.case, self)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = [unit for unit in units_of(self.actor, [self.case.agency_id]) if unit != self.case.unit]
        return super().get_context_data(**kwargs) | {"units": found}

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        form.fields["unit"].widget.attrs |= {"list": "units", "autocomplete": "off"}
        return form

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        case = services.move_to_unit(
            case_id=self.case.pk,
            actor=self.actor,
            at=typed["at"].at,
            unit=typed["unit"],
            reason=typed["reason"],
            entered_text=typed["at"].text,
        )
        return self.done(
            _("Moved to %(unit)s, %(when)s.") % {"unit": case.unit, "when": self.when(typed["at"])}
        )
