"""A local ground to hold begins or ends."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases import services
from cases.models import Case, LocalGround
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, LocalTimeField, PickField

END_REASONS = [
    item for item in LocalGround.EndReason.choices if item[0] != LocalGround.EndReason.LEFT_CUSTODY
]


class GroundAddForm(ActForm):
    kind = PickField(
        label=gettext_lazy("What the ground is"),
        choices=LocalGround.Kind.choices,
        required_message=gettext_lazy("Choose what the ground is."),
    )
    description = forms.CharField(
        label=gettext_lazy("In words"),
        help_text=gettext_lazy("For example the offence, or court and number of the order."),
        max_length=300,
        required=False,
    )
    at = LocalTimeField(
        label=gettext_lazy("Since when"), help_text=gettext_lazy("When the ground began here.")
    )


class GroundAddView(CaseActView):
    """Record another local ground to hold."""

    permission = Permission.GROUND_EDIT
    act = "ground_add"
    form_class = GroundAddForm
    title = gettext_lazy("Record a local ground to hold")
    button = gettext_lazy("Record the ground")

    def what(self) -> str:
        return _(
            "From the time you enter, the person is held here on this ground, and no release is "
            "due until every local ground has ended."
        )

    def blocked(self) -> str:
        return left_custody(self.case, self)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        ground = services.add_ground(
            case_id=self.case.pk,
            actor=self.actor,
            at=typed["at"].at,
            kind=typed["kind"],
            description=typed["description"],
            entered_text=typed["at"].text,
        )
        return self.done(
            _("Ground recorded: %(ground)s, since %(when)s.")
            % {"ground": ground, "when": self.when(typed["at"])}
        )


class GroundEndForm(ActForm):
    reason = PickField(
        label=gettext_lazy("Why it ended"),
        choices=END_REASONS,
        required_message=gettext_lazy("Choose why the ground ended."),
    )
    at = LocalTimeField(
        label=gettext_lazy("When it ended"),
        help_text=gettext_lazy(
            "The time of the fact, for example when the bond was posted; not of this entry."
        ),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class GroundEndView(CaseActView):
    """End one local ground; the last one to end makes the person release-eligible."""

    permission = Permission.GROUND_EDIT
    act = "ground_end"
    form_class = GroundEndForm
    title = gettext_lazy("End a local ground")
    button = gettext_lazy("End the ground")
    ground: LocalGround

    def find_case(self) -> Case:
        rows = LocalGround.objects.visible_to(self.actor).select_related("case__person", "case__agency")
        self.ground = self.one(rows)
        return self.ground.case

    def what(self) -> str:
        facts = {
            "ground": self.ground,
            "detail": f" ({self.ground.description})" if self.ground.description else "",
        }
        if self.case.grounds.filter(ended_at__isnull=True).exclude(pk=self.ground.pk).exists():
            return (
                _(
                    "The ground '%(ground)s'%(detail)s ends. The person is still held on the other "
                    "local grounds."
                )
                % facts
            )
        return (
            _(
                "The ground '%(ground)s'%(detail)s ends. It is the last one: from that time the "
                "person is to be released, "
                "unless another authority holds."
            )
            % facts
        )

    def blocked(self) -> str:
        if self.ground.ended_at is not None:
            return _("This ground ended on %(when)s: %(why)s. There is nothing more to do here.") % {
                "when": self.when(self.ground.ended_at),
                "why": self.ground.get_end_reason_display(),
            }
        return left_custody(self.case, self)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        services.end_ground(
            ground_id=self.ground.pk,
            actor=self.actor,
            at=typed["at"].at,
            reason=typed["reason"],
            note=typed["note"],
            entered_text=typed["at"].text,
        )
        self.case.refresh_from_db()
        ended = _("Ground ended %(when)s.") % {"when": self.when(typed["at"])}
        eligible = self.case.release_eligible_at
        if eligible is None:
            return self.done(ended)
        return self.done(
            _(
                "%(ended)s The last local ground is over; the person was to be released from "
                "%(eligible)s, unless another authority holds."
            )
            % {"ended": ended, "eligible": self.when(eligible)}
        )


def left_custody(case: Case, view: CaseActView) -> str:
    """Why nothing can be recorded of a person who left; empty while the person is here."""
    if case.is_in_custody:
        return ""
    return _(
        "The person is not in custody here any more: %(state)s, %(when)s. There is nothing more to do here."
    ) % {
        "state": case.get_custody_state_display().lower(),  # type: ignore[attr-defined]
        "when": view.when(case.custody_ended_at or view.now),
    }
