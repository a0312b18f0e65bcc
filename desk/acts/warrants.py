"""What reaches the jail after the detainer: a warrant, or the finding that a condition of the law is met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases.models import Document
from cases.services import store_document
from desk import conditions
from desk.acts.base import Done
from desk.acts.detainers import DetainerActView
from desk.acts.fields import ActForm, LocalTimeField, PickField, UploadField, media_type
from desk.acts.grounds import left_custody
from detainers.models import ConditionFinding, PolicyDecision, Warrant
from detainers.rulebook import Condition
from detainers.services import record_condition, record_warrant
from detainers.warrants import WORDS


class ScanField(UploadField):
    """The paper itself, kept as it is."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text", gettext_lazy("PDF or picture, up to 16 MB, if you have one. It is kept as it is.")
        )
        super().__init__(accept=".pdf,.png,.jpg,.jpeg,.tif,.tiff", required=False, **kwargs)


class PaperView(DetainerActView):
    """Base of acts that add a paper to a live detainer of somebody in custody."""

    abstract = True
    service_fields = {"document": "scan"}
    document_kind = ""

    def blocked(self) -> str:
        return self.withdrawn() or left_custody(self.case, self)

    def scan(self, form: Any) -> Document | None:
        """The scan as a stored document, in the same transaction as what it shows."""
        upload = form.cleaned_data["scan"]
        if not upload:
            return None
        content = upload.read()
        return store_document(
            actor=self.actor,
            agency=self.agency,
            kind=self.document_kind,
            media_type=media_type(content),
            content=content,
            channel="form",
            at=self.now,
        )


class WarrantForm(ActForm):
    kind = PickField(
        label=gettext_lazy("Kind"),
        choices=Warrant.Kind.choices,
        required_message=gettext_lazy("Choose the kind of warrant."),
    )
    signed_by_role = PickField(
        label=gettext_lazy("Signed by"),
        help_text=gettext_lazy("The office, never a name."),
        choices=[(signer.value, words) for signer, words in WORDS.items()],
        required_message=gettext_lazy("Choose who signed it."),
    )
    signed_at = LocalTimeField(
        label=gettext_lazy("Signed at"),
        help_text=gettext_lazy("Date and time; 00:00 if only a date is on it."),
        starts_now=False,
    )
    scan = ScanField(label=gettext_lazy("Scan of the warrant"))


class WarrantRecordView(PaperView):
    """Record a warrant that came after its detainer was registered."""

    permission = Permission.WARRANT_RECORD
    act = "warrant_record"
    form_class = WarrantForm
    document_kind = "warrant_scan"
    service_fields = {"document": "scan", "at": "signed_at"}
    title = gettext_lazy("Record a warrant")
    button = gettext_lazy("Record the warrant")

    def what(self) -> str:
        return _(
            "%(which)s A warrant signed by a judge is a ground of its own to hold. One signed by an "
            "immigration officer holds nobody by itself; it meets a condition where the law of this "
            "place names it. %(before)s"
        ) % {"which": self.which(), "before": self.before()}

    def before(self) -> str:
        """What was recorded already, so that nothing is recorded twice."""
        rows = Warrant.objects.visible_to(self.actor).filter(detainer=self.detainer).order_by("signed_at")
        said = "; ".join(f"{row.get_kind_display()}, {self.when(row.signed_at)}" for row in rows)
        return _("Recorded before: %(warrants)s.") % {"warrants": said} if said else ""

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        warrant = record_warrant(
            detainer_id=self.detainer.pk,
            actor=self.actor,
            at=typed["signed_at"].at,
            kind=typed["kind"],
            signed_by_role=typed["signed_by_role"],
            document=self.scan(form),
        )
        return self._said(warrant)

    def _said(self, warrant: Warrant) -> Done:
        facts = {"kind": warrant.get_kind_display(), "when": self.when(warrant.signed_at)}
        if warrant.is_judicial:
            return self.done(_("Recorded: %(kind)s, %(when)s. It is a local ground of the case.") % facts)
        if warrant.is_administrative:
            return self.done(_("Recorded: %(kind)s, %(when)s. By itself it holds nobody.") % facts)
        text = _("Recorded: %(kind)s, %(when)s. It is no warrant and meets no condition.")
        return self.done(text % facts, level=messages.WARNING)


class ConditionForm(ActForm):
    condition = PickField(
        label=gettext_lazy("What is met"),
        choices=(),
        required_message=gettext_lazy("Choose the condition that is met."),
    )
    basis = forms.CharField(
        label=gettext_lazy("On what it rests"),
        help_text=gettext_lazy("The conviction, order or list entry: its number and date; no name."),
        max_length=300,
        error_messages={"required": gettext_lazy("Enter on what it rests: the conviction, or the order.")},
    )
    at = LocalTimeField(label=gettext_lazy("When it was found"))
    scan = ScanField(label=gettext_lazy("Copy of what it rests on"))

    def __init__(self, *args: Any, offered: Sequence[Condition], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(item.value, capfirst(conditions.words(item))) for item in offered]
        self.fields["condition"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.initial["condition"] = choices[0][0]


class ConditionRecordView(PaperView):
    """A named person finds that a condition is met which the law of this place names."""

    permission = Permission.HOLD_DECIDE
    act = "condition_record"
    form_class = ConditionForm
    document_kind = "condition_scan"
    title = gettext_lazy("Record that a condition of the law is met")
    button = gettext_lazy("Record the finding")

    @cached_property
    def decision(self) -> PolicyDecision | None:
        rows = PolicyDecision.objects.visible_to(self.actor).filter(detainer=self.detainer)
        found: PolicyDecision | None = rows.order_by("-pk").first()
        return found

    @cached_property
    def offered(self) -> tuple[Condition, ...]:
        """Conditions that a person can find met, that a policy of the place names, and that nobody found yet."""
        if self.decision is None:
            return ()
        found = set(self._findings().values_list("condition", flat=True))
        kept = self.decision
        wanted = dict.fromkeys((*conditions.named(kept.trace), *conditions.missing(kept.facts, kept.trace)))
        return tuple(item for item in wanted if item in conditions.BY_FINDING and item not in found)

    def _findings(self) -> Any:
        return ConditionFinding.objects.visible_to(self.actor).filter(detainer=self.detainer)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"offered": self.offered}

    def what(self) -> str:
        decision = self.decision
        cited = decision.citation or decision.policy_code if decision else ""
        return _(
            "%(which)s You state that a condition of %(law)s is met. Whether this jail may hold is "
            "then worked out again, with this and everything else the law asks."
        ) % {"which": self.which(), "law": cited}

    def blocked(self) -> str:
        return super().blocked() or self._nothing_to_find()

    def _nothing_to_find(self) -> str:
        if self.offered:
            return ""
        last = self._findings().filter(condition__in=conditions.BY_FINDING).order_by("-pk").first()
        if last:
            return _("It was recorded on %(when)s that %(what)s. There is nothing more to find here.") % {
                "when": self.when(last.found_at),
                "what": conditions.words(last.condition),
            }
        return _("No law in force here asks for such a finding, so recording one would change nothing.")

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        record_condition(
            detainer_id=self.detainer.pk,
            actor=self.actor,
            at=typed["at"].at,
            condition=typed["condition"],
            basis=typed["basis"],
            document=self.scan(form),
        )
        return self.done(
            _("Recorded: %(what)s. The case shows what follows from it.")
            % {"what": conditions.words(typed["condition"])}
        )
