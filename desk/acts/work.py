"""Who sees to a case: taken, assigned, offered, accepted or declined, given back."""

from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission, check_permission, has_permission
from cases import services
from cases.models import Assignment, AssignmentOffer, Case
from desk import colleagues
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, PickField, ReasonField

P = Permission


class WorkView(CaseActView):
    """Base of acts on the owner of a case."""

    abstract = True

    @cached_property
    def present(self) -> Assignment | None:
        """The owner of now."""
        rows = Assignment.objects.visible_to(self.actor).open().filter(case=self.case)
        row: Assignment | None = rows.select_related("owner").first()
        return row

    @property
    def is_mine(self) -> bool:
        return self.present is not None and str(self.present.owner.public_id) == self.actor.id

    def owner_words(self) -> str:
        if self.present is None:
            return _("Nobody owns this case now.")
        if self.is_mine:
            return _("You own this case now.")
        return _("%(name)s owns this case now.") % {"name": self.present.owner.name}

    def audience(self) -> str:
        return _("Everybody who works here sees who owns a case. Reviewers do not.")

    def people(self) -> list[tuple[str, str]]:
        """Who may own this case, other than who does."""
        owner = self.present.owner_id if self.present else None
        found = colleagues.of([self.case.agency_id])
        return [(str(user.public_id), user.name) for user in found if user.pk != owner]


class NoteForm(ActForm):
    reason = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class ClaimView(WorkView):
    """Take a case that nobody owns."""

    permission = P.WORK_OWN
    act = "case_claim"
    form_class = NoteForm
    title = gettext_lazy("Take the case")
    button = gettext_lazy("Take it")

    def what(self) -> str:
        return _("You become the owner of this case: it is on your list, and others see that you see to it.")

    def blocked(self) -> str:
        return "" if self.present is None else self.owner_words()

    def perform(self, form: Any) -> Done:
        services.claim_case(
            case_id=self.case.pk, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"]
        )
        return self.done(_("Case %(number)s is yours now.") % {"number": self.case.number})


class AssignForm(ActForm):
    owner = PickField(
        label=gettext_lazy("New owner"),
        choices=(),
        required_message=gettext_lazy("Choose who sees to the case."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("What they should know. They see it with the case."),
        max_length=300,
        required=False,
    )


class AssignView(WorkView):
    """A supervisor makes somebody the owner."""

    permission = P.WORK_ASSIGN
    act = "case_assign"
    form_class = AssignForm
    title = gettext_lazy("Assign the case")
    button = gettext_lazy("Assign it")

    def what(self) -> str:
        return _("%(now)s The person you choose owns it at once.") % {"now": self.owner_words()}

    def blocked(self) -> str:
        return "" if self.people() else _("Nobody else here may own cases.")

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        form.fields["owner"].choices = self.people()
        return form

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        row = services.assign_case(
            case_id=self.case.pk,
            owner=UUID(typed["owner"]),
            actor=self.actor,
            at=self.now,
            reason=typed["reason"],
        )
        return self.done(
            _("Case %(number)s belongs to %(name)s now.")
            % {"number": self.case.number, "name": row.owner.name}
        )


class OfferForm(ActForm):
    to = PickField(
        label=gettext_lazy("To whom"), choices=(), required_message=gettext_lazy("Choose a colleague.")
    )
    reason = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("What is open, and what they should know."),
        max_length=300,
        required=False,
    )


class OfferView(WorkView):
    """Ask a colleague to take one's case over."""

    permission = P.WORK_OWN
    act = "case_offer"
    form_class = OfferForm
    title = gettext_lazy("Hand the case over")
    button = gettext_lazy("Offer it")

    def what(self) -> str:
        return _("%(now)s The colleague you choose is asked; until they accept, nothing changes hands.") % {
            "now": self.owner_words()
        }

    def blocked(self) -> str:
        if self.present is None:
            return self.owner_words()
        offer = AssignmentOffer.objects.visible_to(self.actor).open().filter(case=self.case).first()
        if offer is not None:
            return _("%(name)s was asked already and has not answered.") % {"name": offer.to.name}
        if not self.is_mine and not has_permission(self.actor, P.WORK_ASSIGN, self.case.agency_id):
            return self.owner_words()
        return "" if self.people() else _("Nobody else here may own cases.")

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        form.fields["to"].choices = self.people()
        return form

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        row = services.offer_case(
            case_id=self.case.pk,
            to=UUID(typed["to"]),
            actor=self.actor,
            at=self.now,
            reason=typed["reason"],
        )
        return self.done(
            _("%(name)s was asked to take case %(number)s over.")
            % {"number": self.case.number, "name": row.to.name}
        )


