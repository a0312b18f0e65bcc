"""The acts on a row of law: draft, edit, send to counsel, review, put in force, end. Each calls one service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import NotFound
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from audit import record
from desk.acts.base import ActView, Done
from desk.acts.fields import ActForm, PickField, ReasonField, TypedDateField
from desk.acts.policy_form import FIELDS, PolicyForm, body_of, initial_of
from detainers import services
from detainers.models import Policy
from detainers.policy_book import covered
from detainers.states import PolicyStage


class VersionForm(ActForm):
    """Nothing but the version of the row that the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ReasonForm(VersionForm):
    reason = ReasonField(label=gettext_lazy("Why"))


class DayForm(ReasonForm):
    on = TypedDateField(label=gettext_lazy("Day"), help_text=gettext_lazy("Today or later."))
    sections = (("", ("on", "reason", "version")),)


class ReviewForm(ReasonForm):
    answer = PickField(
        label=gettext_lazy("Your answer"),
        choices=[
            ("approve", gettext_lazy("Approve: it says what the law says")),
            ("back", gettext_lazy("Send it back to its author")),
        ],
    )
    sections = (("", ("answer", "reason", "version")),)


class PolicyActView(ActView):
    """Base of the acts on one row, found by the public id in the address."""

    abstract = True
    form_class: type[ActForm] = VersionForm
    policy: Policy
    stages: tuple[str, ...] = ()
    sentence: Any = ""

    def load(self) -> None:
        rows = Policy.objects.visible_to(self.actor)
        found = rows.filter(public_id=self.kwargs["public_id"]).first()
        if found is None:
            raise NotFound(_("There is no such row of law."))
        self.policy = found

    @cached_property
    def agency(self) -> Agency:
        """Whose zone the page is read in: the first of the actor's own."""
        keys = agencies(self.actor, self.permission)
        return Agency.objects.filter(pk__in=keys).order_by("pk")[0]

    @property
    def back_url(self) -> str:
        return reverse("admin:policy", args=[self.policy.public_id])

    def what(self) -> str:
        return str(self.sentence) % {"code": self.policy.code, "citation": self.policy.citation}

    def audience(self) -> str:
        return _("Everybody who may read the law here sees it with your name and the time.")

    def blocked(self) -> str:
        if self.stages and self.policy.stage not in self.stages:
            return _("This row is '%(stage)s' now, so there is nothing to do here.") % {
                "stage": self.policy.get_stage_display().lower()
            }
        return ""

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "version": self.policy.lock}

    def record_access(self) -> None:
        record.access(
            "policy.act_opened",
            actor=self.actor,
            objects=[self.policy.public_id],
            object_type="policy",
            purpose=self.act,
        )

    def done(self, sentence: str) -> Done:
        return Done(sentence, self.back_url)

    def keys(self, form: Any) -> dict[str, Any]:
        """Which row in which version, and who acts."""
        version = form.cleaned_data.get("version") or 0
        return {"policy_id": self.policy.pk, "version": version, "actor": self.actor}


class PolicyEditView(PolicyActView):
    """Another wording of a draft, with each mistake at its field."""

    permission = Permission.POLICY_EDIT
    act = "policy_edit"
    form_class = PolicyForm
    title = gettext_lazy("Edit a draft")
    button = gettext_lazy("Save the draft")
    stages = (PolicyStage.DRAFT,)
    service_fields = FIELDS
    service_default = ""
    sentence = gettext_lazy(
        "%(code)s is a draft: it has no effect until counsel has reviewed it and it is put in force."
    )

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), **initial_of(self.policy.data)}

    def perform(self, form: Any) -> Done:
        services.edit_draft(**self.keys(form), body=body_of(form.cleaned_data))
        return self.done(_("Draft saved."))


class PolicyVersionView(PolicyEditView):
    """A new draft that starts from a row in force; that one stays as it is."""

    permission = Permission.POLICY_EDIT
    act = "policy_version"
    title = gettext_lazy("Draft a new version")
    stages = ()
    sentence = gettext_lazy(
        "A new draft of %(code)s. The row in force stays until the new one takes its place."
    )

    def perform(self, form: Any) -> Done:
        self.policy = services.draft_policy(
            actor=self.actor, body=body_of(form.cleaned_data), replaces=self.policy
        )
        return self.done(_("Draft saved."))


