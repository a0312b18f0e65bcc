"""Record a conviction that a record names. Charges are none, whatever they are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases.models import Conviction
from cases.services import record_conviction
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, PickField, TypedDateField


class ConvictionForm(ActForm):
    convicted_on = TypedDateField(label=gettext_lazy("Day of the conviction"))
    offence_class = PickField(
        label=gettext_lazy("Class"),
        choices=Conviction.OffenceClass.choices,
        required_message=gettext_lazy("Choose the class of the offence."),
    )
    category = PickField(
        label=gettext_lazy("Kind of offence"),
        choices=Conviction.Category.choices,
        required_message=gettext_lazy("Choose the kind of offence."),
    )
    max_sentence_days = forms.IntegerField(
        label=gettext_lazy("Longest sentence the law allows, in days"),
        help_text=gettext_lazy("Not the sentence given. One year is 365."),
        min_value=0,
        max_value=100_000,
        required=False,
    )
    offence_code = forms.CharField(label=gettext_lazy("NCIC offence code"), max_length=4, required=False)
    is_aggravated_felony = forms.BooleanField(
        label=gettext_lazy("Aggravated felony, INA 101(a)(43)"),
        help_text=gettext_lazy("Only where the record or counsel says so."),
        required=False,
    )
    is_significant_misdemeanor = forms.BooleanField(
        label=gettext_lazy("Significant misdemeanor (memorandum of 2014)"), required=False
    )
    is_minor_traffic = forms.BooleanField(label=gettext_lazy("Minor traffic offence"), required=False)
    incident = forms.CharField(
        label=gettext_lazy("Occasion"),
        help_text=gettext_lazy("The same word for convictions of one occasion."),
        max_length=40,
        required=False,
    )
    source = forms.CharField(
        label=gettext_lazy("Record it is taken from"),
        help_text=gettext_lazy("For example: FBI rap sheet of 2026-03-19."),
        max_length=200,
        error_messages={"required": gettext_lazy("Enter the record it is taken from.")},
    )


class ConvictionView(CaseActView):
    """Record a conviction of the person of a case."""

    permission = Permission.CONVICTION_RECORD
    act = "conviction"
    form_class = ConvictionForm
    title = gettext_lazy("Record a conviction")
    button = gettext_lazy("Record the conviction")

    def what(self) -> str:
        return _(
            "The conviction is kept with the person. The level of criminal history is worked out from convictions "
            "alone, by the scheme in force on the day. It gives no authority to hold anybody."
        )

    def audience(self) -> str:
        return _("People who work on this person's cases here see it. Reviewers and the public do not.")

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        record_conviction(case_id=self.case.pk, actor=self.actor, at=self.now, **typed)
        return self.done(_("Conviction recorded."))
