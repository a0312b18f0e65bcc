"""A person leaves custody, dies, escapes or comes back. A release is never refused for being late."""

from typing import Any

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import Permission
from cases import services
from cases.services.custody import DESTINATIONS
from cases.states import Custody
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, LocalTimeField, PickField, ReasonField
from desk.acts.grounds import left_custody
from detainers.models import Breach, CaseAuthority

TO = [
    ("street", gettext_lazy("Set free")),
    ("ice", gettext_lazy("Taken over by ICE or CBP officers")),
    ("other_agency", gettext_lazy("Handed to another agency")),
]
TO_WORDS = dict(TO)
assert set(TO_WORDS) == set(DESTINATIONS)


class ReleaseForm(ActForm):
    to = PickField(
        label=gettext_lazy("Where the person goes"),
        choices=TO,
        required_message=gettext_lazy("Choose where the person goes."),
    )
    at = LocalTimeField(
        label=gettext_lazy("When the person left"), help_text=gettext_lazy("The time at the door.")
    )
    reason = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("For example the receiving agency, or why the release was late."),
        max_length=500,
        required=False,
    )


class ReleaseView(CaseActView):
    """Record that the person left. If authority ended before, the same transaction records the breach."""

    permission = Permission.CASE_RELEASE
    act = "release"
    template_name = "desk/acts/release.html"
    form_class = ReleaseForm
    title = gettext_lazy("Record the release")
    button = gettext_lazy("Record the release")

    def what(self) -> str:
        return _(
            "The person leaves custody here; every local ground and any hold on a detainer end "
            "with it. A release is never refused."
        )

    def blocked(self) -> str:
        return left_custody(self.case, self)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        case = services.release(
            case_id=self.case.pk,
            actor=self.actor,
            at=typed["at"].at,
            to=typed["to"],
            reason=typed["reason"],
            entered_text=typed["at"].text,
        )
        said = _("Release recorded: %(to)s, %(when)s.") % {
            "to": str(TO_WORDS[typed["to"]]).lower(),
            "when": self.when(typed["at"]),
        }
        breach = Breach.objects.filter(case=case, until_at=case.custody_ended_at).order_by("-from_at").first()
        minutes = int(breach.duration(self.now).total_seconds()) // 60 if breach else 0
        if minutes == 0:
            return self.done(said)
        text = ngettext(
            "%(said)s A breach of %(n)d minute was recorded; it needs cause and remedy.",
            "%(said)s A breach of %(n)d minutes was recorded; it needs cause and remedy.",
            minutes,
        )
        return self.done(text % {"said": said, "n": minutes}, level=messages.WARNING)

    def late(self) -> str:
        """What a release now means where authority to hold has ended, in plain words; empty where it has not."""
        found = CaseAuthority.objects.filter(pk=self.case.pk).first()
        if found is None or not found.in_breach or found.authority_ends_at is None:
            return ""
        text = ngettext(
            "Authority to hold ended on %(when)s. The release is recorded all the same. With it a "
            "breach of %(n)d minute is recorded, "
            "which a supervisor must explain and reviewers see.",
            "Authority to hold ended on %(when)s. The release is recorded all the same. With it a "
            "breach of %(n)d minutes is recorded, "
            "which a supervisor must explain and reviewers see.",
            found.minutes_over,
        )
        return text % {"when": self.when(found.authority_ends_at), "n": found.minutes_over}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"late": "" if context["blocked"] else self.late()}


CUSTODY_ACTS = {
    "death": (gettext_lazy("The person died in custody"), services.record_death),
    "escape": (gettext_lazy("The person escaped"), services.record_escape),
    "recapture": (gettext_lazy("The escaped person is back"), services.record_recapture),
}


class CustodyForm(ActForm):
    what = PickField(
        label=gettext_lazy("What happened"),
        choices=[(key, label) for key, (label, _service) in CUSTODY_ACTS.items()],
        required_message=gettext_lazy("Choose what happened."),
    )
    at = LocalTimeField(label=gettext_lazy("When it happened"))
    reason = ReasonField(
        label=gettext_lazy("What is known"),
        help_text=gettext_lazy(
            "Circumstances and who was told. Kept with the case; reviewers read it without names."
        ),
        error_messages={"required": gettext_lazy("Write what is known.")},
    )


class CustodyView(CaseActView):
    """Record a death, an escape or a return."""

    permission = Permission.CUSTODY_RECORD
    act = "custody"
    form_class = CustodyForm
    title = gettext_lazy("Record a death, an escape or a return")
    button = gettext_lazy("Record it")

    def what(self) -> str:
        if self.case.custody_state == Custody.ESCAPED:
            return _("From the time you enter, the person is in custody here again.")
        return _(
            "Custody here ends at the time you enter, and so does any hold on a detainer. The form "
            "asks that the issuing office be told of a death."
        )

    def blocked(self) -> str:
        return "" if self.case.custody_state == Custody.ESCAPED else left_custody(self.case, self)

    def get_form(self, form_class: Any = None) -> Any:
        """Only what can have happened: somebody who is here cannot come back, somebody who escaped can only come back."""
        form = super().get_form(form_class)
        escaped = self.case.custody_state == Custody.ESCAPED
        field = form.fields["what"]
        field.choices = [item for item in field.choices if (item[0] == "recapture") == escaped]
        return form

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        label, service = CUSTODY_ACTS[typed["what"]]
        service(case_id=self.case.pk, actor=self.actor, at=typed["at"].at, reason=typed["reason"])
        return self.done(
            _("Recorded: %(what)s, %(when)s.") % {"what": str(label).lower(), "when": self.when(typed["at"])}
        )