class GiveBackForm(ActForm):
    reason = ReasonField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("So that whoever takes it next knows."),
        max_length=300,
        error_messages={"required": gettext_lazy("Write why.")},
    )


class GiveBackView(WorkView):
    """End the care of a case without a successor."""

    permission = P.BOARD_VIEW
    act = "case_give_back"
    form_class = GiveBackForm
    title = gettext_lazy("Give the case back")
    button = gettext_lazy("Give it back")

    def what(self) -> str:
        return _("%(now)s Afterwards nobody owns it; it is on the list of cases without an owner.") % {
            "now": self.owner_words()
        }

    def blocked(self) -> str:
        if self.present is None:
            return self.owner_words()
        may = self.is_mine or has_permission(self.actor, P.WORK_ASSIGN, self.case.agency_id)
        return "" if may else self.owner_words()

    def perform(self, form: Any) -> Done:
        services.give_back_case(
            case_id=self.case.pk, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"]
        )
        return self.done(_("Case %(number)s has no owner now.") % {"number": self.case.number})


class _OfferView(WorkView):
    """Base of acts on an offer."""

    abstract = True
    offer: AssignmentOffer

    def find_case(self) -> Case:
        rows = AssignmentOffer.objects.visible_to(self.actor).select_related(
            "case__person", "case__agency", "to"
        )
        self.offer = self.one(rows)
        return self.offer.case

    def answered(self) -> str:
        if self.offer.decided_at is None:
            return ""
        return _("This offer was answered on %(when)s: %(what)s.") % {
            "when": self.when(self.offer.decided_at),
            "what": self.offer.get_decision_display().lower(),  # type: ignore[attr-defined]
        }


class AnswerForm(ActForm):
    answer = PickField(
        label=gettext_lazy("Your answer"),
        choices=[
            ("accept", gettext_lazy("Accept: the case is mine from now on")),
            ("decline", gettext_lazy("Decline: it stays with its owner")),
        ],
        required_message=gettext_lazy("Choose accept or decline."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("Needed if you decline."),
        max_length=300,
        required=False,
    )


class AnswerView(_OfferView):
    """Accept or decline a case that was offered to oneself."""

    permission = P.WORK_OWN
    act = "offer_answer"
    form_class = AnswerForm
    title = gettext_lazy("A case is offered to you")
    button = gettext_lazy("Answer")

    def what(self) -> str:
        note = f" “{self.offer.reason}”" if self.offer.reason else ""
        return _("%(who)s asks you to take this case over.%(note)s") % {
            "who": self.offer.offered_label,
            "note": note,
        }

    def blocked(self) -> str:
        if str(self.offer.to.public_id) != self.actor.id:
            return _("This case was offered to %(name)s, who answers.") % {"name": self.offer.to.name}
        return self.answered()

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        accepts = typed["answer"] == "accept"
        services.answer_offer(
            offer_id=self.offer.pk,
            actor=self.actor,
            at=self.now,
            accepts=accepts,
            reason=typed["reason"],
        )
        said = (
            _("Case %(number)s is yours now.")
            if accepts
            else _("Declined. Case %(number)s stays where it was.")
        )
        return self.done(said % {"number": self.case.number})


class WithdrawView(_OfferView):
    """Take an offer back before it is answered."""

    permission = P.BOARD_VIEW
    act = "offer_withdraw"
    form_class = NoteForm
    title = gettext_lazy("Take the offer back")
    button = gettext_lazy("Take it back")

    def check_allowed(self) -> None:
        if self.offer.offered_by != self.actor.id:
            check_permission(self.actor, P.WORK_ASSIGN, self.case.agency_id)

    def what(self) -> str:
        return _("%(name)s is no longer asked to take this case over.") % {"name": self.offer.to.name}

    def blocked(self) -> str:
        return self.answered()

    def perform(self, form: Any) -> Done:
        services.withdraw_offer(
            offer_id=self.offer.pk, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"]
        )
        return self.done(_("The offer was taken back."))
