"""The facts that cases keeps: who, booking, charges, local grounds and custody; and what follows when one is corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from cases.corrections.registry import Change, Field, Kind, register
from cases.models import Booking, Case, Charge, CustodyEvent, LocalGround, Person
from cases.policies import SEXES
from cases.states import Custody

LEAVING = ("released", "transferred", "died", "escaped")
SEX_WORDS = {"M": _("male"), "F": _("female"), "X": _("unspecified"), "U": _("unknown")}


def custody_facts(case: Case) -> Any:
    """Leaving and coming back, as they stand, in order."""
    rows = CustodyEvent.objects.filter(case=case, kind__in=(*LEAVING, "recaptured"))
    return rows.order_by("occurred_at", "pk")


def coverage(case: Case) -> list[tuple[datetime, datetime | None]]:
    """From when until when each local ground held; one entered in error never did."""
    grounds = case.grounds.exclude(end_reason=LocalGround.EndReason.ENTERED_IN_ERROR)
    return list(grounds.values_list("started_at", "ended_at"))


def rederive(change: Change) -> None:
    """Write down again what the case says because of its facts: custody, its end, and the release time."""
    case, spans = change.case, coverage(change.case)
    last = custody_facts(case).last()
    left = last is not None and last.kind in LEAVING
    case.custody_state = last.kind if left else Custody.IN_CUSTODY
    case.custody_ended_at = last.occurred_at if left else None
    is_open = any(end is None for _start, end in spans)
    ends = [end for _start, end in spans if end is not None]
    case.release_eligible_at = None if is_open else max(ends, default=case.opened_at)
    case.save(update_fields=["opened_at", "custody_state", "custody_ended_at", "release_eligible_at"])
    _release_facts(change, spans)


def _release_facts(change: Change, spans: list[tuple[datetime, datetime | None]]) -> None:
    """A release time on which a ground held after all is withdrawn; a new one is a new fact."""
    case = change.case
    facts = CustodyEvent.objects.filter(case=case, kind=CustodyEvent.Kind.RELEASE_ELIGIBLE)
    for fact in facts:
        if any(start <= fact.occurred_at and (end is None or fact.occurred_at < end) for start, end in spans):
            change.also(fact, "custody", fact.public_id, withdrawn_at=change.at)
    eligible = case.release_eligible_at
    if eligible is not None and case.is_in_custody and not facts.filter(occurred_at=eligible).exists():
        CustodyEvent.objects.create(
            case=case,
            kind=CustodyEvent.Kind.RELEASE_ELIGIBLE,
            occurred_at=eligible,
            zone=case.agency.time_zone,
            recorded_by=change.correction.requested_by,
        )


def _booking(change: Change) -> None:
    """The custody begins with the booking, and so do the charges' grounds."""
    booking: Booking = change.row
    if change.correction.field == "booked_at":
        before = change.before("booked_at")
        change.case.opened_at = booking.booked_at
        same = change.case.grounds.filter(kind=LocalGround.Kind.CHARGE, started_at=before)
        for ground in same:
            change.also(ground, "ground", ground.public_id, started_at=booking.booked_at)
    rederive(change)


def _custody(change: Change) -> None:
    """What ended because the person left follows the time of leaving, or goes on if nobody left."""
    fact: CustodyEvent = change.row
    if fact.kind in LEAVING:
        before = (
            change.before("occurred_at") if change.correction.field == "occurred_at" else fact.occurred_at
        )
        left = LocalGround.EndReason.LEFT_CUSTODY
        for ground in change.case.grounds.filter(end_reason=left, ended_at=before):
            if fact.withdrawn_at is not None:
                change.also(ground, "ground", ground.public_id, ended_at=None, end_reason="")
            else:
                change.also(ground, "ground", ground.public_id, ended_at=fact.occurred_at)
    rederive(change)


def _withdraw_ground(change: Change) -> None:
    """A ground entered in error covers no time."""
    ground: LocalGround = change.row
    ground.ended_at, ground.end_reason = ground.started_at, LocalGround.EndReason.ENTERED_IN_ERROR
    ground.save(update_fields=["ended_at", "end_reason"])


