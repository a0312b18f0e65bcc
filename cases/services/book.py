"""Taking in a booking, from whatever door. The same agency and booking number again is the same booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Agency
from accounts.permissions import Permission, check_permission, has_permission
from audit import record
from audit.inserts import insert
from audit.record import Ref
from cases import events, policies, ports
from cases.booking import BookingRequest, ChargeFacts, GroundFacts, identity_digest
from cases.models import (
    Booking,
    Case,
    CaseCounter,
    Charge,
    Correction,
    CustodyEvent,
    Document,
    LocalGround,
    Person,
)
from cases.ports import EftFacts
from cases.services.corrections import record_rewording
from cases.services.custody import lock_case
from cases.services.documents import keep_refused, store_document
from cases.states import Custody


@dataclass(frozen=True)
class BookingResult:
    """The case, whether this call made it, and whether it changed anything."""

    case: Case
    created: bool
    changed: bool = False


def book(*, actor: Actor, agency: Agency, request: BookingRequest, at: datetime) -> BookingResult:
    """Book a person. `at` is when the booking reached us.

    Idempotent by agency and booking number: the same content answers the same; changed charges or grounds are new facts
    on the same case. Raises Invalid (every problem at once; an unreadable print file is kept in quarantine), Conflict for
    another identity or other prints, NotPermitted.
    """
    check_permission(actor, Permission.CASE_BOOK, agency)
    problems = policies.booking_problems(request, now=timezone.now())
    facts = _read_eft(actor=actor, agency=agency, request=request, at=at) if request.eft else None
    if facts:
        strangers = policies.agreement_problems(request, facts, ports.fold_name)
        if strangers:
            _keep(actor, agency, request, at, " ".join(problem.message for problem in strangers))
        problems += strangers
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        _lock_number(agency, request.booking_number)
        if not _is_known(agency, request.booking_number):
            return _create(actor=actor, agency=agency, request=request, facts=facts, at=at)
        booking = (
            Booking.objects.select_for_update(of=("self",))
            .select_related("case", "case__person")
            .get(agency=agency, booking_number=request.booking_number)
        )
        return _again(actor=actor, booking=booking, request=request, facts=facts, at=at)


def _read_eft(*, actor: Actor, agency: Agency, request: BookingRequest, at: datetime) -> EftFacts:
    """What the print file says; a file that cannot be read is kept, set aside, before the refusal goes out."""
    assert request.eft is not None
    try:
        return ports.eft_reader(request.eft)
    except Invalid as error:
        _keep(actor, agency, request, at, error.message)
        raise


def _keep(actor: Actor, agency: Agency, request: BookingRequest, at: datetime, reason: str) -> None:
    assert request.eft is not None
    keep_refused(
        actor=actor,
        agency=agency,
        kind="booking_eft",
        content=request.eft,
        channel=request.channel,
        at=at,
        reason=reason,
    )


def _lock_number(agency: Agency, booking_number: str) -> None:
    """Two senders of one booking wait for each other instead of racing to a constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"booking:{agency.pk}:{booking_number}"]
        )


