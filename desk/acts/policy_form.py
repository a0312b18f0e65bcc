"""A row of law as a form: what is typed becomes the plain data of a row, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.acts.fields import ActForm, PickField, TicksField, TypedDateField
from detainers.models import Policy, Warrant
from detainers.policies import CONDITIONS
from detainers.policy_checks import OFFENCE_CLASSES
from detainers.policy_rows import ClaimEffect, Confidence, MinorRule, Stance, Telling

NOTHING = [("", _("says nothing"))]
CONDITION_CHOICES = [(code.value, words[0].upper() + words[1:]) for code, words in CONDITIONS.items()]


def _words(values: Any) -> list[tuple[str, str]]:
    return [(value.value, value.value.replace("_", " ").capitalize()) for value in values]


def _text(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, required=kwargs.pop("required", False), **kwargs)


def _select(label: Any, choices: list[Any], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, **kwargs)


class PolicyForm(ActForm):
    """Every field of a row. What may be typed, `detainers.policy_checks` says; its sentences come back to these fields."""

    code = _text(
        _("Short name"),
        max_length=40,
        help_text=_("Letters, digits and underscores. A later version keeps it."),
    )
    citation = _text(_("Citation"), max_length=200)
    level = PickField(label=_("Whose law"), choices=Policy._meta.get_field("level").choices)
    state = _text(_("State"), max_length=2, help_text=_("Two capital letters; empty for a federal row."))
    county = _text(_("County"), max_length=80)
    city = _text(_("City"), max_length=80)
    agency = _text(_("ORI or facility code"), max_length=9, help_text=_("Of a jail's own rule."))
    starts = TypedDateField(label=_("Applies from"), required=False)
    ends = TypedDateField(label=_("Applies until"), required=False)
    confidence = PickField(label=_("How sure is the text"), choices=_words(Confidence))
    hold = PickField(label=_("What it says of holding on a detainer"), choices=_words(Stance))
    preempts = forms.BooleanField(label=_("It sets local rules on holding aside"), required=False)
    all_of = TicksField(label=_("Conditions, all of them"), choices=CONDITION_CHOICES)
    any_of = TicksField(label=_("Conditions, at least one"), choices=CONDITION_CHOICES)
    offence_stage = _select(
        _("Offences: at which stage"), [("", "–"), ("charged", _("Charged")), ("convicted", _("Convicted"))]
    )
    offence_classes = TicksField(
        label=_("Classes of offence"), choices=[(c, c.capitalize()) for c in OFFENCE_CLASSES]
    )
    warrant_kinds = TicksField(label=_("Kinds of warrant"), choices=Warrant.Kind.choices)
    hours = forms.IntegerField(label=_("At most so many hours"), required=False)
    anchor = _select(
        _("Counted from"), [("", _("the release time")), ("DETAINER_RECEIVED", _("receipt of the detainer"))]
    )
    counting = _select(
        _("Counted"),
        [
            ("", _("as the form counts")),
            ("elapsed", _("without a break")),
            ("excluding", _("without weekends and holidays")),
        ],
    )
    same_day = forms.BooleanField(label=_("Not past 23:59 of the release day"), required=False)
    duties = forms.CharField(
        label=_("Duties, one a line"), required=False, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("Code; hours; from what (received, release_eligible, custody); 'condition' where the hold waits for it. "
                    "For example: GIVE_COPY; 24; received; condition"),
    )  # fmt: skip
    on_claim = _select(_("A claim of citizenship or status"), NOTHING + _words(ClaimEffect))
    on_lawful_status_proof = _select(_("Proof of lawful status"), NOTHING + _words(ClaimEffect))
    check_hours = forms.IntegerField(label=_("Hours for the check"), required=False)
    status_information = _select(
        _("Telling ICE citizenship or immigration status"), NOTHING + _words(Telling)
    )
    release_information = _select(_("Telling ICE the release time"), NOTHING + _words(Telling))
    federal_accounts = _select(
        _("Accounts of immigration offices"), [*NOTHING, ("yes", _("Allowed")), ("no", _("Not allowed"))]
    )
    minors_under = forms.IntegerField(label=_("People younger than"), required=False)
    minors_hold = _select(_("are"), [("", "–"), *_words(MinorRule)])
    languages = _text(_("Languages of the notices"), help_text=_("Codes with commas, such as en, es."))
    report = _text(_("Report"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    note = _text(_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    marks_optional = False
    sections = (
        (_("The law"), ("code", "citation", "level", "state", "county", "city", "agency", "starts", "ends", "confidence")),
        (_("Holding"), ("hold", "preempts", "all_of", "any_of", "offence_stage", "offence_classes", "warrant_kinds")),
        (_("How long"), ("hours", "anchor", "counting", "same_day")),
        (_("What staff must do"), ("duties", "languages", "report")),
        (_("Claims"), ("on_claim", "on_lawful_status_proof", "check_hours")),
        (_("What ICE may be told"), ("status_information", "release_information", "federal_accounts")),
        (_("People under age"), ("minors_under", "minors_hold")),
        (_("Other"), ("note", "version")),
    )  # fmt: skip


FIELDS = {
    "from": "starts",
    "to": "ends",
    "limits": "hours",
    "citizenship": "on_claim",
    "tell_ice": "release_information",
    "minors": "minors_under",
    "duties": "duties",
}
"""The field of the form for a field of the row."""


def body_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The plain data of the row that was typed; empty fields are left out."""
    limits = {
        "hours": typed["hours"],
        "anchor": typed["anchor"] or None,
        "counting": typed["counting"] or None,
        "same_day_2359": typed["same_day"] or None,
    }
    claim = {name: typed[name] or None for name in ("on_claim", "on_lawful_status_proof", "check_hours")}
    told = {name: typed[name] or None for name in ("status_information", "release_information")}
    has_offences = typed["offence_stage"] or typed["offence_classes"]
    has_minors = typed["minors_under"] is not None or typed["minors_hold"]
    names = (
        "code",
        "citation",
        "level",
        "state",
        "county",
        "city",
        "agency",
        "confidence",
        "hold",
        "report",
        "note",
    )
    data: dict[str, Any] = {name: typed[name].strip() for name in names}
    data |= {
        "from": typed["starts"],
        "to": typed["ends"],
        "preempts": typed["preempts"],
        "all_of": typed["all_of"],
        "any_of": typed["any_of"],
        "offence_classes": {"stage": typed["offence_stage"], "classes": typed["offence_classes"]}
        if has_offences
        else None,
        "warrant_kinds": typed["warrant_kinds"],
        "limits": _given(limits),
        "duties": [_duty(line) for line in typed["duties"].splitlines() if line.strip()],
        "citizenship": _given(claim),
        "tell_ice": _given(told),
        "federal_accounts": {"yes": True, "no": False}.get(typed["federal_accounts"]),
        "minors": {"under": typed["minors_under"], "hold": typed["minors_hold"]} if has_minors else None,
        "languages": [part.strip() for part in typed["languages"].split(",") if part.strip()],
    }
    return {
        key: value
        for key, value in data.items()
        if value not in (None, "", [], {}) and (value or key != "preempts")
    }