def _check_booking(booking: Booking, field: str, value: Any) -> None:
    arrested = value if field == "arrested_at" else booking.arrested_at
    booked = value if field == "booked_at" else booking.booked_at
    if arrested and booked and arrested > booked:
        raise Invalid("The arrest lies after the booking. Check both times.", field="value", code="too_late")
    taken = Booking.objects.filter(agency=booking.agency_id, booking_number=value).exclude(pk=booking.pk)
    if field == "booking_number" and taken.exists():
        raise Invalid("Another case has this booking number. Check the number.", field="value", code="taken")


def _check_ground(ground: LocalGround, field: str, value: Any) -> None:
    start = value if field == "started_at" else ground.started_at
    end = value if field == "ended_at" else ground.ended_at
    if field in ("ended_at", "end_reason") and ground.ended_at is None:
        raise Invalid("This ground has not ended. End it by its own act.", field="value", code="not_ended")
    if end is not None and start > end:
        raise Invalid("The ground would end before it began. Check both times.", field="value", code="order")


def _ground_words(ground: LocalGround) -> str:
    return f"{ground}: {ground.description}" if ground.description else str(ground)


register(
    Kind(
        "person",
        _("Person"),
        lambda case: Person.objects.filter(pk=case.person_id),
        (
            Field("surname", _("Surname"), most=100),
            Field("given_names", _("Given names"), is_required=False, most=150),
            Field("birth_date", _("Date of birth"), "date", is_required=False),
            Field(
                "sex",
                _("Sex (print card)"),
                "choice",
                [(code, SEX_WORDS.get(code, code)) for code in sorted(SEXES)],
            ),
            Field("birth_place", _("Place of birth (NCIC code)"), is_required=False, most=2),
        ),
        words=lambda person: person.display_name,
    ),
    Kind(
        "booking",
        _("Booking"),
        lambda case: Booking.objects.filter(case=case).select_related("case"),
        (
            Field("booking_number", _("Booking number"), most=30),
            Field("booked_at", _("Booked"), "instant"),
            Field("arrested_at", _("Arrested"), "instant", is_required=False),
        ),
        words=lambda booking: booking.booking_number,
        subject=lambda booking: booking.case.public_id,
        settle=_booking,
        check=_check_booking,
    ),
    Kind(
        "charge",
        _("Charge"),
        lambda case: Charge.objects.filter(case=case).order_by("added_at", "pk"),
        (
            Field("offence_code", _("NCIC offence code"), most=4),
            Field("description", _("Description")),
            Field(
                "offence_class", _("Class"), "choice", Charge._meta.get_field("offence_class").choices or ()
            ),
            Field("status", _("Status"), "choice", Charge._meta.get_field("status").choices or ()),
        ),
        words=lambda charge: charge.description,
        can_be_withdrawn=True,
    ),
    Kind(
        "ground",
        _("Local ground"),
        lambda case: (
            LocalGround.objects.filter(case=case)
            .exclude(end_reason=LocalGround.EndReason.ENTERED_IN_ERROR)
            .order_by("started_at", "pk")
        ),
        (
            Field("kind", _("What the ground is"), "choice", LocalGround.Kind.choices),
            Field("description", _("In words"), is_required=False),
            Field("started_at", _("Began"), "instant"),
            Field("ended_at", _("Ended"), "instant"),
            Field("end_reason", _("Why it ended"), "choice", LocalGround.EndReason.choices[:-1]),
        ),
        words=_ground_words,
        can_be_withdrawn=True,
        withdraw=_withdraw_ground,
        settle=rederive,
        check=_check_ground,
    ),
    Kind(
        "custody",
        _("Custody"),
        custody_facts,
        (
            Field("occurred_at", _("When"), "instant"),
            Field(
                "destination",
                _("Where the person went"),
                "choice",
                [("street", _("set free")), ("ice", _("federal officers took custody"))],
            ),
        ),
        words=lambda fact: str(fact.get_kind_display()),
        can_be_withdrawn=True,
        settle=_custody,
    ),
)
