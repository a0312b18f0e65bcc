"""A new version of a detainer that is here already."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from desk.acts.base import Done
from desk.acts.detainers import DetainerActView
from desk.acts.forms_247 import PaperForm, ReceiptForm
from desk.acts.grounds import left_custody
from desk.acts.registrations import PaperActView
from detainers.deficiency import EMPTY_BOXES
from detainers.formdata import LENGTHS
from detainers.models import Detainer
from detainers.services import RegisteredBefore, amend_detainer, stored_form
from detainers.states import DetainerState


class AmendForm(ReceiptForm):
    """The new version, begun with what the earlier one says."""

    sections = (*ReceiptForm.receipt_sections, *PaperForm.paper_sections)


class DetainerAmendView(PaperActView, DetainerActView):
    """Register a new version; the earlier one keeps its record."""

    permission = Permission.DETAINER_REGISTER
    act = "detainer_amend"
    form_class = AmendForm
    title = gettext_lazy("Register a new version of the detainer")
    button = gettext_lazy("Register the new version")

    def what(self) -> str:
        return _(
            "%(which)s It stays on record as it is, and stands until the new version takes effect. No version "
            "lengthens a hold: the time goes on from where it began. Below is what the earlier version says; "
            "change what is different on the new one."
        ) % {"which": self.which()}

    def blocked(self) -> str:
        return self.withdrawn() or left_custody(self.case, self)

    def get_initial(self) -> dict[str, Any]:
        form = stored_form(self.detainer)
        fields = ("edition", "issuing_office", "officer_title", "subject_surname", "subject_given_names")
        said = {name: getattr(form, name) for name in (*fields, "subject_birth_date", "subject_sex")}
        said |= {name: getattr(form, name) for name in ("notify_ice", "notify_cbp")}
        said |= {name: form.boxes[name] for name in EMPTY_BOXES}
        said |= {name: getattr(form.details, name) for name in LENGTHS}
        return super().get_initial() | said

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        paper = form.paper(unreadable=typed["unreadable"])
        self.check_lacks(paper, typed["received"].at, form)
        try:
            with transaction.atomic():
                version = amend_detainer(
                    detainer_id=self.detainer.pk,
                    actor=self.actor,
                    at=typed["received"].at,
                    form=paper,
                    channel=typed["channel"],
                    received_text=typed["received"].text,
                    document=self.scan(form),
                )
        except RegisteredBefore as again:
            return self.known(again.detainer, again.message)
        return self._said(version)

    def _said(self, version: Detainer) -> Done:
        if version.state == DetainerState.DEFICIENT:
            text = _("Registered. The new version is deficient on its face and replaces nothing. %(why)s")
            why = " ".join(version.deficiency_sentences)
            return self.done(text % {"why": why}, level=messages.WARNING)
        if version.needs_service:
            return self.done(_("Registered. Serve a copy of it: until then the earlier version stands."))
        return self.done(_("Registered. It replaces the earlier version."))
