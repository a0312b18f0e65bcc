"""Opening a fingerprint check, and replacing it by newer prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import connection, transaction

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit.inserts import insert
from cases.models import Booking, Case, Document
from cases.people import recorded_identities
from cases.ports import JustBooked
from cases.services import content_of, keep_refused, store_document
from matching import conf, events, hints
from matching.formats.ebts import BookingEft, fold_name, validate_booking_eft, with_tcn
from matching.formats.errors import EftError
from matching.formats.tcn import build_tcn
from matching.models import ExpectedAnswer, FingerTemplate, PrintSearch, Submission, Transmission
from matching.outgoing import split_outgoing
from matching.policies import BookingFacts, Place, Plan, plan_submission
from matching.policy_rows import load_policies
from matching.sealing import sealed_head
from matching.services.common import SYSTEM, check_move, lock_submission, note
from matching.services.searches import cancel_search
from matching.services.transmissions import cancel_transmissions, note_held_back
from matching.states import (
    ANSWER_MOVES,
    SUBMISSION_MOVES,
    AnswerState,
    SearchState,
    Source,
    SubmissionState,
    TransmissionState,
)

NO_PRINTS_TOT = "CAR"


@dataclass(frozen=True)
class Prints:
    """A file of prints as received, and what it says."""

    document: Document
    content: bytes
    eft: BookingEft


def open_submission(*, case_id: int, actor: Actor, at: datetime) -> Submission:
    """Open the check of a booked case: one submission, one transmission, answers expected of state, FBI and
    DHS.

    Idempotent: a case that has a current submission keeps it, unless that one had no prints and the booking
    now has. Raises Invalid when no file can be made for the bureau.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).select_related("agency", "person").get(pk=case_id)
        document = _booking_document(case)
        current: Submission | None = Submission.objects.current().filter(case=case).first()
        if current is not None:
            if current.document_id is not None or document is None:
                return current
            _set_aside(lock_submission(current.pk), actor=actor, at=at)
        try:
            return _open(case, _read(document) if document else None, supersedes=current, actor=actor, at=at)
        except EftError as error:
            raise _refusal(error) from error


def open_first_submission(*, booked: JustBooked, actor: Actor, at: datetime) -> Submission:
    """`open_submission` of a case made in this very transaction: nobody else can see it, so nothing is locked or read again.

    Raises Invalid when no file can be made for the bureau.
    """
    prints = None
    if booked.document is not None and booked.content is not None:
        if not isinstance(booked.reading, BookingEft):
            return open_submission(case_id=booked.case.pk, actor=actor, at=at)
        prints = Prints(booked.document, booked.content, booked.reading)
    try:
        return _open(booked.case, prints, supersedes=None, actor=actor, at=at)
    except EftError as error:
        raise _refusal(error) from error


def reprint(*, submission_id: int, actor: Actor, at: datetime, eft: bytes) -> Submission:
    """Send new prints of the same person. The new submission supersedes the old one and all its answers.

    Raises Invalid (every problem of the file at once), NotPermitted, IllegalMove when newer prints were sent
    already, NotFound.
    """
    try:
        return _reprint(submission_id=submission_id, actor=actor, at=at, eft=eft)
    except Invalid as error:
        agency = Submission.objects.select_related("case__agency").get(pk=submission_id).case.agency
        keep_refused(
            actor=actor,
            agency=agency,
            kind="booking_eft",
            content=eft,
            channel="reprint",
            at=at,
            reason=error.message,
        )
        raise


def _reprint(*, submission_id: int, actor: Actor, at: datetime, eft: bytes) -> Submission:
    with transaction.atomic():
        old = lock_submission(submission_id)
        agency = old.case.agency
        check_permission(actor, Permission.REPRINT_SUBMIT, agency)
        if old.state == SubmissionState.SUPERSEDED:
            raise IllegalMove("Newer prints of this case were sent already.", code="already_superseded")
        parsed = _validate(eft, case=old.case, old=old)
        document = store_document(
            actor=actor,
            agency=agency,
            kind="booking_eft",
            media_type="application/octet-stream",
            content=eft,
            channel="reprint",
            at=at,
        )
        _set_aside(old, actor=actor, at=at)
        try:
            return _open(old.case, Prints(document, eft, parsed), supersedes=old, actor=actor, at=at)
        except EftError as error:
            raise _refusal(error) from error


