"""What a judicial official ordered, and what the person says of citizenship or lawful status."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases.models import Case
from desk.acts.base import CaseActView, Done
from desk.acts.detainers import DetainerActView
from desk.acts.fields import ActForm, LocalTimeField, PickField, ReasonField
from desk.acts.grounds import left_custody
from detainers.models import StatusCheck, StatusClaim
from detainers.services import claim_status, finish_check, record_judicial_order


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


class CheckForm(ActForm):
    outcome = PickField(
        label=gettext_lazy("What the check found"),
        choices=StatusCheck.Outcome.choices,
        required_message=gettext_lazy("Choose what the check found."),
    )
    basis = ReasonField(
        label=gettext_lazy("What was asked, and where"),
        help_text=gettext_lazy("For example: passport seen at the property desk. No document number."),
        error_messages={"required": gettext_lazy("Write what was asked, where, and what it said.")},
    )
    at = LocalTimeField(label=gettext_lazy("When it was checked"))


class StatusCheckView(CaseActView):
    """Record what the check of a claim found."""

    permission = Permission.STATUS_CLAIM_RECORD
    act = "status_check"
    form_class = CheckForm
    title = gettext_lazy("Check a claim of citizenship or lawful status")
    button = gettext_lazy("Record the check")
    check: StatusCheck

    def find_case(self) -> Case:
        rows = StatusCheck.objects.visible_to(self.actor).select_related(
            "case__person", "case__agency", "claim"
        )
        self.check = self.one(rows)
        return self.check.case

    def what(self) -> str:
        return _(
            "%(claim)s was claimed on %(when)s. The check is due %(due)s. Confirmed counts as proof, and "
            "proof of citizenship ends any hold on a detainer at once. No outcome moves a deadline later."
        ) % {
            "claim": self.check.claim.get_kind_display(),
            "when": self.when(self.check.claim.claimed_at),
            "due": self.when(self.check.due_at),
        }

    def blocked(self) -> str:
        if self.check.done_at is None:
            return ""
        return _("This claim was checked on %(when)s: %(outcome)s.") % {
            "when": self.when(self.check.done_at),
            "outcome": self.check.get_outcome_display().lower(),
        }

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        finish_check(
            check_id=self.check.pk,
            actor=self.actor,
            at=typed["at"].at,
            outcome=typed["outcome"],
            basis=typed["basis"],
        )
        return self.done(_("Check recorded, %(when)s.") % {"when": self.when(typed["at"])})
