"""The facts that detainers keeps, for corrections: papers, service, warrants, findings, claims, lifts, breaches."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from cases.corrections import registry
from cases.corrections.registry import Change, Field, Kind
from cases.models import Case, Conviction
from detainers import rulebook, warrants
from detainers.lifts import BY_ISSUER, MEANING
from detainers.models import (
    Breach,
    ConditionFinding,
    Detainer,
    DetainerService,
    DutyOutcome,
    IceDisclosure,
    StatusClaim,
    Warrant,
)
from detainers.services.correct import assess, settle
from detainers.services.reread import standing_state
from detainers.states import DetainerState

SEXES = [("F", _("Female")), ("M", _("Male")), ("X", _("X")), ("U", _("Unknown"))]


def _editions() -> list[tuple[str, Any]]:
    return [(code, code) for code in rulebook.current().editions]


def _on_detainer(model: Any, order: str) -> Any:
    return lambda case: (
        model.objects.filter(detainer__case=case, detainer__withdrawn_at__isnull=True)
        .select_related("detainer")
        .order_by(order, "pk")
    )


def _withdraw_lift(change: Change) -> None:
    """The detainer was not lifted after all: it stands as its form and service say."""
    detainer: Detainer = change.row
    deficient = bool(detainer.deficiencies)
    detainer.state = DetainerState.DEFICIENT if deficient else standing_state(detainer)
    detainer.ended_at, detainer.end_reason, detainer.ended_by, detainer.lift_code = None, "", "", ""
    detainer.save(update_fields=["state", "ended_at", "end_reason", "ended_by", "lift_code"])


def _not_before_receipt(row: Any, field: str, value: Any) -> None:
    detainer = row if isinstance(row, Detainer) else row.detainer
    if field in ("served_at", "ended_at") and value < detainer.received_at:
        raise Invalid("This lies before the receipt of the detainer.", field="value", code="before_receipt")


def _receipt_first(detainer: Detainer, field: str, value: Any) -> None:
    if field != "received_at":
        return
    later = [service.served_at for service in detainer.services.all()] + [detainer.ended_at or value]
    if min(later) < value:
        raise Invalid("It was served or lifted before that time.", field="value", code="after_service")


def _signer_fits(warrant: Warrant, field: str, value: Any) -> None:
    if field != "kind":
        return
    signer = warrants.signer_of(warrant.signed_by_role)
    wrong = warrants.why_not(value, signer) if signer else ""
    if wrong:
        text = f"{wrong} If the office is wrong as well, withdraw the warrant and record it anew."
        raise Invalid(text, field="value", code="wrong_signer")


def _detainers(case: Case) -> Any:
    return Detainer.objects.filter(case=case).order_by("received_at", "pk")


def _words(row: Any) -> str:
    return str(row)


KINDS = (
    Kind(
        "detainer",
        _("Detainer"),
        _detainers,
        (
            Field("received_at", _("Received"), "instant"),
            Field("channel", _("How it came"), "choice", Detainer.Channel.choices),
            Field("edition", _("Edition of the form"), "choice", _editions),
            Field("issued_on", _("Date on the form"), "date", is_required=False),
            Field("boxes", _("Boxes ticked"), "codes"),
            Field("subject_surname", _("Surname on the form"), is_required=False, most=100),
            Field("subject_given_names", _("Given names on the form"), is_required=False, most=150),
            Field("subject_birth_date", _("Date of birth on the form"), "date", is_required=False),
            Field("subject_sex", _("Sex on the form"), "choice", SEXES, is_required=False),
            Field("cancels_earlier", _("Cancels a detainer sent before"), "flag"),
            Field("cancels_dated", _("Date of the detainer it cancels"), "date", is_required=False),
            Field("issuing_office", _("Issuing office"), is_required=False, most=200),
            Field("officer_title", _("Title of the officer"), is_required=False, most=100),
            Field("signature_present", _("Signed"), "flag"),
        ),
        words=_words,
        can_be_withdrawn=True,
        check=_receipt_first,
    ),
    Kind(
        "service",
        _("Copy given to the person"),
        _on_detainer(DetainerService, "served_at"),
        (
            Field("served_at", _("When"), "instant"),
            Field("language", _("Language (code such as es)"), most=12),
            Field("method", _("How"), "choice", DetainerService.Method.choices[:2]),
        ),
        words=_words,
        can_be_withdrawn=True,
        check=_not_before_receipt,
    ),
    Kind(
        "warrant",
        _("Warrant"),
        _on_detainer(Warrant, "signed_at"),
        (
            Field("kind", _("Kind"), "choice", Warrant.Kind.choices),
            Field("signed_at", _("Signed"), "instant"),
        ),
        words=_words,
        can_be_withdrawn=True,
        check=_signer_fits,
    ),
    Kind(
        "finding",
        _("Condition met"),
        _on_detainer(ConditionFinding, "found_at"),
        (
            Field("found_at", _("When"), "instant"),
            Field("basis", _("On what basis")),
            Field("official_role", _("Role of the official"), is_required=False, most=100),
        ),
        words=_words,
        can_be_withdrawn=True,
    ),
    Kind(
        "claim",
        _("Claim of status"),
        lambda case: StatusClaim.objects.filter(case=case).order_by("claimed_at", "pk"),
        (
            Field("kind", _("What is claimed"), "choice", StatusClaim.Kind.choices),
            Field("claimed_at", _("When"), "instant"),
            Field("proof", _("Proof was given"), "flag"),
            Field("evidence", _("What was shown"), is_required=False, most=200),
        ),
        words=lambda claim: str(claim.get_kind_display()),
        can_be_withdrawn=True,
    ),
    Kind(
        "duty_outcome",
        _("Outcome of a duty"),
        lambda case: (
            DutyOutcome.objects.filter(duty__case=case).select_related("duty").order_by("done_at", "pk")
        ),
        (
            Field("done_at", _("When"), "instant"),
            Field("language", _("Language (code such as es)"), is_required=False, most=12),
            Field("statement", _("Proof"), most=500),
        ),
        words=lambda row: f"{row.duty.get_code_display()}: {row}",
        can_be_withdrawn=True,
    ),
    Kind(
        "disclosure",
        _("Told to ICE"),
        lambda case: IceDisclosure.objects.filter(case=case).order_by("told_at", "pk"),
        (
            Field("told_at", _("When"), "instant"),
            Field("office", _("Office"), most=200),
            Field("statement", _("What was said"), most=500),
        ),
        words=_words,
        can_be_withdrawn=True,
    ),
    Kind(
        "conviction",
        _("Conviction"),
        lambda case: Conviction.objects.filter(case=case).order_by("convicted_on", "pk"),
        (
            Field("convicted_on", _("Day of the conviction"), "date"),
            Field("offence_class", _("Class"), "choice", Conviction.OffenceClass.choices),
            Field("category", _("Kind of offence"), "choice", Conviction.Category.choices),
            Field("source", _("Record it is taken from"), most=200),
        ),
        words=_words,
        can_be_withdrawn=True,
    ),
    Kind(
        "lift",
        _("Lift of a detainer"),
        lambda case: _detainers(case).filter(ended_at__isnull=False),
        (
            Field("ended_at", _("Lifted"), "instant"),
            Field("end_reason", _("How it is known"), is_required=False, most=500),
            Field("lift_code", _("Why"), "choice", [(code.value, MEANING[code]) for code in BY_ISSUER]),
        ),
        words=_words,
        can_be_withdrawn=True,
        withdraw=_withdraw_lift,
        check=_not_before_receipt,
    ),
    Kind(
        "breach",
        _("Explanation of a breach"),
        lambda case: Breach.objects.filter(case=case, closed_at__isnull=False).order_by("from_at", "pk"),
        (
            Field("cause", _("Cause"), "long_text", most=2000),
            Field("remedy", _("Remedy"), "long_text", most=2000),
        ),
        words=_words,
    ),
)


def connect() -> None:
    """Register the kinds, and what corrections do to the clock. Called once when the app is ready."""
    registry.register(*KINDS)
    registry.assess = assess
    registry.settle = settle
