"""Detainers as they arrive: read, judged on their face, kept with what came, and acted on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases.identifiers import PersonIdentifier
from cases.models import Case, Document
from cases.services.custody import lock_case
from cases.services.identifiers import is_usable, record_identifiers
from detainers import events, rulebook
from detainers.deficiency import Deficiency, FormFacts, box_errors, complete_boxes, facial_deficiencies
from detainers.formdata import SEXES, DetainerForm, FormDetails
from detainers.models import Detainer
from detainers.services.assess import reassess
from detainers.services.common import check_not_future, say
from detainers.services.records import keep_details, named_by_cancel_box, same_paper
from detainers.services.withdrawals import cancel_detainer
from detainers.states import DetainerState

REGISTERED_BEFORE = "detainer_registered_before"
UNKNOWN_EDITION = "unknown"
"""The edition of a form whose footer says nothing we know, or that cannot be read."""

__all__ = ["DetainerForm", "FormDetails", "form_deficiencies", "form_facts", "register_detainer"]


class RegisteredBefore(Conflict):
    """This very paper is registered already; `detainer` is the first registration."""

    def __init__(self, detainer: Detainer, zone_day: str) -> None:
        super().__init__(
            f"This form is registered already: edition {detainer.edition}, received {zone_day}. It has the same date "
            "and the same event number or file, so nothing was added.",
            code=REGISTERED_BEFORE,
        )
        self.detainer = detainer


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

    1. Judge the form on its face. 2. Keep it, with its sealed part. 3. Cancel what its cancel box names. 4. Assess.
    Raises NotFound, NotPermitted, Invalid, RegisteredBefore.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.DETAINER_REGISTER, case.agency)
        detainer = keep_form(
            case=case,
            actor=actor,
            at=at,
            form=form,
            channel=channel,
            received_text=received_text,
            document=document,
            federal_agency=federal_agency,
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return detainer


def keep_form(
    *,
    case: Case,
    actor: Actor,
    at: datetime,
    form: DetainerForm,
    channel: str,
    received_text: str = "",
    document: Document | None = None,
    federal_agency: Agency | None = None,
    amends: Detainer | None = None,
) -> Detainer:
    """The row of a form with everything that hangs on it; the caller holds the case, checked who, and assesses."""
    _check_input(form, channel, at)
    first = same_paper(case, form, document)
    if first is not None:
        raise RegisteredBefore(first, f"{first.received_at.astimezone(case.agency.zone):%d %b %Y %H:%M %Z}")
    edition = rulebook.current().editions.get(form.edition)
    found = form_deficiencies(case, form, at)
    detainer: Detainer = Detainer.objects.create(
        case=case,
        edition=form.edition,
        needs_service=edition.service_required if edition else True,
        asks_hold=edition.holds if edition else False,
        subject_surname=form.subject_surname.strip(),
        subject_given_names=form.subject_given_names.strip(),
        subject_birth_date=form.subject_birth_date,
        subject_sex=form.subject_sex,
        boxes=complete_boxes(form.boxes),
        cancels_earlier=form.cancels_earlier,
        cancels_dated=form.cancels_dated,
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
        amends=amends,
        deficiencies=[{"code": item.code, "sentence": item.sentence} for item in found],
        state=DetainerState.DEFICIENT if found else DetainerState.RECEIVED,
        registered_by=actor.id,
    )
    keep_details(detainer, form.details)
    _say_registered(case, detainer, found, actor, at)
    if not found:
        _record_a_number(case, form, actor, at)
    _cancel_earlier(case, detainer, actor, at)
    return detainer


def form_deficiencies(case: Case, form: DetainerForm, at: datetime) -> tuple[Deficiency, ...]:
    """Why this form, received at `at`, is not sufficient on its face for the person of this case."""
    return facial_deficiencies(rulebook.current().editions.get(form.edition), form_facts(case, form, at))


def _record_a_number(case: Case, form: DetainerForm, actor: Actor, at: datetime) -> None:
    """The A-number of a form that is about this person is a number by which other records know them."""
    number, kind = form.details.a_number, PersonIdentifier.Kind.A_NUMBER
    if is_usable(kind, number):
        source = PersonIdentifier.Source.DETAINER
        record_identifiers(case_id=case.pk, values={kind: number}, source=source, actor=actor, at=at)


def _cancel_earlier(case: Case, detainer: Detainer, actor: Actor, at: datetime) -> None:
    """The cancel box ends what it names, at the receipt of this form. Who may register may do this."""
    if not detainer.cancels_earlier:
        return
    for earlier in named_by_cancel_box(case, detainer.cancels_dated, besides=detainer):
        if earlier.is_live:
            cancel_detainer(
                detainer_id=earlier.pk,
                actor=actor,
                at=max(at, earlier.received_at),
                reason=f"Cancel box of the form received {at.astimezone(case.agency.zone):%d %b %Y %H:%M %Z}.",
            )


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
    if form.subject_sex not in SEXES:
        problems.append(FieldError("subject_sex", "Choose F, M, X or U, or leave it empty."))
    problems += [
        FieldError(name, "This is longer than the field of the form. Shorten it.", "too_long")
        for name in form.details.too_long()
    ]
    if problems:
        raise Invalid(problems)
    check_not_future(at, "The receipt")


def form_facts(case: Case, form: DetainerForm, at: datetime, *, besides: Detainer | None = None) -> FormFacts:
    """The form beside the person it is about, as received at `at`; `besides` is the row it has already."""
    person = case.person
    known = not form.cancels_earlier or bool(named_by_cancel_box(case, form.cancels_dated, besides=besides))
    return FormFacts(
        edition=form.edition,
        received_on=at.astimezone(case.agency.zone).date(),
        basis=tuple(form.boxes.get("basis", ())),
        reasons=tuple(form.boxes.get("reasons", ())),
        priority=tuple(form.boxes.get("priority", ())),
        loan_back=bool(form.boxes.get("loan_back", False)),
        issuing_office=form.issuing_office,
        officer_title=form.officer_title,
        signature_present=form.signature_present,
        subject_surname=form.subject_surname,
        subject_given_names=form.subject_given_names,
        subject_birth_date=form.subject_birth_date,
        subject_sex=form.subject_sex,
        person_surname=person.surname,
        person_given_names=person.given_names,
        person_birth_date=person.birth_date,
        person_sex=person.sex,
        issued_on=form.issued_on,
        cancels_earlier=form.cancels_earlier,
        cancels_known=known,
        is_unreadable=form.is_unreadable,
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
