"""Work that stopped and waits for a person: prints that could not be sent, prints that could not be searched."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import Permission
from audit.models import Event
from cases.models import Case
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, ReasonField
from matching.events import PRINT_SEARCH_RETRIED, TRANSMISSION_RETRIED
from matching.models import PrintSearch, Transmission
from matching.services import retry_search, retry_transmission
from matching.states import TransmissionState

STUCK = ("failed", "quarantined")
"""States of a transmission or a search in which nothing happens any more until a person says so."""


class RetryForm(ActForm):
    reason = ReasonField(
        label=gettext_lazy("Why again now"),
        help_text=gettext_lazy("What has changed, or who said so. It is kept and shown to reviewers."),
        error_messages={"required": gettext_lazy("Enter why it should work now.")},
    )


class RetryView(CaseActView):
    """Base: says what failed, how often and why, and starts it over with a fresh count of tries."""

    abstract = True
    permission = Permission.TRANSMISSION_RETRY
    form_class = RetryForm
    model: type[Transmission] | type[PrintSearch]
    retried = ""
    row: Transmission | PrintSearch

    def find_case(self) -> Case:
        rows = self.model.objects.visible_to(self.actor).select_related(
            "submission__case__person", "submission__case__agency"
        )
        self.row = self.one(rows)
        return self.row.submission.case

    @property
    def back_url(self) -> str:
        return super().back_url if self.sees_person else "/admin/"

    def failure(self) -> str:
        """What failed."""
        raise NotImplementedError

    def consequence(self) -> str:
        """What trying again does."""
        raise NotImplementedError

    def what(self) -> str:
        return " ".join(
            part
            for part in (self.failure(), self.how_often(), self.cause(), self.before(), self.consequence())
            if part
        )

    def how_often(self) -> str:
        if self.row.state == TransmissionState.QUARANTINED:
            return ngettext(
                "A worker died on it %(n)s time, so it was set aside.",
                "Workers died on it %(n)s times, so it was set aside.",
                self.row.deaths,
            ) % {"n": self.row.deaths}
        return ngettext("It was tried %(n)s time.", "It was tried %(n)s times.", self.row.attempts) % {
            "n": self.row.attempts
        }

    def cause(self) -> str:
        if not self.row.last_error:
            return ""
        text = _("The last error was: %(error)s") % {"error": self.row.last_error}
        return text if text.endswith(".") else f"{text}."

    def before(self) -> str:
        """How often a person started it over already: after the second time, something else is wrong."""
        count = Event.objects.filter(action=self.retried, subject_id=self.row.public_id).count()
        if not count:
            return ""
        return ngettext(
            "A person started it over %(n)s time before.",
            "People started it over %(n)s times before.",
            count,
        ) % {"n": count}

    def blocked(self) -> str:
        if self.row.state in STUCK:
            return ""
        return _(
            "This is not stopped any more: its state is %(state)s. There is nothing more to do here."
        ) % {"state": self.row.get_state_display().lower()}


class TransmissionRetryView(RetryView):
    """Send prints again that could not be sent."""

    act = "transmission_retry"
    model = Transmission
    retried = TRANSMISSION_RETRIED
    title = gettext_lazy("Send the prints again")
    button = gettext_lazy("Send them again")

    def failure(self) -> str:
        return _("The prints of check %(tcn)s, %(jail)s, did not reach the state bureau.") % {
            "tcn": self.row.submission.tcn,
            "jail": self.agency.name,
        }

    def consequence(self) -> str:
        return _("If you send them again, the same file goes out with a fresh count of tries.")

    def perform(self, form: Any) -> Done:
        retry_transmission(
            transmission_id=self.row.pk, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"]
        )
        return self.done(_("The prints are sent again now."))


class SearchRetryView(RetryView):
    """Search prints again in our own repository."""

    act = "search_retry"
    model = PrintSearch
    retried = PRINT_SEARCH_RETRIED
    title = gettext_lazy("Search the prints again")
    button = gettext_lazy("Search them again")

    def failure(self) -> str:
        return _(
            "The prints of check %(tcn)s, %(jail)s, were not compared with our own repository. "
            "Nothing is known from it either way."
        ) % {"tcn": self.row.submission.tcn, "jail": self.agency.name}

    def consequence(self) -> str:
        return _("If you search again, a resemblance is a lead for two examiners and holds nobody.")

    def perform(self, form: Any) -> Done:
        retry_search(search_id=self.row.pk, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"])
        return self.done(_("The prints are searched again now."))