class PolicyNewView(PolicyEditView):
    """A draft of a law that has no row yet."""

    permission = Permission.POLICY_EDIT
    act = "policy_new"
    title = gettext_lazy("Draft a row of law")
    stages = ()

    def load(self) -> None:
        """Nothing to find: the row is not there yet."""

    def blocked(self) -> str:
        return ""

    def what(self) -> str:
        return _("A draft has no effect until counsel has reviewed it and it is put in force.")

    @property
    def back_url(self) -> str:
        return reverse("admin:policies")

    def get_initial(self) -> dict[str, Any]:
        return {"level": "agency", "state": self.agency.state, "confidence": "confirmed"}

    def record_access(self) -> None:
        record.access(
            "policy.act_opened", actor=self.actor, objects=[], object_type="policy", purpose=self.act
        )

    def perform(self, form: Any) -> Done:
        made = services.draft_policy(actor=self.actor, body=body_of(form.cleaned_data))
        return Done(_("Draft saved."), reverse("admin:policy", args=[made.public_id]))


class PolicySendView(PolicyActView):
    permission = Permission.POLICY_EDIT
    act = "policy_send"
    title = gettext_lazy("Send a draft to counsel")
    button = gettext_lazy("Send to counsel")
    stages = (PolicyStage.DRAFT,)
    sentence = gettext_lazy(
        "%(code)s (%(citation)s) goes to counsel. Nobody edits it until counsel has answered."
    )

    def perform(self, form: Any) -> Done:
        services.send_to_counsel(**self.keys(form))
        return self.done(_("Sent to counsel."))


class PolicyReviewView(PolicyActView):
    permission = Permission.POLICY_REVIEW
    act = "policy_review"
    form_class = ReviewForm
    title = gettext_lazy("Review as counsel")
    button = gettext_lazy("Record the review")
    sentence = gettext_lazy(
        "You say whether %(code)s is what %(citation)s says. Who drafted it cannot review it."
    )

    def blocked(self) -> str:
        seeded = (
            self.policy.seeded and self.policy.stage == PolicyStage.IN_FORCE and not self.policy.reviewed_by
        )
        if self.policy.stage != PolicyStage.IN_REVIEW and not seeded:
            return _("This row does not wait for a review.")
        if self.actor.id in (self.policy.author, self.policy.sent_by):
            return _("You drafted this row or sent it to counsel, so another person has to review it.")
        return ""

    def perform(self, form: Any) -> Done:
        approve = form.cleaned_data["answer"] == "approve"
        services.review_policy(**self.keys(form), approve=approve, reason=form.cleaned_data["reason"])
        return self.done(_("Review recorded.") if approve else _("Sent back to its author."))


class PolicyReopenView(PolicyActView):
    permission = Permission.POLICY_EDIT
    act = "policy_reopen"
    title = gettext_lazy("Open a reviewed row again")
    button = gettext_lazy("Make it a draft")
    stages = (PolicyStage.REVIEWED,)
    sentence = gettext_lazy("%(code)s becomes a draft again and needs another review.")

    def perform(self, form: Any) -> Done:
        services.reopen_policy(**self.keys(form))
        return self.done(_("It is a draft again."))


class PolicyEnactView(PolicyActView):
    permission = Permission.POLICY_ENACT
    act = "policy_enact"
    form_class = DayForm
    title = gettext_lazy("Put a row in force")
    button = gettext_lazy("Put in force")
    stages = (PolicyStage.REVIEWED,)

    def what(self) -> str:
        return _(
            "From that day %(code)s (%(citation)s) rules in %(n)d of the jails here. Open detainers are decided again: a hold "
            "that it forbids ends, a limit that ends sooner counts, and no running hold gets longer."
        ) % {"code": self.policy.code, "citation": self.policy.citation, "n": len(covered(self.policy))}

    def get_initial(self) -> dict[str, Any]:
        day = max(services.today_at(covered(self.policy), self.now), self.policy.starts_on)
        return {**super().get_initial(), "on": day.isoformat()}

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        row = services.enact_policy(**self.keys(form), on=typed["on"], reason=typed["reason"])
        return self.done(_("In force from %(day)s.") % {"day": f"{row.starts_on.day} {row.starts_on:%B %Y}"})


class PolicyEndView(PolicyActView):
    permission = Permission.POLICY_ENACT
    act = "policy_end"
    form_class = DayForm
    title = gettext_lazy("End a row")
    button = gettext_lazy("End it")
    stages = (PolicyStage.IN_FORCE,)
    sentence = gettext_lazy(
        "%(code)s (%(citation)s) applies until the end of that day. A place without a row has no authority to hold."
    )

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        services.end_policy(**self.keys(form), on=typed["on"], reason=typed["reason"])
        return self.done(_("Its last day is recorded."))


class PolicyDiscardView(PolicyActView):
    permission = Permission.POLICY_EDIT
    act = "policy_discard"
    title = gettext_lazy("Give up a draft")
    button = gettext_lazy("Give it up")
    stages = (PolicyStage.DRAFT,)
    sentence = gettext_lazy("The draft of %(code)s is given up. It stays readable and never has an effect.")

    def perform(self, form: Any) -> Done:
        services.discard_policy(**self.keys(form))
        return self.done(_("The draft is given up."))
