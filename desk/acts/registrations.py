"""A detainer as it came: edition, boxes, signature, the person as written on it, receipt, and the scan itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import FieldError, Invalid
from accounts.permissions import Permission
from cases.models import Document
from cases.services import store_document
from desk.acts.base import CaseActView, Done, case_url
from desk.acts.fields import LocalTimeField, media_type
from desk.acts.forms_247 import FIELD_OF, PaperForm, ReceiptForm
from desk.acts.grounds import left_custody
from detainers.deficiency import UNREADABLE, Deficiency
from detainers.formdata import DetainerForm
from detainers.models import Detainer, Warrant
from detainers.services import RegisteredBefore, form_deficiencies, record_warrant, register_detainer
from detainers.states import DetainerState
from detainers.warrants import WORDS

SIGNERS = [(signer.value, words) for signer, words in WORDS.items()]


class RegisterForm(ReceiptForm):
    """A received form with the warrant that came with it."""

    sections = (
        *ReceiptForm.receipt_sections,
        *PaperForm.paper_sections,
        (gettext_lazy("Warrant that came with it"), ("warrant", "signed_by_role", "signed_at")),
    )
    why = {
        **PaperForm.why,
        "received": gettext_lazy(
            "In some places the time to hold runs from the receipt; it is never guessed."
        ),
        "warrant": gettext_lazy("Only what a judge or magistrate signed counts as a judge's warrant."),
    }
    warrant = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("None came")), *Warrant.Kind.choices],
        required=False,
    )
    signed_by_role = forms.ChoiceField(
        label=gettext_lazy("Signed by"),
        help_text=gettext_lazy("The office, never a name."),
        choices=[("", gettext_lazy("Choose")), *SIGNERS],
        required=False,
    )
    signed_at = LocalTimeField(
        label=gettext_lazy("Signed at"),
        help_text=gettext_lazy("Date and time; 00:00 if only a date is on it."),
        starts_now=False,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("warrant"):
            if not typed.get("signed_by_role"):
                self.add_error("signed_by_role", _("Choose who signed it."))
            if not typed.get("signed_at") and "signed_at" not in self.errors:
                self.add_error("signed_at", _("Enter when it was signed."))
        return typed


class PaperActView(CaseActView):
    """Base of pages that copy a form: its lacks are shown at their fields and registered once somebody says so."""

    abstract = True
    template_name = "desk/acts/register.html"
    service_fields = {"at": "received", "boxes": "basis", "document": "scan", "kind": "warrant"}
    to_confirm: tuple[Deficiency, ...] = ()

    def check_lacks(self, paper: DetainerForm, at: Any, form: Any) -> None:
        """Raise Invalid, each lack at its field, unless these very lacks were confirmed or the form cannot be read."""
        found = form_deficiencies(self.case, paper, at)
        confirmed = set(self.request.POST.get("confirm", "").split(",")) | {UNREADABLE}
        if {item.code for item in found} <= confirmed:
            return
        self.to_confirm = found
        raise Invalid(
            [
                FieldError(FIELD_OF.get(item.code, ""), item.sentence, item.code)
                if FIELD_OF.get(item.code) in form.fields
                else FieldError("", item.sentence, item.code)
                for item in found
            ]
        )

    def scan(self, form: Any) -> Document | None:
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

    def known(self, first: Detainer, sentence: str) -> Done:
        """Where the first registration of this very paper is."""
        return Done(sentence, f"{case_url(self.case)}#detainer-{first.public_id}", messages.WARNING)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        codes = ",".join(item.code for item in self.to_confirm)
        form = kwargs.get("form")
        explained = form.explained_sections() if form else []
        return super().get_context_data(**kwargs) | {"confirm_codes": codes, "explained": explained}


class DetainerRegisterView(PaperActView):
    """Register a detainer that arrived. It needs no match, and a deficient one is kept and marked."""

    permission = Permission.DETAINER_REGISTER
    act = "detainer_register"
    form_class = RegisterForm
    title = gettext_lazy("Register a detainer")
    button = gettext_lazy("Register the detainer")

    def what(self) -> str:
        return _(
            "The detainer is kept with its case as you enter it. Whether it allows this jail to "
            "hold anybody is then worked out from the form and the law of this place, and shown on "
            "the case."
        )

    def blocked(self) -> str:
        return left_custody(self.case, self)

    def get_initial(self) -> dict[str, Any]:
        booking = getattr(self.case, "booking", None)
        number = booking.booking_number if booking else ""
        return super().get_initial() | {"lea_booking_number": number}

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        paper = form.paper(unreadable=typed["unreadable"])
        self.check_lacks(paper, typed["received"].at, form)
        try:
            with transaction.atomic():
                detainer = register_detainer(
                    case_id=self.case.pk,
                    actor=self.actor,
                    at=typed["received"].at,
                    form=paper,
                    channel=typed["channel"],
                    received_text=typed["received"].text,
                    document=self.scan(form),
                )
        except RegisteredBefore as again:
            return self.known(again.detainer, again.message)
        if typed["warrant"]:
            record_warrant(
                detainer_id=detainer.pk,
                actor=self.actor,
                at=typed["signed_at"].at,
                kind=typed["warrant"],
                signed_by_role=typed["signed_by_role"],
            )
        return self._said(detainer)

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
