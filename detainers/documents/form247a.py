"""The fields of Form I-247A of a detainer that was issued in the system: in the order of the form, nothing it does not say."""

from __future__ import annotations

from datetime import date
from typing import Any

from audit.sentences import local_time
from detainers import rulebook
from detainers.documents.typesetting import clean
from detainers.models import Detainer
from detainers.services.records import details_of

SEXES = {"F": "Female", "M": "Male", "X": "Not specified", "U": "Unknown"}
REQUESTS = (
    "keep the person for no more than 48 hours beyond the time when the person would otherwise have been released. The person "
    "must be served with a copy of this form for the detainer to take effect. The request should not influence decisions on "
    "bail, rehabilitation, parole, release, diversion, custody classification, work or quarters.",
    "pass this detainer on to any agency to which the person is transferred.",
    "tell the issuing office of the person's death, hospitalisation or transfer.",
)
BOX_1 = "Box 1: DHS has determined that there is probable cause that the person is removable, based on"
BOX_2 = "Box 2: DHS transferred the person to you and intends to resume custody"


def content(detainer: Detainer) -> dict[str, Any]:
    """The data of the template. Raises Unreadable when the sealed part of the form cannot be opened."""
    details, case = details_of(detainer), detainer.case
    zone, book = case.agency.time_zone, rulebook.current()
    edition = book.editions.get(detainer.edition)
    is_loan = bool(detainer.boxes.get("loan_back"))
    ticked = set(detainer.boxes.get("basis", ()))
    boxes = [
        {"on": code in ticked, "words": book.boxes.get(code, code)}
        for code in (edition.basis if edition else ())
    ]
    if edition is None or edition.loan_back:
        boxes.append({"on": is_loan, "words": book.boxes["loan_back"]})
    officer = ", ".join(clean(part) for part in (details.officer_name, detainer.officer_title) if part)
    return {
        "size": 10,
        "edition": detainer.edition.replace("_", " "),
        "rendering": "Issued in this system; this paper shows the fields as they were entered and signed for there.",
        "detainer": {
            "subject_id": clean(details.subject_id),
            "event_number": clean(details.event_number),
            "file_number": clean(details.a_number),
            "issued_on": _day(detainer.issued_on),
            "office": clean(detainer.issuing_office),
            "notify_ice": detainer.notify_ice,
            "notify_cbp": detainer.notify_cbp,
            "officer": officer,
            "signature": "Signed in the system" if detainer.signature_present else "Not signed",
        },
        "to": clean(details.addressed_to)
        or f"{clean(case.agency.name)}, or any subsequent law enforcement agency",
        "subject": {
            "name": clean(f"{detainer.subject_surname.upper()}, {detainer.subject_given_names}".strip(", ")),
            "birth_date": _day(detainer.subject_birth_date),
            "sex": SEXES.get(detainer.subject_sex, ""),
            "citizenship": clean(details.citizenship),
        },
        "basis-heading": BOX_2 if is_loan else BOX_1,
        "boxes": boxes,
        "requests": [
            {"on": detainer.asks_hold or index > 0, "words": words} for index, words in enumerate(REQUESTS)
        ],
        "cancels": _cancels(detainer),
        "booking": {
            "number": clean(details.lea_booking_number or case.booking.booking_number),
            "release": local_time(details.lea_release_at, zone) if details.lea_release_at else "",
            "charge": clean(f"{_day(details.lea_charge_date)} {details.lea_offence}"),
        },
        "services": [_served(item, zone) for item in detainer.services.order_by("served_at", "pk")],
    }


def _day(moment: date | None) -> str:
    return f"{moment.day} {moment:%b %Y}" if moment else ""


def _cancels(detainer: Detainer) -> str:
    if not detainer.cancels_earlier:
        return ""
    dated = f" of {_day(detainer.cancels_dated)}" if detainer.cancels_dated else ""
    return f"Please cancel the detainer{dated} submitted before."


def _served(service: Any, zone: str) -> str:
    how = service.get_method_display().lower() + (
        f" ({clean(service.method_detail)})" if service.method_detail else ""
    )
    idle = "" if service.counts else "; does not count as service: nobody has reviewed the text of the notice"
    signed = "; the person did not sign" if service.refused_to_sign else ""
    return f"Served on the person {local_time(service.served_at, zone)}, {how}, language {clean(service.language)}{signed}{idle}."