def initial_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows for a row."""
    limits, claim, told = body.get("limits", {}), body.get("citizenship", {}), body.get("tell_ice", {})
    offences, minors = body.get("offence_classes") or {}, body.get("minors") or {}
    same = {
        key: body[key]
        for key in PolicyForm.base_fields
        if key in body and key not in ("duties", "offence_classes")
    }
    return (
        same
        | claim
        | told
        | {
            "starts": body.get("from", ""),
            "ends": body.get("to", ""),
            "offence_stage": offences.get("stage", ""),
            "offence_classes": offences.get("classes", []),
            "hours": limits.get("hours"),
            "anchor": limits.get("anchor", "").replace("RELEASE_ELIGIBLE", ""),
            "counting": limits.get("counting", "").replace("as_form", ""),
            "same_day": limits.get("same_day_2359", False),
            "duties": "\n".join(_line(duty) for duty in body.get("duties", ())),
            "federal_accounts": {True: "yes", False: "no"}.get(body.get("federal_accounts"), ""),  # type: ignore[arg-type]
            "minors_under": minors.get("under"),
            "minors_hold": minors.get("hold", ""),
            "languages": ", ".join(body.get("languages", ())),
        }
    )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _duty(line: str) -> dict[str, Any]:
    """One line of duties; what makes no sense is passed on, so that the check can name it."""
    parts = [part.strip() for part in line.split(";")]
    data: dict[str, Any] = {"code": parts[0]}
    for part in parts[1:]:
        if part.lower() == "condition":
            data["condition"] = True
        elif part.isascii() and part.isdecimal():
            data["due_hours"] = int(part)
        elif part:
            data["due_from"] = part
    return data


def _line(duty: Mapping[str, Any]) -> str:
    hours = duty.get("due_hours")
    parts = [duty["code"], "" if hours is None else str(hours), duty.get("due_from", "")]
    parts += ["condition"] if duty.get("condition") else []
    return "; ".join(part for part in parts if part)
