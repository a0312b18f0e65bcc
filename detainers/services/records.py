"""The sealed part of a form: kept, opened for those who may see the detainer, and compared without being opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from uuid import uuid4

from audit.keys import blind, envelope
from audit.keys.errors import KeysError
from cases.models import Case, Document
from cases.services.documents import Unreadable
from detainers.deficiency import UNREADABLE, complete_boxes
from detainers.formdata import DetainerForm, FormDetails, details_from
from detainers.models import Detainer, FormRecord

KEY_PURPOSE: Final = "detainer_form"
SEALED: Final = "detainers_formrecord.sealed"
EVENT: Final = "event_number"


@dataclass(frozen=True)
class Opened:
    """The details of one form, or the sentence that says why they cannot be read."""

    details: FormDetails = field(default_factory=FormDetails, repr=False)
    problem: str = ""


def keep_details(detainer: Detainer, details: FormDetails) -> FormRecord | None:
    """Seal what there is to seal; None when the form gives none of it. Raises Unreadable without a key."""
    details = details.trimmed()
    if details.is_empty:
        return None
    public_id = uuid4()
    context = envelope.context_of(SEALED, public_id)
    try:
        key = envelope.new_key(KEY_PURPOSE)
        sealed = envelope.encrypt(details.as_bytes(), key=key, context=context)
        found = blind.blind_index(EVENT, details.event_number) if details.event_number else None
    except KeysError as error:
        raise Unreadable(error) from error
    record: FormRecord = FormRecord.objects.create(
        public_id=public_id, detainer=detainer, sealed=sealed, event_blind=found
    )
    return record


def opened_details(detainers: Iterable[Detainer]) -> dict[int, Opened]:
    """The details of many detainers by primary key. The caller has scoped the rows and records who looked."""
    keys = [item.pk for item in detainers]
    records = list(FormRecord.objects.filter(detainer__in=keys))
    by_context = {envelope.context_of(SEALED, row.public_id): row for row in records}
    plain = envelope.decrypt_each({context: bytes(row.sealed) for context, row in by_context.items()})
    found = dict.fromkeys(keys, Opened())
    for context, row in by_context.items():
        value = plain[context]
        found[row.detainer_id] = (
            Opened(details_from(value)) if isinstance(value, bytes) else Opened(problem=value.message)
        )
    return found


def details_of(detainer: Detainer) -> FormDetails:
    """The details of one form. Raises Unreadable when they were erased or the key is away."""
    row = FormRecord.objects.filter(detainer=detainer).first()
    if row is None:
        return FormDetails()
    try:
        context = envelope.context_of(SEALED, row.public_id)
        return details_from(envelope.decrypt(bytes(row.sealed), context=context))
    except KeysError as error:
        raise Unreadable(error) from error


def stored_form(detainer: Detainer, *, details: FormDetails | None = None) -> DetainerForm:
    """The form as it was registered, for comparing, for a new version and for another agency."""
    return DetainerForm(
        edition=detainer.edition,
        boxes=complete_boxes(detainer.boxes),
        subject_surname=detainer.subject_surname,
        subject_given_names=detainer.subject_given_names,
        subject_birth_date=detainer.subject_birth_date,
        subject_sex=detainer.subject_sex,
        notify_ice=detainer.notify_ice,
        notify_cbp=detainer.notify_cbp,
        issuing_office=detainer.issuing_office,
        officer_title=detainer.officer_title,
        signature_present=detainer.signature_present,
        issued_on=detainer.issued_on,
        cancels_earlier=detainer.cancels_earlier,
        cancels_dated=detainer.cancels_dated,
        is_unreadable=any(item["code"] == UNREADABLE for item in detainer.deficiencies),
        details=details if details is not None else details_of(detainer),
    )


def same_paper(case: Case, form: DetainerForm, document: Document | None = None) -> Detainer | None:
    """The detainer of this case that is this very paper: same edition and date, and the same event number or file."""
    rows = Detainer.objects.filter(case=case, edition=form.edition, issued_on=form.issued_on).order_by("pk")
    if document is not None:
        found = rows.filter(document__sha256=document.sha256).first()
        if found is not None:
            return found
    number = form.details.event_number.strip()
    if not number:
        return None
    try:
        indexes = blind.blind_indexes(EVENT, number)
    except KeysError as error:
        raise Unreadable(error) from error
    return rows.filter(record__event_blind__in=indexes).first()


def same_content(detainer: Detainer, form: DetainerForm) -> bool:
    """Whether this form says what was registered; blanks around texts and the order of boxes do not count."""
    texts = ("subject_surname", "subject_given_names", "issuing_office", "officer_title")
    given: dict[str, Any] = {name: getattr(form, name).strip() for name in texts}
    wanted = replace(form, boxes=complete_boxes(form.boxes), details=form.details.trimmed(), **given)
    return stored_form(detainer) == wanted


def named_by_cancel_box(case: Case, dated: date | None, *, besides: Detainer | None = None) -> list[Detainer]:
    """What a cancel box names: the detainers of that date; without a date the only one there is, else none."""
    rows = Detainer.objects.filter(case=case)
    if besides is not None:
        rows = rows.filter(pk__lt=besides.pk)
    if dated is not None:
        return list(rows.filter(issued_on=dated).order_by("pk"))
    found = list(rows.order_by("pk")[:2])
    return found if len(found) == 1 else []
