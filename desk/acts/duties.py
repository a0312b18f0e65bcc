"""Duties: one form each, the worklist of what is due, and what was told to ICE."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts.bases import ScopedView
from accounts.permissions import Permission
from audit import record
from cases.models import Case
from cases.services import store_document
from desk import duty_rows
from desk.acts.base import CaseActView, Done
from desk.acts.detainers import LANGUAGES, DetainerActView
from desk.acts.fields import ActForm, LocalTimeField, PickField, TicksField, media_type
from desk.acts.warrants import ScanField
from desk.duties import LABELS
from detainers.duties import DUTIES, SHORT, TELLING, Asks, asks
from detainers.models import Duty, DutyOutcome, IceDisclosure, PolicyDecision
from detainers.policy_rows import Duty as Code
from detainers.policy_rows import Telling
from detainers.services import record_duty, tell_ice
from detainers.services.duty_outcomes import RECIPIENTS
from detainers.services.telling import forbidden, may_tell


class DutyForm(ActForm):
    """Every field an outcome may have; each duty keeps those that it asks for. What depends on another answer says so."""

    marks_optional = False

    at = LocalTimeField(label=gettext_lazy("When it was done"))
    outcome = PickField(
        label=gettext_lazy("What came of it"),
        choices=[
            ("done", gettext_lazy("Done")),
            ("refused", gettext_lazy("The person refused it")),
        ],
        required_message=gettext_lazy("Choose done or refused."),
    )
    answer = PickField(
        label=gettext_lazy("Answer"),
        choices=[],
        required=False,
        required_message=gettext_lazy("Choose what came of it."),
    )
    recipients = TicksField(label=gettext_lazy("Given to"), choices=list(RECIPIENTS.items()))
    method = PickField(
        label=gettext_lazy("How"),
        choices=DutyOutcome.Method.choices,
        required_message=gettext_lazy("Choose how it was done."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=LANGUAGES,
        required=False,
        help_text=gettext_lazy("In which it was said or given."),
    )
    language_other = forms.CharField(
        label=gettext_lazy("If another language: its code"),
        help_text=gettext_lazy("ISO 639 code, for example kjb for Qʼanjobʼal."),
        max_length=12,
        required=False,
    )
    interpreter_id = forms.CharField(
        label=gettext_lazy("Interpreter"),
        help_text=gettext_lazy("Number of the interpreter or of the telephone line; no name."),
        max_length=60,
        required=False,
    )
    statement = forms.CharField(
        label=gettext_lazy("Proof"),
        help_text=gettext_lazy("What was done and where the paper is, or attach it below."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    scan = ScanField(label=gettext_lazy("The paper"))
    refused_to_sign = forms.BooleanField(
        label=gettext_lazy("The person refused to sign"),
        help_text=gettext_lazy("It counts as done all the same."),
        required=False,
    )
    witness = forms.CharField(
        label=gettext_lazy("Witness of a refusal"),
        help_text=gettext_lazy("Badge number or role of who saw it; no name of the person."),
        max_length=100,
        required=False,
    )

    def __init__(self, *args: Any, wants: Asks, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if wants.answers:
            self.fields["answer"].choices = list(wants.answers)  # type: ignore[attr-defined]
        else:
            del self.fields["answer"]
        if not wants.recipients:
            del self.fields["recipients"]
        if not wants.to_person:
            self.initial["outcome"] = "done"
            for name in ("language", "language_other", "refused_to_sign", "witness", "outcome"):
                del self.fields[name]
            if not wants.interpreter:
                del self.fields["interpreter_id"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("language") == "other" and not typed.get("language_other", "").strip():
            self.add_error("language_other", _("Enter the code of the language."))
        return typed


class DutyView(CaseActView):
    """Record what came of one duty."""

    permission = Permission.DUTY_RECORD
    act = "duty"
    form_class = DutyForm
    service_fields = {"document": "scan"}
    duty: Duty

    def find_case(self) -> Case:
        rows = Duty.objects.visible_to(self.actor).select_related("case__person", "case__agency", "detainer")
        self.duty = self.one(rows)
        return self.duty.case

    @cached_property
    def code(self) -> Code:
        return Code(self.duty.code)

    @property
    def title(self) -> str:  # type: ignore[override]
        return SHORT[self.code]

    @property
    def button(self) -> str:  # type: ignore[override]
        return str(LABELS[self.code])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"wants": asks(self.code)}

    def what(self) -> str:
        law = self.duty.citation or self.duty.policy_code
        text = _(
            "%(duty)s. %(law)s asks for it. What you enter is kept with your name and never changed."
        ) % {
            "duty": DUTIES[self.code],
            "law": law,
        }
        if self.duty.due_at is not None:
            late = _("It was due %(when)s.") if self.duty.is_overdue(self.now) else _("It is due %(when)s.")
            text += " " + late % {"when": self.when(self.duty.due_at)}
        if self.duty.is_condition:
            text += " " + _(
                "Until it is done there is no authority to hold on the detainer; done late, it moves no end later."
            )
        return text

    def blocked(self) -> str:
        if not self.duty.takes_outcome:
            return _(
                "This is not recorded here: serving, a judge's order and telling ICE have pages of their own."
            )
        if self.duty.state == "done":
            return _("This was done on %(when)s. A wrong entry is corrected, not entered again.") % {
                "when": self.when(self.duty.settled_at or self.now)
            }
        if self.duty.state == "not_applicable":
            return _("This is no longer owed since %(when)s.") % {
                "when": self.when(self.duty.settled_at or self.now)
            }
        return ""

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        is_other = typed.get("language") == "other"
        upload = typed.get("scan")
        content = upload.read() if upload else b""
        document = (
            store_document(
                actor=self.actor,
                agency=self.agency,
                kind="duty_proof",
                media_type=media_type(content),
                content=content,
                channel="form",
                at=self.now,
            )
            if content
            else None
        )
        record_duty(
            duty_id=self.duty.pk,
            actor=self.actor,
            at=typed["at"].at,
            outcome=typed.get("outcome") or "done",
            method=typed["method"],
            language=(typed["language_other"] if is_other else typed.get("language", "")),
            answer=typed.get("answer", ""),
            recipients=typed.get("recipients", ()),
            statement=typed["statement"],
            document=document,
            refused_to_sign=typed.get("refused_to_sign", False),
            witness=typed.get("witness", ""),
            interpreter_id=typed.get("interpreter_id", ""),
            entered_text=typed["at"].text,
        )
        return self.done(
            _("Recorded: %(what)s, %(when)s.") % {"what": SHORT[self.code], "when": self.when(typed["at"])}
        )


class TellForm(ActForm):
    kind = PickField(
        label=gettext_lazy("What ICE was told"),
        choices=IceDisclosure.Kind.choices,
        required_message=gettext_lazy("Choose what ICE was told."),
    )
    at = LocalTimeField(label=gettext_lazy("When ICE was told"))
    method = PickField(
        label=gettext_lazy("How"),
        choices=IceDisclosure.Method.choices,
        required_message=gettext_lazy("Choose how ICE was told."),
    )
    office = forms.CharField(
        label=gettext_lazy("Office"),
        help_text=gettext_lazy("The office and the number called; no name of an officer."),
        max_length=200,
        error_messages={"required": gettext_lazy("Enter which office was told.")},
    )
    statement = forms.CharField(
        label=gettext_lazy("What was said"),
        help_text=gettext_lazy("As it was said or written, for example: release time 14:00 today."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write what was said.")},
    )
    basis = forms.CharField(
        label=gettext_lazy("Condition of the law that is met"),
        help_text=gettext_lazy("Only where the law of this place allows it on conditions."),
        max_length=300,
        required=False,
    )

    def __init__(self, *args: Any, allowed: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [item for item in IceDisclosure.Kind.choices if item[0] in allowed]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]


class TellIceView(DetainerActView):
    """Record what ICE was told; what the law of the place forbids cannot be chosen, and says why."""

    permission = Permission.ICE_TELL
    act = "tell_ice"
    form_class = TellForm
    title = gettext_lazy("Record what ICE was told")
    button = gettext_lazy("Record it")

    @cached_property
    def decision(self) -> PolicyDecision | None:
        found: PolicyDecision | None = self.detainer.decisions.order_by("-pk").first()
        return found

    @property
    def allowed(self) -> list[str]:
        if self.decision is None:
            return []
        return [
            kind for kind in ("release", "status") if may_tell(self.decision, kind) is not Telling.FORBIDDEN
        ]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"allowed": self.allowed}

    def what(self) -> str:
        assert self.decision is not None
        said = [
            forbidden(self.decision, kind) or TELLING[kind][may_tell(self.decision, kind)]
            for kind in ("release", "status")
        ]
        return _(
            "%(which)s %(law)s What you enter is a disclosure: it is kept with your name and never changed."
        ) % {
            "which": self.which(),
            "law": " ".join(said),
        }

    def blocked(self) -> str:
        if self.decision is None:
            return _("No policy was applied to this detainer yet, so ICE is told nothing.")
        if not self.allowed:
            return " ".join(forbidden(self.decision, kind) for kind in ("release", "status"))
        return ""

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        tell_ice(
            detainer_id=self.detainer.pk,
            actor=self.actor,
            at=typed["at"].at,
            kind=typed["kind"],
            method=typed["method"],
            office=typed["office"],
            statement=typed["statement"],
            basis=typed["basis"],
            entered_text=typed["at"].text,
        )
        return self.done(_("Recorded that ICE was told, %(when)s.") % {"when": self.when(typed["at"])})


class DutiesView(ScopedView, TemplateView):
    """What is due: everything overdue, and what is due within two days, the earliest first."""

    permission = Permission.BOARD_VIEW
    template_name = "desk/acts/duties.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        lines = duty_rows.due(self.actor, now)
        record.access(
            "duty.listed",
            actor=self.actor,
            objects=[line.row.case.public_id for line in lines],
            object_type="case",
        )
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**kwargs),
            "lines": lines,
            "is_cut": len(lines) == duty_rows.MOST,
            "title": _("Duties due"),
            "now": now,
        }
