"""A breach is explained by a named person: cause and remedy. It stays on record."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import Permission
from cases.models import Case
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm
from detainers.models import Breach
from detainers.services import close_breach
from detainers.states import BreachState


class BreachForm(ActForm):
    cause = forms.CharField(
        label=gettext_lazy("Why it happened"),
        help_text=gettext_lazy(
            "The fact, not who is to blame: for example, the bond was posted at 13:45 and the desk "
            "learned of it at 14:20."
        ),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Enter why the person was held without authority.")},
    )
    remedy = forms.CharField(
        label=gettext_lazy("What was done about it"),
        help_text=gettext_lazy("For this person, and so that it does not happen again."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Enter what was done about it.")},
    )


class BreachCloseView(CaseActView):
    """Close a breach with its cause and remedy, both mandatory."""

    permission = Permission.BREACH_CLOSE
    act = "breach_close"
    form_class = BreachForm
    title = gettext_lazy("Explain a breach")
    button = gettext_lazy("Record cause and remedy")
    breach: Breach

    def find_case(self) -> Case:
        rows = Breach.objects.visible_to(self.actor).select_related("case__person", "case__agency")
        self.breach = self.one(rows)
        return self.breach.case

    def what(self) -> str:
        minutes = int(self.breach.duration(self.now).total_seconds()) // 60
        text = ngettext(
            "The person was held %(n)d minute beyond authority, which ended on %(when)s. The "
            "breach stays on record and in the public figures; your words are added to it.",
            "The person was held %(n)d minutes beyond authority, which ended on %(when)s. The "
            "breach stays on record and in the public figures; your words are added to it.",
            minutes,
        )
        return text % {"n": minutes, "when": self.when(self.breach.from_at)}

    def audience(self) -> str:
        return _("Staff and reviewers read cause and remedy with the case. Write no names in them.")

    def blocked(self) -> str:
        if self.breach.state == BreachState.OPEN:
            return _(
                "The person is still held without authority since %(when)s. Release comes first, "
                "then the explanation."
            ) % {"when": self.when(self.breach.from_at)}
        if self.breach.state == BreachState.CLOSED:
            return _("Cause and remedy were recorded on %(when)s. There is nothing more to do here.") % {
                "when": self.when(self.breach.closed_at or self.now)
            }
        return ""

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        close_breach(
            breach_id=self.breach.pk,
            actor=self.actor,
            at=self.now,
            cause=typed["cause"],
            remedy=typed["remedy"],
        )
        return self.done(_("Cause and remedy recorded."))