def _booking_document(case: Case) -> Document | None:
    booking = Booking.objects.select_related("document").filter(case=case).first()
    return booking.document if booking else None


def _read(document: Document) -> Prints:
    content = content_of(document)
    return Prints(document, content, validate_booking_eft(content))


def _validate(eft: bytes, *, case: Case, old: Submission) -> BookingEft:
    """The new file can be read, is of this person, and is not the old one again."""
    try:
        parsed = validate_booking_eft(eft)
    except EftError as error:
        raise _refusal(error) from error
    known, problems = recorded_identities(case.person), []
    days = {one.birth_date for one in known} - {None}
    if parsed.dob and days and parsed.dob not in days:
        problems.append(
            FieldError(
                "2.022", "The file has another date of birth. Check whose prints these are.", "other_person"
            )
        )
    if parsed.surname and parsed.surname[:20] not in {fold_name(one.surname)[:20] for one in known}:
        problems.append(
            FieldError("2.018", "The file has another surname. Check whose prints these are.", "other_person")
        )
    if old.document and validate_booking_eft(content_of(old.document)).prints_digest == parsed.prints_digest:
        problems.append(
            FieldError(
                "eft", "These are the same prints again. Retry the transmission instead.", "same_prints"
            )
        )
    if problems:
        raise Invalid(problems)
    return parsed


def _refusal(error: EftError) -> Invalid:
    return Invalid([FieldError(problem.tag, problem.message, problem.code) for problem in error.errors])


def _open(
    case: Case, prints: Prints | None, *, supersedes: Submission | None, actor: Actor, at: datetime
) -> Submission:
    agency = case.agency
    plan = _plan(case, prints, at)
    eft = prints.eft if prints else None
    submission = Submission(
        case=case,
        document=prints.document if prints else None,
        tcn=build_tcn(agency.state, at.astimezone(agency.zone).date(), _next_number()),
        tot=eft.tot if eft else NO_PRINTS_TOT,
        ndr=list(plan.ndr),
        dropped_ndr=list(plan.dropped_ndr),
        oca=(eft.oca or "") if eft else "",
        cri=list(eft.cri) if eft else [],
        policy_codes=list(plan.policy_codes),
        state=_first_state(plan),
        supersedes=supersedes,
        opened_at=at,
    )
    insert([submission])
    _expect_answers(submission, plan, at)
    _note_opened(submission, plan, actor=actor, at=at)
    if prints and plan.is_sent:
        _queue(submission, prints, plan, at)
    return submission


def _plan(case: Case, prints: Prints | None, at: datetime) -> Plan:
    agency = case.agency
    facts = BookingFacts(
        birth_date=case.person.birth_date,
        booked_on=case.opened_at.astimezone(agency.zone).date(),
        tot=prints.eft.tot if prints else NO_PRINTS_TOT,
        ndr=tuple(str(code) for code in prints.eft.ndr) if prints else (),
        has_prints=prints is not None,
        place=Place(state=agency.state, county=agency.county, city=agency.city),
    )
    return plan_submission(facts, load_policies(conf.policy_file()))


def _first_state(plan: Plan) -> SubmissionState:
    waited_for = any(state.is_waited_for for _, state, _ in plan.answers)
    return SubmissionState.OPEN if waited_for else SubmissionState.SETTLED


def _expect_answers(submission: Submission, plan: Plan, at: datetime) -> None:
    times = conf.answer_times()
    insert(
        [
            ExpectedAnswer(
                submission=submission,
                source=source,
                state=state,
                reason=reason,
                due_at=at + times.of(source) if state is AnswerState.WAITING else None,
            )
            for source, state, reason in plan.answers
        ]
    )


