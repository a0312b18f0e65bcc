"""A detainer as it came: edition, boxes, signature, the person as written on it, receipt, and the scan itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases.models import Document
from cases.services import store_document
from desk.acts.base import CaseActView, Done
from desk.acts.fields import (
    ActForm,
    LocalTimeField,
    PickField,
    TicksField,
    TypedDateField,
    UploadField,
    media_type,
)
from desk.acts.grounds import left_custody
from detainers import rulebook
from detainers.models import Detainer, Warrant
from detainers.services import DetainerForm, record_warrant, register_detainer
from detainers.states import DetainerState

NEWEST = "I-247A_2017"
UNKNOWN = "unknown"
CHANNELS = [item for item in Detainer.Channel.choices if item[0] in ("paper", "fax", "email")]


def edition_choices() -> list[tuple[str, Any]]:
    """Newest first, each with its title, and a way to say that the edition is not known."""
    found = sorted(rulebook.current().editions.values(), key=lambda item: item.starts_on, reverse=True)
    labels = [(item.code, f"{item.code.replace('_', ', ')}: {item.title}") for item in found]
    return [*labels, (UNKNOWN, gettext_lazy("Another edition, or none stated on the form"))]


class RegisterForm(ActForm):
    marks_optional = False  # nothing is optional about copying a form; what it leaves empty stays empty
    sections = (
        (gettext_lazy("Receipt"), ("received", "channel", "scan")),
        (
            gettext_lazy("The form"),
            ("edition", "issued_on", "issuing_office", "officer_title", "signature_present", "boxes_of"),
        ),
        (
            gettext_lazy("The person, as written on the form"),
            ("subject_surname", "subject_given_names", "subject_birth_date"),
        ),
        (gettext_lazy("Boxes ticked on the form"), ("basis", "loan_back", "priority", "on_conviction")),
        (gettext_lazy("Notice before release, as the form asks"), ("notify_ice", "notify_cbp")),
        (gettext_lazy("Warrant that came with it"), ("warrant", "signed_by_role", "signed_at")),
    )
    received = LocalTimeField(
        label=gettext_lazy("Received at"), help_text=gettext_lazy("When it reached this jail.")
    )
    channel = PickField(
        label=gettext_lazy("How it came"),
        choices=CHANNELS,
        required_message=gettext_lazy("Choose how it came."),
    )
    scan = UploadField(
        label=gettext_lazy("Scan of the form"),
        help_text=gettext_lazy("PDF or picture, up to 16 MB, if you have one. It is kept as it is."),
        accept=".pdf,.png,.jpg,.jpeg,.tif,.tiff",
        required=False,
    )
    edition = forms.ChoiceField(
        label=gettext_lazy("Edition"),
        help_text=gettext_lazy("Printed at the foot of the form."),
        initial=NEWEST,
    )
    boxes_of = forms.CharField(widget=forms.HiddenInput, required=False)
    issued_on = TypedDateField(label=gettext_lazy("Date on the form"), required=False)
    issuing_office = forms.CharField(
        label=gettext_lazy("Issuing office"),
        help_text=gettext_lazy("The FROM block. Leave empty only if the form does."),
        max_length=200,
        required=False,
    )
    officer_title = forms.CharField(
        label=gettext_lazy("Title of the officer"),
        help_text=gettext_lazy("The title, not the name."),
        max_length=100,
        required=False,
    )
    signature_present = forms.BooleanField(
        label=gettext_lazy("An officer has signed the form"), required=False
    )
    subject_surname = forms.CharField(
        label=gettext_lazy("Surname"),
        help_text=gettext_lazy("Copy what is written there, also if it is wrong."),
        max_length=100,
        required=False,
    )
    subject_given_names = forms.CharField(label=gettext_lazy("Given names"), max_length=150, required=False)
    subject_birth_date = TypedDateField(label=gettext_lazy("Date of birth"), required=False)
    basis = TicksField(label=gettext_lazy("Box 1: why the detainer was issued"))
    loan_back = forms.BooleanField(required=False)
    priority = TicksField(label=gettext_lazy("Priority boxes"))
    on_conviction = forms.BooleanField(
        label=gettext_lazy("Takes effect only upon conviction"), required=False
    )
    notify_ice = forms.BooleanField(label=gettext_lazy("Asks that ICE be told"), required=False)
    notify_cbp = forms.BooleanField(label=gettext_lazy("Asks that CBP be told"), required=False)
    warrant = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("None came")), *Warrant.Kind.choices],
        required=False,
    )
    signed_by_role = forms.CharField(
        label=gettext_lazy("Signed by"),
        help_text=gettext_lazy("The role, for example judge or deportation officer; no name."),
        max_length=100,
        required=False,
    )
    signed_at = LocalTimeField(
        label=gettext_lazy("Signed at"),
        help_text=gettext_lazy("Date and time; 00:00 if only a date is on it."),
        starts_now=False,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["edition"].choices = edition_choices()  # type: ignore[attr-defined]
        book, code = rulebook.current(), str(self["edition"].value() or NEWEST)
        edition, words = book.editions.get(code), book.boxes
        basis = (
            edition.basis if edition else [box for box in words if not box.startswith(("priority", "loan"))]
        )
        priority = edition.priority if edition else [box for box in words if box.startswith("priority")]
        self.fields["basis"].choices = [(box, words[box]) for box in basis]  # type: ignore[attr-defined]
        self.fields["priority"].choices = [(box, words[box]) for box in priority]  # type: ignore[attr-defined]
        self.fields["loan_back"].label = _("Box 2: %(words)s") % {"words": words["loan_back"]}
        shown = {"basis": basis, "priority": priority}
        shown |= (
            {}
            if edition is None
            else {"loan_back": edition.loan_back, "on_conviction": edition.on_conviction_box}
        )
        for name, has in shown.items():
            if not has:
                del self.fields[name]
        self.shown_boxes = code
        self.initial["boxes_of"] = code

    def full_clean(self) -> None:
        """Boxes belong to the edition they were shown for; after a change of edition they are asked again."""
        asked_for = self.data.get("boxes_of") if self.is_bound else None
        if asked_for and asked_for != self.shown_boxes:
            self.data = self.data.copy()
            self.data["boxes_of"] = self.shown_boxes
            self.data.setlist("basis", [])
            self.data.setlist("priority", [])
            super().full_clean()
            self.add_error(
                "edition",
                _("Below are now the boxes of this edition. Tick those on the form, then register it."),
            )
            return
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("warrant"):
            if not typed.get("signed_by_role"):
                self.add_error("signed_by_role", _("Enter in what role it was signed, for example judge."))
            if not typed.get("signed_at") and "signed_at" not in self.errors:
                self.add_error("signed_at", _("Enter when it was signed."))
        return typed

    def paper(self) -> DetainerForm:
        """What the form says, as it was typed."""
        typed = self.cleaned_data
        return DetainerForm(
            edition=typed["edition"],
            boxes={
                "basis": list(typed.get("basis", ())),
                "priority": list(typed.get("priority", ())),
                "loan_back": typed.get("loan_back", False),
                "on_conviction": typed.get("on_conviction", False),
            },
            subject_surname=typed["subject_surname"],
            subject_given_names=typed["subject_given_names"],
            subject_birth_date=typed["subject_birth_date"],
            notify_ice=typed["notify_ice"],
            notify_cbp=typed["notify_cbp"],
            issuing_office=typed["issuing_office"],
            officer_title=typed["officer_title"],
            signature_present=typed["signature_present"],
            issued_on=typed["issued_on"],
        )


class DetainerRegisterView(CaseActView):
    """Register a detainer that arrived. It needs no match, and a deficient one is kept and marked."""

    permission = Permission.DETAINER_REGISTER
    act = "detainer_register"
    template_name = "desk/acts/register.html"
    form_class = RegisterForm
    title = gettext_lazy("Register a detainer")
    button = gettext_lazy("Register the detainer")
    service_fields = {"at": "received", "boxes": "basis", "document": "scan", "kind": "warrant"}

    def what(self) -> str:
        return _(
            "The detainer is kept with its case as you enter it. Whether it allows this jail to "
            "hold anybody is then worked out from the form and the law of this place, and shown on "
            "the case."
        )

    def blocked(self) -> str:
        return left_custody(self.case, self)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        detainer = register_detainer(
            case_id=self.case.pk,
            actor=self.actor,
            at=typed["received"].at,
            form=form.paper(),
            channel=typed["channel"],
            received_text=typed["received"].text,
            document=self._scan(form),
        )
        if typed["warrant"]:
            record_warrant(
                detainer_id=detainer.pk,
                actor=self.actor,
                at=typed["signed_at"].at,
                kind=typed["warrant"],
                signed_by_role=typed["signed_by_role"],
            )
        return self._said(detainer)

    def _scan(self, form: Any) -> Document | None:
        """The scan as a stored document, in the same transaction as the detainer it belongs to."""
        upload = form.cleaned_data["scan"]
        if not upload:
            return None
        content = upload.read()
        return store_document(
            actor=self.actor,
            agency=self.agency,
            kind="detainer_scan",
            media_type=media_type(content),
            content=content,
            channel=form.cleaned_data["channel"],
            at=self.now,
        )

    def _said(self, detainer: Detainer) -> Done:
        facts = {"when": self.when(detainer.received_at), "why": " ".join(detainer.deficiency_sentences)}
        if detainer.state == DetainerState.DEFICIENT:
            text = _(
                "Registered, received %(when)s. The form is deficient on its face and gives no "
                "ground to hold. %(why)s"
            )
            return self.done(text % facts, level=messages.WARNING)
        if detainer.needs_service:
            text = _(
                "Registered, received %(when)s. Serve a copy on the person: before that it has no effect."
            )
            return self.done(text % facts)
        return self.done(_("Registered, received %(when)s.") % facts)
