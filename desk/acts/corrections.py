"""A fact is corrected: what is recorded, what it will be, what that does to the clock; and the second person decides."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts.bases import ScopedView
from accounts.errors import IllegalMove, Invalid, NotFound
from accounts.permissions import Permission, check_permission, has_permission
from audit import record
from cases import services
from cases.corrections import registry
from cases.corrections.models import Correction
from cases.corrections.registry import WITHDRAWN, Field
from cases.models import Case
from cases.services.corrections import Effect
from desk import corrections as shown
from desk.acts.base import CaseActView, Done
from desk.acts.fields import (
    ActForm,
    LocalTimeField,
    Moment,
    PickField,
    ReasonField,
    TicksField,
    TypedDateField,
    prefill,
)
from detainers import rulebook


class CorrectableView(ScopedView, TemplateView):
    """Every fact of a case, with a link to correct each of its fields."""

    permission = Permission.CORRECTION_REQUEST
    template_name = "desk/acts/correctable.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Case.objects.visible_to(self.actor).select_related("person", "agency")
        case = rows.filter(public_id=self.kwargs["public_id"]).first()
        if case is None:
            raise NotFound("There is no such case.")
        check_permission(self.actor, self.permission, case.agency_id)
        _looked(self.actor, case, "correctable")
        title = _("Correct what was recorded")
        context = {"case": case, "facts": list(shown.facts_of(case)), "view": self, "title": title}
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs), **context}

    @property
    def back_url(self) -> str:
        return f"/admin/case/{self.kwargs['public_id']}/"


class WaitingView(ScopedView, TemplateView):
    """The corrections that wait for a second person, the oldest first."""

    permission = Permission.CORRECTION_APPROVE
    template_name = "desk/acts/waiting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = (
            Correction.objects.visible_to(self.actor)
            .undecided()
            .select_related("case__agency")
            .order_by("pk")
        )
        mine = [row for row in rows if has_permission(self.actor, self.permission, row.case.agency_id)]
        record.access(
            "correction.listed",
            actor=self.actor,
            objects=[row.case.public_id for row in mine],
            object_type="case",
        )
        items = [
            (shown.shown(row, row.case.agency.time_zone), row.requested_by == self.actor.id) for row in mine
        ]
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**kwargs),
            "items": items,
            "title": _("Corrections to decide"),
        }


class CorrectForm(ActForm):
    reason_code = PickField(
        label=gettext_lazy("What kind of mistake it was"), choices=Correction.ReasonCode.choices
    )
    reason = ReasonField(
        label=gettext_lazy("Why it is corrected"),
        help_text=gettext_lazy("What you saw or learned, and where."),
    )


class CorrectView(CaseActView):
    """Correct one field of one fact. The first sending shows what it does; the second does it."""

    permission = Permission.CORRECTION_REQUEST
    act = "correct"
    template_name = "desk/acts/correct.html"
    form_class = CorrectForm
    title = gettext_lazy("Correct what was recorded")
    effect: Effect | None = None
    fact: Any

    def load(self) -> None:
        super().load()
        self.kind = registry.kind(self.kwargs["kind"])
        self.field = self.kind.field(self.kwargs["field"])
        self.fact = self.kind.find(self.case, self.kwargs["subject"])

    def get_form_class(self) -> type[ActForm]:
        if self.field.name == WITHDRAWN:
            return CorrectForm
        return type(
            "FactForm", (CorrectForm,), {"value": _input(self.field), "sections": (("", ("value",)),)}
        )

    def get_initial(self) -> dict[str, Any]:
        value = getattr(self.fact, self.field.name)
        if self.field.form == "instant" and value is not None:
            value = prefill(value, self.agency.time_zone)
        if self.field.form == "flag":
            value = "yes" if value else "no"
        if self.field.form == "codes":
            value = [*value.get("basis", ()), *value.get("priority", ())]
        return {"value": value}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.load()
        form = self.get_form()
        if not form.is_valid() or request.POST.get("confirmed") == self.confirmation(form):
            return super().post(request, *args, **kwargs)
        try:
            self.effect = services.preview_correction(
                case_id=self.case.pk, actor=self.actor, at=self.now, wish=self.wish(form)
            )
        except Invalid as error:
            form.add_service_errors(error, {}, "" if self.field.name == WITHDRAWN else "value")
            return self.render(form, status=400)
        except IllegalMove as error:
            return self.render(form, refusal=error.message, status=error.status)
        return self.render(form)

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        row = services.request_correction(
            case_id=self.case.pk,
            actor=self.actor,
            at=self.now,
            wish=self.wish(form),
            reason_code=typed["reason_code"],
            reason=typed["reason"],
        )
        if row.state == "requested":
            return self.done(_("Nothing is changed yet. A second person must approve this correction."))
        return self.done(_("Corrected. What was entered before stays readable on the case."))

    def wish(self, form: Any) -> services.Wish:
        """What was typed, as the service takes it."""
        value = form.cleaned_data.get("value")
        if isinstance(value, Moment):
            value = value.at
        if self.field.form == "flag" and self.field.name != WITHDRAWN:
            value = value == "yes"
        if self.field.form == "codes":
            now = self.fact.boxes
            priority = _priority_codes()
            value = {
                **now,
                "basis": [code for code in value if code not in priority],
                "priority": [code for code in value if code in priority],
            }
        return services.Wish(self.kind.slug, self.kwargs["subject"], self.field.name, value)

    def confirmation(self, form: Any) -> str:
        """What was looked at before it is done: with another value the page shows again what that does."""
        return json.dumps(self.field.as_json(self.wish(form).value), sort_keys=True)

    @property
    def button(self) -> Any:
        if self.effect is None:
            return _("Show what this does")
        return _("Ask a second person") if self.effect.needs_second else _("Correct it")

    def what(self) -> str:
        if self.field.name == WITHDRAWN:
            return _("The whole entry is marked as entered in error. It stays readable and counts no more.")
        return _("The new value counts from now on. What was entered stays readable, with who, when and why.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        zone, form = self.agency.time_zone, context["form"]
        whole = self.field.name == WITHDRAWN
        then = (
            ""
            if whole
            else shown.value_words(self.field, self.field.as_json(getattr(self.fact, self.field.name)), zone)
        )
        context |= {
            "fact_title": f"{self.kind.label}: {self.kind.words(self.fact)}",
            "field_label": "" if whole else self.field.label,
            "then": then,
            "effect": self.effect,
        }
        if self.effect is not None and form is not None:
            value = self.field.as_json(self.wish(form).value)
            before, after = self.effect.before.as_json(), self.effect.after.as_json()
            words = shown.clock_words(self.effect.movement.value, before["ends_at"], after["ends_at"], zone)
            context |= {
                "confirmed": self.confirmation(form),
                "will_be": _("entered in error") if whole else shown.value_words(self.field, value, zone),
                "effect_words": words,
                "opens_breach": len(self.effect.after.unlawful) > len(self.effect.before.unlawful),
            }
        return context


class DecideForm(ActForm):
    decision = PickField(label=gettext_lazy("Your decision"), choices=())
    reason = ReasonField(label=gettext_lazy("Why"))

    def __init__(self, *args: Any, is_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        both = [
            ("approve", _("Approve: the correction takes effect now")),
            ("refuse", _("Refuse: nothing changes")),
        ]
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("withdraw", _("Take it back: nothing changes"))] if is_own else both


class CorrectionDecideView(CaseActView):
    """Approve or refuse a correction that another person asked for; take back one's own."""

    permission = Permission.CORRECTION_REQUEST
    act = "correction_decide"
    template_name = "desk/acts/decide.html"
    form_class = DecideForm
    title = gettext_lazy("Decide on a correction")
    button = gettext_lazy("Record the decision")
    correction: Correction

    def find_case(self) -> Case:
        rows = Correction.objects.visible_to(self.actor).select_related("case__person", "case__agency")
        self.correction = self.one(rows)
        return self.correction.case

    def check_allowed(self) -> None:
        needed = Permission.CORRECTION_REQUEST if self.is_own else Permission.CORRECTION_APPROVE
        check_permission(self.actor, needed, self.case.agency_id)

    @property
    def is_own(self) -> bool:
        return bool(self.correction.requested_by == self.actor.id)

    @cached_property
    def item(self) -> shown.Shown:
        return shown.shown(self.correction, self.agency.time_zone)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"is_own": self.is_own}

    def what(self) -> str:
        if self.is_own:
            return _("You asked for this yourself, so another person decides. You can take it back.")
        return _("If you approve, the end of authority to hold this person moves later.")

    def blocked(self) -> str:
        if not self.item.is_waiting:
            return _("This correction was decided on %(when)s. There is nothing more to do here.") % {
                "when": self.when(self.correction.decided_at or self.now)
            }
        return ""

    def perform(self, form: Any) -> Done:
        acts = {
            "approve": (services.approve_correction, _("Approved. The correction took effect.")),
            "refuse": (services.refuse_correction, _("Refused. Nothing was changed.")),
            "withdraw": (services.withdraw_correction, _("Taken back. Nothing was changed.")),
        }
        service, sentence = acts[form.cleaned_data["decision"]]
        service(
            correction_id=self.correction.pk,
            actor=self.actor,
            at=self.now,
            reason=form.cleaned_data["reason"],
        )
        return self.done(sentence)


def _input(field: Field) -> forms.Field:
    """The form field of a fact's field."""
    common: dict[str, Any] = {"label": field.label, "required": field.is_required}
    if field.form == "instant":
        return LocalTimeField(starts_now=False, **common)
    if field.form == "date":
        return TypedDateField(**common)
    if field.form == "choice":
        return PickField(choices=field.options(), **common)
    if field.form == "flag":
        return PickField(choices=[("yes", _("Yes")), ("no", _("No"))], **common)
    if field.form == "codes":
        return TicksField(label=field.label, choices=list(rulebook.current().boxes.items()))
    widget = forms.Textarea(attrs={"rows": 4}) if field.form == "long_text" else None
    return forms.CharField(max_length=field.most, widget=widget, **common)


def _priority_codes() -> set[str]:
    return {code for edition in rulebook.current().editions.values() for code in edition.priority}


def _looked(actor: Any, case: Case, purpose: str) -> None:
    record.access(
        "case.act_opened",
        actor=actor,
        objects=[case.public_id],
        object_type="case",
        case=case.public_id,
        agency=case.agency.public_id,
        purpose=purpose,
    )
