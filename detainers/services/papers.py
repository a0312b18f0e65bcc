"""Detainers as they arrive, are served, and are withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases.models import Case, Document
from cases.policies import FUTURE_TOLERANCE
from cases.services.custody import lock_case
from detainers import events, rulebook
from detainers.deficiency import (
    EMPTY_BOXES,
    Deficiency,
    FormFacts,
    box_errors,
    complete_boxes,
    facial_deficiencies,
)
from detainers.models import Detainer, DetainerService
from detainers.services.assess import reassess
from detainers.services.common import check_either, check_move, lock_detainer, say
from detainers.states import DetainerState


@dataclass(frozen=True, slots=True)
class DetainerForm:
    """What the form says, as read by the person who registers it."""

    edition: str
    boxes: Mapping[str, Any] = field(default_factory=lambda: dict(EMPTY_BOXES))
    subject_surname: str = ""
    subject_given_names: str = ""
    subject_birth_date: date | None = None
    notify_ice: bool = False
    notify_cbp: bool = False
    issuing_office: str = ""
    officer_title: str = ""
    signature_present: bool = False
    issued_on: date | None = None


def register_detainer(
    *,
    case_id: int,
    actor: Actor,
    at: datetime,
    form: DetainerForm,
    channel: str,
    received_text: str = "",
    document: Document | None = None,
    federal_agency: Agency | None = None,
) -> Detainer:
    """Register a detainer received at `at`. A deficient one is kept with its reasons and holds nobody.

    Raises NotFound, NotPermitted, Invalid.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.DETAINER_REGISTER, case.agency)
        _check_input(form, channel, at)
        edition = rulebook.current().editions.get(form.edition)
        found = facial_deficiencies(edition, form_facts(case, form, at))
        detainer: Detainer = Detainer.objects.create(
            case=case,
            edition=form.edition,
            needs_service=edition.service_required if edition else True,
            asks_hold=edition.holds if edition else False,
            subject_surname=form.subject_surname.strip(),
            subject_given_names=form.subject_given_names.strip(),
            subject_birth_date=form.subject_birth_date,
            boxes=complete_boxes(form.boxes),
            notify_ice=form.notify_ice,
            notify_cbp=form.notify_cbp,
            issuing_office=form.issuing_office.strip(),
            federal_agency=federal_agency,
            officer_title=form.officer_title.strip(),
            signature_present=form.signature_present,
            issued_on=form.issued_on,
            received_at=at,
            received_text=received_text,
            channel=channel,
            document=document,
            deficiencies=[{"code": item.code, "sentence": item.sentence} for item in found],
            state=DetainerState.DEFICIENT if found else DetainerState.RECEIVED,
            registered_by=actor.id,
        )
        _say_registered(case, detainer, found, actor, at)
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def serve_detainer(
    *,
    detainer_id: int,
    actor: Actor,
    at: datetime,
    language: str,
    method: str = DetainerService.Method.IN_PERSON,
    method_detail: str = "",
    refused_to_sign: bool = False,
    interpreter_id: str = "",
    served_text: str = "",
) -> DetainerService:
    """Record that a copy was given to the person at `at`. Refusing to sign does not undo service.

    Raises NotFound, NotPermitted, IllegalMove (lifted, served before, or the person has left), Invalid.
    """
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_permission(actor, Permission.DETAINER_SERVE, case.agency)
        move = check_move(detainer, "serve")
        if not case.is_in_custody:
            raise IllegalMove(
                f"The person of case {case.number} is no longer in custody.", code="not_in_custody"
            )
        _check_service(detainer, at, language, method, method_detail)
        service: DetainerService = DetainerService.objects.create(
            detainer=detainer,
            served_at=at,
            served_text=served_text,
            language=language.strip(),
            method=method,
            method_detail=method_detail.strip(),
            refused_to_sign=refused_to_sign,
            interpreter_id=interpreter_id.strip(),
            served_by=actor.id,
        )
        detainer.state = move.target
        detainer.save(update_fields=["state"])
        say(
            events.SERVED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", detainer.public_id),
            facts={
                "detainer": str(detainer.public_id),
                "served_at": at.isoformat(),
                "method": str(DetainerService.Method(method).label).lower(),
                "language": service.language,
                "refused_to_sign": refused_to_sign,
            },
            changed=["state"],
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return service


def lift_detainer(*, detainer_id: int, actor: Actor, at: datetime, reason: str = "") -> Detainer:
    """The issuing side withdrew the detainer at `at`. Any hold on it ends at once.

    The jail or the issuing office may record this. Raises NotFound, NotPermitted, IllegalMove, Invalid.
    """
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_either(actor, Permission.DETAINER_LIFT, case, detainer)
        move = check_move(detainer, "lift")
        _withdraw(case, detainer, move.target, at, actor, reason)
        say(
            events.LIFTED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", detainer.public_id),
            facts={"detainer": str(detainer.public_id), "lifted_at": at.isoformat()},
            reason=reason,
            changed=["state", "ended_at"],
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def cancel_detainer(*, detainer_id: int, actor: Actor, at: datetime, reason: str = "") -> Detainer:
    """A later form cancelled this one by its cancel box. Raises as `lift_detainer`."""
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_either(actor, Permission.DETAINER_REGISTER, case, detainer)
        move = check_move(detainer, "cancel")
        _withdraw(case, detainer, move.target, at, actor, reason)
        say(
            events.CANCELLED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", detainer.public_id),
            facts={"detainer": str(detainer.public_id), "cancelled_at": at.isoformat()},
            reason=reason,
            changed=["state", "ended_at"],
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def _withdraw(case: Case, detainer: Detainer, target: str, at: datetime, actor: Actor, reason: str) -> None:
    _check_not_future(at, "The withdrawal")
    if at < detainer.received_at:
        raise Invalid(
            "The detainer cannot be withdrawn before it was received. Check both times.",
            field="at",
            code="before_receipt",
        )
    detainer.state, detainer.ended_at = target, at
    detainer.ended_by, detainer.end_reason = actor.id, reason.strip()
    detainer.save(update_fields=["state", "ended_at", "ended_by", "end_reason"])


def _check_input(form: DetainerForm, channel: str, at: datetime) -> None:
    problems = [
        FieldError("boxes", sentence) for sentence in box_errors(form.boxes, rulebook.current().boxes)
    ]
    if channel not in Detainer.Channel.values:
        problems.append(
            FieldError("channel", "Choose how it came: paper, fax, e-mail, file, API or in the system.")
        )
    if not form.edition.strip() or len(form.edition) > 20:
        problems.append(
            FieldError("edition", "Choose the edition of the form; it is printed in the footer.", "required")
        )
    if problems:
        raise Invalid(problems)
    _check_not_future(at, "The receipt")


def _check_service(detainer: Detainer, at: datetime, language: str, method: str, detail: str) -> None:
    """Every problem of a service at once. Raises Invalid."""
    problems = []
    if at < detainer.received_at:
        sentence = "It cannot have been served before it was received. Check both times."
        problems.append(FieldError("at", sentence, "served_before_received"))
    if not language.strip():
        problems.append(FieldError("language", "Say in which language it was explained.", "required"))
    if method not in DetainerService.Method.values:
        problems.append(FieldError("method", "Choose how it was served: in person, inmate mail or other."))
    elif method == DetainerService.Method.OTHER and not detail.strip():
        problems.append(FieldError("method_detail", "Say how it was served.", "required"))
    if problems:
        raise Invalid(problems)
    _check_not_future(at, "The service")


def _check_not_future(at: datetime, what: str) -> None:
    if at > timezone.now() + FUTURE_TOLERANCE:
        raise Invalid(f"{what} lies in the future. Enter when it happened.", field="at", code="future")


def form_facts(case: Case, form: DetainerForm, at: datetime) -> FormFacts:
    """The form beside the person it is about, as received at `at`."""
    person = case.person
    return FormFacts(
        edition=form.edition,
        received_on=at.astimezone(case.agency.zone).date(),
        basis=tuple(form.boxes.get("basis", ())),
        priority=tuple(form.boxes.get("priority", ())),
        loan_back=bool(form.boxes.get("loan_back", False)),
        issuing_office=form.issuing_office,
        officer_title=form.officer_title,
        signature_present=form.signature_present,
        subject_surname=form.subject_surname,
        subject_given_names=form.subject_given_names,
        subject_birth_date=form.subject_birth_date,
        person_surname=person.surname,
        person_given_names=person.given_names,
        person_birth_date=person.birth_date,
        issued_on=form.issued_on,
    )


def _say_registered(
    case: Case, detainer: Detainer, found: tuple[Deficiency, ...], actor: Actor, at: datetime
) -> None:
    subject = Ref("detainer", detainer.public_id)
    facts = {
        "detainer": str(detainer.public_id),
        "edition": detainer.edition,
        "channel": str(Detainer.Channel(detainer.channel).label).lower(),
        "received_at": at.isoformat(),
        "document": str(detainer.document.public_id) if detainer.document else None,
        "state": str(detainer.state),
    }
    say(events.REGISTERED, actor=actor, case=case, at=at, subject=subject, facts=facts)
    if found:
        say(
            events.DEFICIENT,
            actor=actor,
            case=case,
            at=at,
            subject=subject,
            facts={
                "detainer": str(detainer.public_id),
                "edition": detainer.edition,
                "codes": [item.code for item in found],
                "why": " ".join(item.sentence for item in found),
            },
        )