def _queue(submission: Submission, prints: Prints, plan: Plan, at: datetime) -> None:
    """The transmission and, when they are not held back, the hints that let workers begin."""
    agency: Agency = submission.case.agency
    outgoing = with_tcn(
        prints.content,
        tcn=submission.tcn,
        dai=_bureau_ori(agency) or prints.eft.dai,
        ori=agency.ori or prints.eft.ori,
        ndr=[int(code) for code in plan.ndr] if plan.dropped_ndr else None,
        transaction=prints.eft.transaction,
    )
    stored = split_outgoing(prints.content, outgoing)
    held_back = plan.held_back_reason
    hinted_at = at if conf.gives_hints() and not held_back else None
    public_id = uuid4()
    transmission = Transmission(
        public_id=public_id,
        submission=submission,
        state=TransmissionState.HELD_BACK if held_back else TransmissionState.QUEUED,
        held_back_reason=held_back,
        outgoing_head=sealed_head(stored.head, transmission=public_id, document=prints.document),
        outgoing_tail=stored.tail,
        outgoing_sha256=stored.sha256,
        next_attempt_at=at,
        hinted_at=hinted_at,
        created_at=at,
    )
    insert([transmission])
    if held_back:
        note_held_back(transmission, submission, at=at)
    else:
        hints.after_commit(hints.SEND, transmission.pk)
    if conf.searches_prints():
        search = PrintSearch.objects.create(
            submission=submission,
            state=SearchState.HELD_BACK if held_back else SearchState.QUEUED,
            held_back_reason=held_back,
            next_attempt_at=at,
            hinted_at=hinted_at,
            created_at=at,
        )
        if not held_back:
            hints.after_commit(hints.SEARCH, search.pk)


def _bureau_ori(agency: Agency) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ori FROM {Agency._meta.db_table} WHERE kind = %s AND state = %s ORDER BY id LIMIT 1",
            [Agency.Kind.STATE_BUREAU.value, agency.state],
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _note_opened(submission: Submission, plan: Plan, *, actor: Actor, at: datetime) -> None:
    states = {source.value: state.value for source, state, _ in plan.answers}
    note(
        events.SUBMISSION_OPENED,
        submission,
        actor=actor,
        at=at,
        facts={
            "tot": submission.tot,
            "asked": _asked(plan),
            "ndr": list(plan.ndr),
            "dropped_ndr": list(plan.dropped_ndr),
            "policies": list(plan.policy_codes),
            "held_back_reason": plan.held_back_reason,
            "answers": states,
        },
    )


def _asked(plan: Plan) -> str:
    names = {Source.STATE: "the state bureau", Source.FBI: "the FBI", Source.DHS: "DHS"}
    expected = [names[source] for source, state, _ in plan.answers if state is not AnswerState.NOT_EXPECTED]
    if not expected:
        return "no answer is expected"
    listed = " and ".join([", ".join(expected[:-1]), expected[-1]] if len(expected) > 1 else expected)
    return f"answers of {listed} are expected" + (
        " once a supervisor lets it go out" if plan.held_back_reason else ""
    )


def _set_aside(old: Submission, *, actor: Actor, at: datetime) -> None:
    """Supersede a submission: its answers no longer count, and what has not gone out stays here. Old rows are all kept."""
    states = {move.source for move in SUBMISSION_MOVES if move.action == "reprint"}
    if old.state not in states:
        check_move(
            SUBMISSION_MOVES,
            old.state,
            SubmissionState.SUPERSEDED,
            "reprint",
            actor=actor,
            agency=old.case.agency_id,
        )
    old.state = SubmissionState.SUPERSEDED
    old.save(update_fields=["state"])
    movable = {move.source for move in ANSWER_MOVES if move.action == "reprint"}
    old.answers.filter(state__in=movable).update(state=AnswerState.SUPERSEDED)
    cancel_transmissions(old, actor=SYSTEM, at=at)
    cancel_search(old)
    FingerTemplate.objects.live().filter(submission=old).update(
        retired_at=at, retired_reason="Newer prints were taken."
    )
    note(events.SUBMISSION_SUPERSEDED, old, actor=actor, at=at, changed=["state"])


def _next_number() -> int:
    """The next number of the database sequence: never given twice, also to transactions that run at the same time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('matching_tcn_seq')")
        return int(cursor.fetchone()[0])
