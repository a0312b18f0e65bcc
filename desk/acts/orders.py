"""What a judicial official ordered, and what the person says of citizenship or lawful status."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from desk.acts.base import CaseActView, Done
from desk.acts.detainers import DetainerActView
from desk.acts.fields import ActForm, LocalTimeField, PickField
from desk.acts.grounds import left_custody
from detainers.models import StatusClaim
from detainers.services import claim_status, record_judicial_order


class OrderForm(ActForm):
    official_role = forms.CharField(
        label=gettext_lazy("Who ordered it"),
        help_text=gettext_lazy("The office, for example magistrate or district court judge; no name."),
        max_length=100,
        error_messages={"required": gettext_lazy("Enter who ordered it, for example magistrate.")},
    )
    basis = forms.CharField(
        label=gettext_lazy("The order"),
        help_text=gettext_lazy("Its number, and what was before the official: detainer, warrant, identity."),
        max_length=300,
        error_messages={"required": gettext_lazy("Enter the number of the order and on what it rests.")},
    )
    at = LocalTimeField(label=gettext_lazy("When it was ordered"))


class JudicialOrderView(DetainerActView):
    """Record that a judicial official ordered the person held on a detainer."""

    permission = Permission.WARRANT_RECORD
    act = "judicial_order"
    form_class = OrderForm
    title = gettext_lazy("Record a judicial order on the detainer")
    button = gettext_lazy("Record the order")

    def what(self) -> str:
        return _(
            "%(which)s Where the law of this place asks for such an order, its condition is met "
            "from the time you enter. The end of the hold stays what form and law say."
        ) % {"which": self.which()}

    def blocked(self) -> str:
        return self.withdrawn() or left_custody(self.case, self)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        record_judicial_order(
            detainer_id=self.detainer.pk,
            actor=self.actor,
            at=typed["at"].at,
            official_role=typed["official_role"],
            basis=typed["basis"],
        )
        return self.done(_("Order recorded, %(when)s.") % {"when": self.when(typed["at"])})


class ClaimForm(ActForm):
    kind = PickField(
        label=gettext_lazy("What the person says"),
        choices=[
            (StatusClaim.Kind.CITIZENSHIP.value, gettext_lazy("To be a citizen of the United States")),
            (StatusClaim.Kind.LAWFUL_STATUS.value, gettext_lazy("To have lawful immigration status")),
        ],
        required_message=gettext_lazy("Choose citizenship or lawful status."),
    )
    proof = PickField(
        label=gettext_lazy("Proof"),
        choices=[("no", gettext_lazy("Said, nothing shown")), ("yes", gettext_lazy("Something was shown"))],
        required_message=gettext_lazy("Choose whether anything was shown."),
    )
    evidence = forms.CharField(
        label=gettext_lazy("What was shown"),
        help_text=gettext_lazy("The kind of document, for example US passport; not its number."),
        max_length=200,
        required=False,
    )
    at = LocalTimeField(label=gettext_lazy("When the person said it"))


class StatusClaimView(CaseActView):
    """Record what the person says, and shows, of citizenship or lawful status."""

    permission = Permission.STATUS_CLAIM_RECORD
    act = "status_claim"
    form_class = ClaimForm
    title = gettext_lazy("Record a claim of citizenship or lawful status")
    button = gettext_lazy("Record the claim")

    def what(self) -> str:
        return _(
            "The claim is recorded at the time you enter. Proof of citizenship ends any hold on a "
            "detainer at once; what else a claim does, the law of this place says. No claim moves "
            "a deadline later."
        )

    def blocked(self) -> str:
        return left_custody(self.case, self)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        claim_status(
            case_id=self.case.pk,
            actor=self.actor,
            at=typed["at"].at,
            kind=typed["kind"],
            proof=typed["proof"] == "yes",
            evidence=typed["evidence"],
        )
        return self.done(_("Claim recorded, %(when)s.") % {"when": self.when(typed["at"])})