def _is_known(agency: Agency, booking_number: str) -> bool:
    """Asked of every new booking, and after the lock: a statement sees what was committed before it began."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {Booking._meta.db_table} WHERE agency_id = %s AND booking_number = %s)",
            [agency.pk, booking_number],
        )
        return bool(cursor.fetchone()[0])


def _create(
    *, actor: Actor, agency: Agency, request: BookingRequest, facts: EftFacts | None, at: datetime
) -> BookingResult:
    person = Person(
        agency=agency,
        surname=request.person.surname.strip(),
        given_names=request.person.given_names.strip(),
        birth_date=request.person.birth_date,
        sex=request.person.sex,
        birth_place=request.person.birth_place,
    )
    insert([person])
    case = Case(
        number=_next_number(agency, request.booked_at),
        person=person,
        agency=agency,
        unit=request.unit,
        opened_at=request.booked_at,
    )
    insert([case])
    document = _store_prints(actor=actor, agency=agency, request=request, at=at) if facts else None
    booking = Booking(
        case=case,
        agency=agency,
        booking_number=request.booking_number,
        booked_at=request.booked_at,
        booked_at_text=request.booked_at_text,
        arrested_at=request.arrested_at,
        channel=request.channel,
        identity_digest=request.identity_digest(),
        content_digest=request.content_digest(),
        document=document,
        prints_digest=facts.prints_digest if facts else "",
    )
    insert([booking])
    _custody_fact(case, CustodyEvent.Kind.BOOKED, actor, request.booked_at, text=request.booked_at_text)
    charged = [
        GroundFacts(LocalGround.Kind.CHARGE, charge.description, request.booked_at)
        for charge in request.charges
    ]
    insert([_charge(case, charge, request.booked_at) for charge in request.charges])
    grounds = insert([_ground(case, ground) for ground in (*charged, *request.grounds)])
    record.event(
        events.BOOKED,
        actor=actor,
        subject=Ref("case", case.public_id),
        case=case.public_id,
        agency=agency.public_id,
        occurred_at=request.booked_at,
        facts={
            "charges": len(request.charges),
            "charges_text": f"{len(request.charges)} charge" + ("s" if len(request.charges) != 1 else ""),
            "prints": f"{facts.print_count} prints received" if facts else "no prints",
            "channel": request.channel,
            "number": case.number,
        },
        carried=ports.JustBooked(case, document, request.eft, facts.reading if facts else None),
    )
    for ground in grounds[len(charged) :]:
        _custody_fact(case, CustodyEvent.Kind.GROUND_ADDED, actor, ground.started_at, ground=ground)
        _case_event(events.GROUND_ADDED, actor, case, ground.started_at, {"ground": str(ground).lower()})
    return BookingResult(case=case, created=True, changed=True)


def _again(
    *, actor: Actor, booking: Booking, request: BookingRequest, facts: EftFacts | None, at: datetime
) -> BookingResult:
    """The same number once more: same, changed, or somebody else."""
    if request.identity_digest() not in (booking.identity_digest, _identity_now(booking.case.person)):
        raise Conflict(
            f"Booking number of case {booking.case.number} was used before for a person with other details. "
            "Check the number, or correct the person on the case.",
            code="booking_other_identity",
            field="booking_number",
        )
    if facts and booking.prints_digest and facts.prints_digest != booking.prints_digest:
        raise Conflict(
            f"Case {booking.case.number} already has other prints under this booking number. "
            "Send a re-print from the case instead.",
            code="booking_other_prints",
            field="eft",
        )
    same = booking.content_digest == request.content_digest()
    if not same and request.booked_at not in _booking_times(booking):
        raise Conflict(
            f"Case {booking.case.number} was booked at another time under this number. Nothing was changed. "
            "Send the recorded time, or correct the time on the case page.",
            code="booking_other_time",
            field="booked_at",
        )
    changed = False
    if facts and not booking.prints_digest:
        booking.document = _store_prints(actor=actor, agency=booking.agency, request=request, at=at)
        booking.prints_digest = facts.prints_digest
        booking.save(update_fields=["document", "prints_digest"])
        _case_event(events.PRINTS_ADDED, actor, booking.case, at)
        changed = True
    if not same:
        _amend(actor=actor, booking=booking, request=request, at=at)
        changed = True
    return BookingResult(case=booking.case, created=False, changed=changed)


def _identity_now(person: Person) -> str:
    """The digest of who the person is by the facts as corrected."""
    return identity_digest(person.surname, person.given_names, person.birth_date, person.sex)


def _booking_times(booking: Booking) -> set[datetime]:
    """The time of booking as it stands and as it was recorded before: a machine may go on sending what it sent first."""
    earlier = Correction.objects.applied().filter(case=booking.case_id, kind="booking", field="booked_at")
    return {booking.booked_at} | {datetime.fromisoformat(row.before) for row in earlier}


def _amend(*, actor: Actor, booking: Booking, request: BookingRequest, at: datetime) -> None:
    """Add what is new. Nothing is taken away by a re-sent booking: a ground ends only by its own act."""
    case = lock_case(booking.case_id)
    may_be_held = case.custody_state in (Custody.IN_CUSTODY, Custody.ESCAPED)
    added = []
    for charge in _new_charges(case, request, actor, at):
        _charge(case, charge, at).save()
        _case_event(events.CHARGE_ADDED, actor, case, at, {"offence_code": charge.offence_code})
        added.append(GroundFacts(LocalGround.Kind.CHARGE, charge.description, at))
    recorded = set(case.grounds.values_list("kind", "description", "started_at"))
    added += [
        item for item in request.grounds if (item.kind, item.description, item.started_at) not in recorded
    ]
    # A person who has left is held on nothing, whatever is still sent; and one who is to be released is held on a new
    # ground only by somebody who may record grounds, never by a machine that sends its booking again.
    decides = case.release_eligible_at is None or has_permission(actor, Permission.GROUND_EDIT, case.agency)
    if added and may_be_held and decides:
        Case.objects.filter(pk=case.pk).update(release_eligible_at=None)
        for item in added:
            ground = _ground(case, item)
            ground.save()
            _custody_fact(case, CustodyEvent.Kind.GROUND_ADDED, actor, item.started_at, ground=ground)
            _case_event(events.GROUND_ADDED, actor, case, item.started_at, {"ground": str(ground).lower()})
    booking.content_digest = request.content_digest()
    booking.save(update_fields=["content_digest"])


def _new_charges(case: Case, request: BookingRequest, actor: Actor, at: datetime) -> list[ChargeFacts]:
    """Charges that were not there: more of a code and class than before. Other words for the same charge are taken over."""
    known = list(case.charges.order_by("pk"))
    new = []
    for charge in request.charges:
        alike = [
            row
            for row in known
            if (row.offence_code, row.offence_class) == (charge.offence_code, charge.offence_class)
        ]
        if not alike:
            new.append(charge)
            continue
        row = next((row for row in alike if row.description == charge.description), alike[0])
        known.remove(row)
        if row.description != charge.description:
            record_rewording(
                row=row,
                case=case,
                kind="charge",
                field="description",
                value=charge.description,
                actor=actor,
                at=at,
            )
            _case_event(
                events.CHARGE_REWORDED,
                actor,
                case,
                at,
                {"offence_code": charge.offence_code},
                changed=["description"],
            )
    return new


def _charge(case: Case, charge: ChargeFacts, at: datetime) -> Charge:
    return Charge(
        case=case,
        offence_code=charge.offence_code,
        description=charge.description,
        offence_class=charge.offence_class,
        added_at=at,
    )


def _ground(case: Case, ground: GroundFacts) -> LocalGround:
    return LocalGround(
        case=case, kind=ground.kind, description=ground.description, started_at=ground.started_at
    )


def _store_prints(*, actor: Actor, agency: Agency, request: BookingRequest, at: datetime) -> Document:
    assert request.eft is not None
    return store_document(
        actor=actor,
        agency=agency,
        kind="booking_eft",
        media_type="application/octet-stream",
        content=request.eft,
        channel=request.channel,
        at=at,
    )


def _next_number(agency: Agency, booked_at: datetime) -> str:
    year = booked_at.astimezone(agency.zone).year
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CaseCounter._meta.db_table} (agency_id, year, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (agency_id, year) DO UPDATE SET last = cases_casecounter.last + 1 RETURNING last",
            [agency.pk, year],
        )
        row = cursor.fetchone()
    return f"{year}-{row[0]:05d}"


def _custody_fact(
    case: Case, kind: str, actor: Actor, at: datetime, *, ground: LocalGround | None = None, text: str = ""
) -> None:
    fact = CustodyEvent(
        case=case,
        kind=kind,
        ground=ground,
        occurred_at=at,
        entered_text=text,
        zone=case.agency.time_zone,
        recorded_by=actor.id,
    )
    insert([fact])


def _case_event(
    action: str,
    actor: Actor,
    case: Case,
    at: datetime,
    facts: dict[str, record.JsonValue] | None = None,
    *,
    changed: Sequence[str] = (),
) -> None:
    record.event(
        action,
        actor=actor,
        subject=Ref("case", case.public_id),
        case=case.public_id,
        agency=case.agency.public_id,
        occurred_at=at,
        facts=facts,
        changed=changed,
    )
