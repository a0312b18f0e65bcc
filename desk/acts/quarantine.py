"""Messages in quarantine: a person says which check one answers, or that it is not ours. Nothing of a person is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission, has_permission
from accounts.scope import agencies
from audit import record
from desk.acts.base import ActView, Done, case_url
from desk.acts.fields import ActForm, PickField, ReasonField
from matching.events import QUARANTINE_REASONS, SOURCE_NAMES
from matching.models import Reply, Submission
from matching.policies import Outcome
from matching.services import attach_quarantined, dismiss_quarantined
from matching.states import ReplyState

TYPES: dict[str, Any] = {
    "SRE": gettext_lazy("search result"),
    "ERRT": gettext_lazy("error message"),
    "IDR": gettext_lazy("second response of DHS"),
    "IAR": gettext_lazy("immigration response"),
}


class ReplyView(ActView):
    """Base of acts on one message in quarantine."""

    abstract = True
    permission = Permission.QUARANTINE_HANDLE
    template_name = "desk/acts/reply.html"
    reply: Reply

    def load(self) -> None:
        rows = Reply.objects.visible_to(self.actor).select_related("agency", "submission__case__agency")
        found = rows.filter(public_id=self.kwargs["public_id"]).first()
        if found is None:
            raise NotFound(_("There is no such message."))
        self.reply = found
        owner = found.submission.case.agency if found.submission else found.agency
        if owner is not None:
            check_permission(self.actor, self.permission, owner)

    @cached_property
    def agency(self) -> Agency:
        """Whose message it is; of one that names nobody, the home of whoever looks at it: for the time zone."""
        owner: Agency = self.reply.agency or Agency.objects.get(pk=self.actor.home_agencies[0])
        return owner

    @property
    def back_url(self) -> str:
        return "/admin/"

    def audience(self) -> str:
        return _("Your name, the time and your reason are kept with the message.")

    def blocked(self) -> str:
        if self.reply.state == ReplyState.QUARANTINED:
            return ""
        was = _("attached to a check") if self.reply.state == ReplyState.ATTACHED else _("dismissed")
        if not self.reply.handled_at:
            return _("This message is not in quarantine: it was %(was)s when it came.") % {"was": was}
        return _("This message was %(was)s by %(who)s on %(when)s: “%(why)s” Nothing more to do here.") % {
            "was": was,
            "who": self.reply.handled_by,
            "when": self.when(self.reply.handled_at),
            "why": self.reply.handled_reason,
        }

    def record_access(self) -> None:
        record.access(
            "reply.act_opened",
            actor=self.actor,
            objects=[self.reply.public_id],
            object_type="reply",
            agency=self.reply.agency.public_id if self.reply.agency else None,
            purpose=self.act,
        )

    # -- what the page shows of the message: how it is addressed, never what it says of a person -------------------------
    def facts(self) -> list[tuple[Any, Any]]:
        reply = self.reply
        unsaid = _("the message does not say")
        kind = TYPES.get(reply.tot)
        return [
            (_("Why in quarantine"), capfirst(QUARANTINE_REASONS.get(reply.quarantine_reason, ""))),
            (_("From"), SOURCE_NAMES.get(reply.source) or unsaid),
            (_("Type"), f"{reply.tot}, {kind}" if kind else reply.tot or unsaid),
            (_("Received"), self.when(reply.received_at)),
            (_("Addressed to"), reply.agency.name if reply.agency else _("no jail of ours")),
            (_("Its number (TCN)"), reply.message_tcn or unsaid),
            (_("Answers our number (TCR)"), reply.tcr or unsaid),
            (_("Number in the mailbox"), reply.message_id),
        ]

    def document_url(self) -> str:
        """The message itself, for those who may open received documents of that jail."""
        owner = self.reply.agency
        if owner is None or not has_permission(self.actor, Permission.DOCUMENT_VIEW, owner):
            return ""
        return reverse("admin:document", args=[self.reply.document.public_id])

    def other(self) -> tuple[str, Any]:
        """The opposite act: address and words."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        other_url, other_words = self.other()
        return super().get_context_data(**kwargs) | {
            "case": None,
            "facts": self.facts(),
            "document_url": self.document_url(),
            "other_url": other_url,
            "other_words": other_words,
        }


