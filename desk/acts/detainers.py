"""Detainers: registered as they came, served on the person, lifted by the issuing side."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission, has_permission
from cases.models import Case
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, LocalTimeField, PickField, ReasonField
from desk.acts.grounds import left_custody
from detainers.documents.languages import standings
from detainers.lifts import BY_ISSUER, MEANING
from detainers.models import Detainer, DetainerService
from detainers.notices import FORM, NOTICE_WORDS
from detainers.services import lift_detainer, serve_detainer
from detainers.states import DetainerState

LANGUAGES = [
    ("", gettext_lazy("Choose")),
    ("en", gettext_lazy("English")),
    ("es", gettext_lazy("Spanish")),
    ("fr", gettext_lazy("French")),
    ("pt", gettext_lazy("Portuguese")),
    ("zh", gettext_lazy("Chinese")),
    ("vi", gettext_lazy("Vietnamese")),
    ("ar", gettext_lazy("Arabic")),
    ("bn", gettext_lazy("Bengali")),
    ("my", gettext_lazy("Burmese")),
    ("fa", gettext_lazy("Farsi or Dari")),
    ("ht", gettext_lazy("Haitian Creole")),
    ("hi", gettext_lazy("Hindi")),
    ("mam", gettext_lazy("Mam")),
    ("ne", gettext_lazy("Nepali")),
    ("ps", gettext_lazy("Pashto")),
    ("pa", gettext_lazy("Punjabi")),
    ("quc", gettext_lazy("Kʼicheʼ")),
    ("ru", gettext_lazy("Russian")),
    ("so", gettext_lazy("Somali")),
    ("tl", gettext_lazy("Tagalog")),
    ("ur", gettext_lazy("Urdu")),
    ("other", gettext_lazy("Another language")),
]


def notice_choices() -> list[tuple[str, Any]]:
    """Each notice there is; those that nobody has reviewed say that they do not count."""
    draft = _("%(language)s, draft that nobody has reviewed: does not count as service")
    found = {item.text.code: item.is_draft for item in standings()}
    ours = [
        (code, draft % {"language": words} if found[code] else words)
        for code, words in NOTICE_WORDS.items()
        if code in found
    ]
    return [("", _("Choose")), *ours, (FORM, _("None of ours: the notice printed on the form itself"))]


class DetainerActView(CaseActView):
    """Base of acts on one detainer."""

    abstract = True
    list_name = "admin:detainers_detainer_changelist"
    detainer: Detainer

    def find_case(self) -> Case:
        rows = Detainer.objects.visible_to(self.actor).select_related("case__person", "case__agency")
        self.detainer = self.one(rows)
        return self.detainer.case

    def which(self) -> str:
        """The detainer in words."""
        return _("Detainer on form %(edition)s, received %(when)s.") % {
            "edition": self.detainer.edition,
            "when": self.when(self.detainer.received_at),
        }

    def withdrawn(self) -> str:
        """Why nothing can be done with a detainer that is withdrawn; empty while it is not."""
        if self.detainer.is_live:
            return ""
        return _("This detainer was %(state)s on %(when)s. There is nothing more to do here.") % {
            "state": self.detainer.get_state_display().lower(),
            "when": self.when(self.detainer.ended_at or self.now),
        }


class ServeForm(ActForm):
    at = LocalTimeField(label=gettext_lazy("When the copy was given"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language in which it was explained"),
        choices=LANGUAGES,
        error_messages={"required": gettext_lazy("Choose the language in which it was explained.")},
    )
    language_other = forms.CharField(
        label=gettext_lazy("If another language: its code"),
        help_text=gettext_lazy("ISO 639 code, for example kjb for Qʼanjobʼal."),
        max_length=12,
        required=False,
    )
    notice_language = forms.ChoiceField(
        label=gettext_lazy("Language of the notice that was given with it"),
        help_text=gettext_lazy(
            "The copy is the received form itself; the notice explains it. A text that no person has reviewed does "
            "not count as service. Where there is none in the person's language, give a reviewed one and have it "
            "interpreted."
        ),
        error_messages={"required": gettext_lazy("Choose the language of the notice that was given.")},
    )
    method = PickField(
        label=gettext_lazy("How it was given"),
        choices=DetainerService.Method.choices,
        required_message=gettext_lazy("Choose how it was given."),
    )
    method_detail = forms.CharField(label=gettext_lazy("If another way: how"), max_length=200, required=False)
    interpreter_id = forms.CharField(
        label=gettext_lazy("Interpreter"),
        help_text=gettext_lazy("Number of the interpreter or of the telephone line; no name."),
        max_length=60,
        required=False,
    )
    officer_name = forms.CharField(
        label=gettext_lazy("Officer who gave it, if somebody else than you"), max_length=150, required=False
    )
    officer_title = forms.CharField(
        label=gettext_lazy("Title of the officer who gave it"), max_length=100, required=False
    )
    refused_to_sign = forms.BooleanField(
        label=gettext_lazy("The person refused to sign"),
        help_text=gettext_lazy("The copy counts as served all the same."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["notice_language"].choices = notice_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("language") == "other" and not typed.get("language_other", "").strip():
            self.add_error("language_other", _("Enter the code of the language."))
        return typed


class DetainerServeView(DetainerActView):
    """Record that a copy was given to the person."""

    permission = Permission.DETAINER_SERVE
    act = "detainer_serve"
    form_class = ServeForm
    title = gettext_lazy("Serve the copy of the detainer")
    button = gettext_lazy("Record the service")

    def what(self) -> str:
        facts = {"which": self.which()}
        if self.detainer.state == DetainerState.DEFICIENT:
            return (
                _(
                    "%(which)s The form is deficient on its face: serving it gives no authority to "
                    "hold, but the person learns of it."
                )
                % facts
            )
        if self.detainer.needs_service:
            return (
                _(
                    "%(which)s From the time you enter the copy counts as served; without that "
                    "this form gives no authority to hold."
                )
                % facts
            )
        return (
            _(
                "%(which)s From the time you enter the copy counts as given. This edition does not "
                "depend on it."
            )
            % facts
        )

    def blocked(self) -> str:
        if self.detainer.state == DetainerState.SERVED:
            first = self.detainer.services.filter(counts=True).order_by("served_at").first()
            return _("The copy was served on %(when)s. There is nothing more to do here.") % {
                "when": self.when(first.served_at if first else self.now)
            }
        return self.withdrawn() or left_custody(self.case, self)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        is_other = typed["language"] == "other"
        service = serve_detainer(
            detainer_id=self.detainer.pk,
            actor=self.actor,
            at=typed["at"].at,
            language=typed["language_other"] if is_other else typed["language"],
            notice_language=typed["notice_language"],
            method=typed["method"],
            method_detail=typed["method_detail"],
            refused_to_sign=typed["refused_to_sign"],
            interpreter_id=typed["interpreter_id"],
            officer_name=typed["officer_name"],
            officer_title=typed["officer_title"],
            served_text=typed["at"].text,
        )
        facts = {"when": self.when(typed["at"]), "language": service.notice_words}
        if not service.counts:
            text = _(
                "Recorded: copy given %(when)s. It does not count as service, because nobody has reviewed the notice "
                "in %(language)s. Serve a copy again with a notice that was reviewed."
            )
            return self.done(text % facts, level=messages.WARNING)
        return self.done(_("Copy served %(when)s.") % facts)


class LiftForm(ActForm):
    code = PickField(
        label=gettext_lazy("Why it was lifted"),
        help_text=gettext_lazy("As the issuing office says; choose the first line if it gives no reason."),
        choices=[(item.value, MEANING[item]) for item in BY_ISSUER],
        required_message=gettext_lazy("Choose why it was lifted, or 'no reason given'."),
    )
    at = LocalTimeField(
        label=gettext_lazy("When it was lifted"),
        help_text=gettext_lazy("When the notice of the issuing office arrived, or when your office decided."),
    )
    reason = ReasonField(
        label=gettext_lazy("How you know"),
        help_text=gettext_lazy(
            "For example: form received by fax, or call from the office with the officer's title."
        ),
        error_messages={"required": gettext_lazy("Write how you know that it was lifted.")},
    )


class DetainerLiftView(DetainerActView):
    """Record that the issuing side withdrew a detainer; the jail or the issuing office may."""

    permission = Permission.DETAINER_LIFT
    act = "detainer_lift"
    form_class = LiftForm
    title = gettext_lazy("Record that the detainer was lifted")
    button = gettext_lazy("Record that it was lifted")

    def check_allowed(self) -> None:
        office = self.detainer.federal_agency_id
        if office is None or not has_permission(self.actor, self.permission, office):
            super().check_allowed()

    def what(self) -> str:
        return _(
            "%(which)s Any hold that rests on it ends at the time you enter, and cannot be taken "
            "up again on it."
        ) % {"which": self.which()}

    def blocked(self) -> str:
        return self.withdrawn()

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        lift_detainer(
            detainer_id=self.detainer.pk,
            actor=self.actor,
            at=typed["at"].at,
            reason=typed["reason"],
            code=typed["code"],
        )
        return self.done(_("Lifted %(when)s.") % {"when": self.when(typed["at"])}, level=messages.SUCCESS)