class AttachForm(ActForm):
    check = forms.CharField(
        label=gettext_lazy("Case number or control number (TCN)"),
        help_text=gettext_lazy(
            "Of the check it answers. A case number means the newest check of that case; "
            "an older one is found by its TCN."
        ),
        max_length=60,
        error_messages={"required": gettext_lazy("Enter the case number, like 2026-00391, or the TCN.")},
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    source = PickField(
        label=gettext_lazy("Who answers"),
        choices=list(SOURCE_NAMES.items()),
        required_message=gettext_lazy("Choose who answers: the message does not say."),
    )
    reason = ReasonField(help_text=gettext_lazy("How you know that it answers this check; no name."))

    def __init__(self, *args: Any, reply: Reply, checks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.checks = checks
        self.found: Submission | None = None
        if reply.source:
            del self.fields["source"]
        named = reply.tcr and checks.filter(tcn=reply.tcr).first()
        if named and not self.is_bound:
            self.found = named
            self.initial.update(check=named.tcn, shown=str(named.public_id))

    def clean_check(self) -> str:
        typed = str(self.cleaned_data["check"]).strip()
        rows = self.checks.filter(Q(tcn__iexact=typed) | Q(case__number=typed) & ~Q(state="superseded"))
        found = list(rows.order_by("-pk")[:2])
        if not found:
            raise forms.ValidationError(
                _("There is no check with this number in a jail whose quarantine you handle."), code="unknown"
            )
        if len({item.case_id for item in found}) > 1:
            raise forms.ValidationError(
                _("More than one jail has a case with this number. Enter the TCN."), code="ambiguous"
            )
        self.found = found[0]
        return typed

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if self.found and typed.get("shown") != str(self.found.public_id):
            self.add_error("check", _("Below is the check with this number. Look at it, then attach."))
        return typed

    def full_clean(self) -> None:
        """A check is attached to only after the page has shown it; the next sending carries what was shown."""
        super().full_clean()
        if self.is_bound and self.found:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["shown"] = str(self.found.public_id)  # type: ignore[index]


class ReplyAttachView(ReplyView):
    """Say which check a message answers. What it says then counts as the answer of its source."""

    act = "reply_attach"
    form_class = AttachForm
    title = gettext_lazy("Attach a message to its check")
    button = gettext_lazy("Attach the message")

    def what(self) -> str:
        return _(
            "The message becomes an answer to the check you choose, and what it says counts there. "
            "Attached to the wrong check, it would speak of the wrong person; it cannot be taken back."
        )

    def blocked(self) -> str:
        if super().blocked():
            return super().blocked()
        if self.reply.outcome == Outcome.NOT_UNDERSTOOD:
            return _(
                "This message could not be understood, so it can answer nothing. Ask the bureau to send "
                "it again, then dismiss this one."
            )
        return ""

    @cached_property
    def checks(self) -> Any:
        """Checks of jails whose quarantine this actor handles."""
        rows = Submission.objects.visible_to(self.actor).select_related("case__agency")
        return rows.filter(case__agency__in=agencies(self.actor, Permission.QUARANTINE_HANDLE))

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"reply": self.reply, "checks": self.checks}

    def other(self) -> tuple[str, Any]:
        return reverse("desk:reply_dismiss", args=[self.reply.public_id]), _("It is not ours: dismiss it")

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        reply = attach_quarantined(
            reply_id=self.reply.pk,
            submission_id=form.found.pk,
            actor=self.actor,
            at=self.now,
            reason=typed["reason"],
            source=typed.get("source", ""),
        )
        case = form.found.case
        sees_case = has_permission(self.actor, Permission.CASE_VIEW, case.agency_id)
        sentence = _("The message is attached to check %(tcn)s as an answer of %(source)s.") % {
            "tcn": form.found.tcn,
            "source": {"state": _("the state bureau"), "fbi": _("the FBI")}.get(reply.source, "DHS"),
        }
        return Done(sentence, case_url(case) if sees_case else self.back_url)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        found = getattr(kwargs.get("form"), "found", None)
        return context | {"check": self.check_facts(found) if found else ()}

    def check_facts(self, submission: Submission) -> list[tuple[Any, Any]]:
        """The check as it would be chosen: numbers, never a name."""
        opened = self.when(submission.opened_at)
        return [
            (_("Jail"), submission.case.agency.name),
            (_("Case"), submission.case.number),
            (_("Control number (TCN)"), submission.tcn),
            (_("Opened"), opened),
            (_("State"), submission.get_state_display()),
        ]


class DismissForm(ActForm):
    reason = ReasonField(help_text=gettext_lazy("How you know that it is not ours; no name."))


class ReplyDismissView(ReplyView):
    """Say that a message in quarantine is not ours. It stays stored and settles nothing."""

    act = "reply_dismiss"
    form_class = DismissForm
    title = gettext_lazy("Dismiss a message in quarantine")
    button = gettext_lazy("Dismiss the message")

    def what(self) -> str:
        return _(
            "The message settles nothing and leaves the list of what waits. It stays stored as it came, "
            "but cannot be attached to a check any more."
        )

    def other(self) -> tuple[str, Any]:
        return reverse("desk:reply_attach", args=[self.reply.public_id]), _(
            "It is ours: attach it to its check"
        )

    def perform(self, form: Any) -> Done:
        dismiss_quarantined(
            reply_id=self.reply.pk, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"]
        )
        return Done(_("The message is dismissed. It stays stored."), self.back_url)
