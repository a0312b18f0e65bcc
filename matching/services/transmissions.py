"""The way out: claim a transmission, send it outside any transaction, record what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import NotFound
from audit import failpoints, record
from cases.services.documents import Unreadable
from matching import conf, events, hints
from matching.errors import NoGateway, OutgoingChanged
from matching.models import Submission, Transmission
from matching.policies import REASONS
from matching.ports import GatewayError, Permanent, Receipt, Transient, gateway_for
from matching.services import leases, writes
from matching.services.answers import release_answers
from matching.services.common import SYSTEM, check_move, lock_submission, need_person, need_reason, note, ref
from matching.services.searches import release_search
from matching.states import TRANSMISSION_MOVES, SubmissionState, TransmissionState

Clock = Callable[[], datetime]


def claim_transmission(*, transmission_id: int, owner: str, at: datetime) -> Transmission | None:
    """Take this transmission for a limited time, or None when it is not due or another worker has it."""
    queryset, lasts = Transmission.objects.all(), conf.lease()
    row: Transmission | None = leases.take(queryset, owner=owner, at=at, lasts=lasts, row_id=transmission_id)
    return row


def claim_next_transmission(*, owner: str, at: datetime) -> Transmission | None:
    """Take the transmission that has been due longest, or None."""
    queryset = Transmission.objects.all()
    row: Transmission | None = leases.take(queryset, owner=owner, at=at, lasts=conf.lease())
    return row


def send(transmission: Transmission) -> Receipt:
    """Hand the file to the peer. Call it outside any transaction. Raises Transient or Permanent.

    The bytes are the same at every try, so the peer knows a repetition by them and answers with the same
    control number.
    """
    try:
        content = transmission.outgoing_bytes()
        gateway = gateway_for(transmission.peer)
    except OutgoingChanged as error:
        raise Permanent(
            error.code, "The stored file is not the one that was prepared. Nothing was sent."
        ) from error
    except Unreadable as error:
        # Without the key nothing can be said of the file: it is tried again. An erased or damaged one is not.
        kind = Transient if error.status == 503 else Permanent
        raise kind(f"sealed_{error.code}", error.message) from error
    except NoGateway as error:
        raise Transient(error.code, "No connection to this peer is set up.") from error
    return gateway.send(content=content, sha256=transmission.outgoing_sha256)


def carry_transmission(*, transmission_id: int, owner: str, clock: Clock) -> TransmissionState | None:
    """Claim, send, record. Returns the state it reached, or None when there was nothing to do."""
    return _carry(claim_transmission(transmission_id=transmission_id, owner=owner, at=clock()), owner, clock)


def carry_due_transmissions(*, owner: str, clock: Clock, limit: int = 100) -> int:
    """Send what is due, one after the other, without a broker. Returns how many were tried."""
    for done in range(limit):
        if _carry(claim_next_transmission(owner=owner, at=clock()), owner, clock) is None:
            return done
    return limit


def _carry(transmission: Transmission | None, owner: str, clock: Clock) -> TransmissionState | None:
    if transmission is None:
        return None
    failpoints.reach("transmission.claimed", transmission.pk)
    try:
        receipt = send(transmission)
    except GatewayError as error:
        return record_failure(transmission_id=transmission.pk, owner=owner, error=error, at=clock())
    return record_sent(transmission_id=transmission.pk, receipt=receipt, at=clock())


def record_sent(*, transmission_id: int, receipt: Receipt, at: datetime) -> TransmissionState:
    """The peer has the file.

    Also when the lease had run out: it is a fact. A second receipt changes nothing.
    """
    with transaction.atomic():
        row = writes.lock_for_receipt(transmission_id)
        if row is None:
            raise NotFound(f"There is no transmission {transmission_id}.")
        target = TransmissionState.SENT
        if row.state == target:
            return target
        check_move(TRANSMISSION_MOVES, row.state, target, "record_sent", actor=SYSTEM, agency=row.agency_id)
        writes.write_receipt(row, control_number=receipt.control_number, at=at)
        record.event(
            events.TRANSMISSION_SENT,
            actor=SYSTEM,
            subject=ref("transmission", row.public_id),
            case=row.case,
            agency=row.agency,
            occurred_at=at,
            changed=["state"],
            facts={
                "submission": str(row.submission),
                "peer": row.peer,
                "state": target.value,
                "control_number": receipt.control_number,
                "attempts": row.attempts,
            },
        )
    return TransmissionState.SENT


def record_failure(
    *, transmission_id: int, owner: str, error: GatewayError, at: datetime
) -> TransmissionState:
    """The peer does not have the file.

    Try again later, or leave it to a person. Ignored when the lease is no longer ours.
    """
    with transaction.atomic():
        row = _lock(transmission_id)
        if row.state != TransmissionState.SENDING or row.lease_owner != owner:
            return TransmissionState(row.state)
        submission = _submission_of(row)
        leases.note_error(row, error.code, error.sentence)
        again = leases.put_back(row, at=at, tries=row.attempts)
        if submission.state == SubmissionState.SUPERSEDED:
            return _stop(row, submission, TransmissionState.CANCELLED, "cancel_superseded", at)
        if again is None or isinstance(error, Permanent):
            return _stop(row, submission, TransmissionState.FAILED, "give_up", at)
        _check(row, submission, TransmissionState.QUEUED, "retry_later", SYSTEM)
        row.state = TransmissionState.QUEUED
        row.save(update_fields=leases.ALL_FIELDS)
    return TransmissionState.QUEUED


def give_back_abandoned_transmission(*, transmission_id: int, at: datetime) -> TransmissionState | None:
    """The worker of this transmission vanished: queue it again, or set it aside when that happened too often.

    None when somebody else is at it, or it is no longer abandoned.
    """
    with transaction.atomic():
        row: Transmission | None = (
            Transmission.objects.abandoned(at)
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk=transmission_id)
            .first()
        )
        if row is None:
            return None
        submission = _submission_of(row)
        row.deaths += 1
        leases.note_error(row, "worker_vanished", "The worker that was sending it did not report back.")
        leases.put_back_from_the_dead(row, at=at)
        if submission.state == SubmissionState.SUPERSEDED:
            return _stop(row, submission, TransmissionState.CANCELLED, "cancel_superseded", at)
        if row.deaths >= conf.poison_after():
            return _stop(row, submission, TransmissionState.QUARANTINED, "quarantine", at)
        _check(row, submission, TransmissionState.QUEUED, "retry_later", SYSTEM)
        row.state = TransmissionState.QUEUED
        row.save(update_fields=leases.ALL_FIELDS)
    return TransmissionState.QUEUED


def release_transmission(*, transmission_id: int, actor: Actor, at: datetime, reason: str) -> Transmission:
    """Let held-back prints go out. Raises PersonNeeded, NotPermitted, Invalid, IllegalMove, NotFound."""
    need_person(actor)
    with transaction.atomic():
        row, submission = _lock_with_submission(transmission_id)
        _check(row, submission, TransmissionState.QUEUED, "release", actor)
        text = need_reason(reason)
        row.state = TransmissionState.QUEUED
        leases.start_over(row, at=at)
        row.save(update_fields=leases.ALL_FIELDS)
        release_answers(submission.answers.select_for_update(), submission, actor=actor, at=at)
        release_search(submission, actor=actor, at=at)
        _note(
            events.TRANSMISSION_RELEASED,
            row,
            submission,
            at=at,
            actor=actor,
            reason=text,
            facts={"held_back_reason": row.held_back_reason},
        )
        hints.after_commit(hints.SEND, row.pk)
    return row


def retry_transmission(*, transmission_id: int, actor: Actor, at: datetime, reason: str) -> Transmission:
    """Send a failed or set-aside transmission again, with a fresh count of tries.

    Raises NotPermitted, Invalid, IllegalMove, NotFound.
    """
    with transaction.atomic():
        row, submission = _lock_with_submission(transmission_id)
        _check(row, submission, TransmissionState.QUEUED, "retry", actor)
        text = need_reason(reason)
        row.state = TransmissionState.QUEUED
        leases.start_over(row, at=at)
        row.save(update_fields=leases.ALL_FIELDS)
        _note(events.TRANSMISSION_RETRIED, row, submission, at=at, actor=actor, reason=text)
        hints.after_commit(hints.SEND, row.pk)
    return row


def cancel_transmissions(submission: Submission, *, actor: Actor, at: datetime) -> None:
    """Stop what has not gone out of a superseded submission. One that is being sent is left to its worker."""
    stoppable = {move.source for move in TRANSMISSION_MOVES if move.action == "reprint"}
    for row in Transmission.objects.select_for_update().filter(submission=submission, state__in=stoppable):
        row.state = TransmissionState.CANCELLED
        row.save(update_fields=["state"])
        _note(events.TRANSMISSION_CANCELLED, row, submission, at=at, actor=actor)


_STOPPED = {
    TransmissionState.FAILED: events.TRANSMISSION_FAILED,
    TransmissionState.QUARANTINED: events.TRANSMISSION_QUARANTINED,
    TransmissionState.CANCELLED: events.TRANSMISSION_CANCELLED,
}


def _stop(
    row: Transmission, submission: Submission, target: TransmissionState, action: str, at: datetime
) -> TransmissionState:
    _check(row, submission, target, action, SYSTEM)
    row.state = target
    row.save(update_fields=leases.ALL_FIELDS)
    _note(
        _STOPPED[target],
        row,
        submission,
        at=at,
        facts={
            "code": row.last_error_code,
            "why": row.last_error,
            "attempts": row.attempts,
            "deaths": row.deaths,
        },
    )
    return target


def note_held_back(row: Transmission, submission: Submission, *, at: datetime) -> None:
    _note(
        events.TRANSMISSION_HELD_BACK,
        row,
        submission,
        at=at,
        facts={"held_back_reason": row.held_back_reason, "why": REASONS[row.held_back_reason]},
    )


def _lock(transmission_id: int) -> Transmission:
    """The row under a lock."""
    rows = Transmission.objects.select_for_update(of=("self",)).defer("outgoing_head")
    row: Transmission | None = rows.filter(pk=transmission_id).first()
    if row is None:
        raise NotFound(f"There is no transmission {transmission_id}.")
    return row


def _lock_with_submission(transmission_id: int) -> tuple[Transmission, Submission]:
    """Submission first, then transmission: the order of every service that needs both."""
    submission_id = (
        Transmission.objects.filter(pk=transmission_id).values_list("submission_id", flat=True).first()
    )
    if submission_id is None:
        raise NotFound(f"There is no transmission {transmission_id}.")
    submission = lock_submission(submission_id)
    return _lock(transmission_id), submission


def _submission_of(row: Transmission) -> Submission:
    """Read after the row is locked, so that a re-print that was just committed is seen."""
    submission: Submission = Submission.objects.select_related("case__agency").get(pk=row.submission_id)
    return submission


def _check(row: Transmission, submission: Submission, target: str, action: str, actor: Actor) -> None:
    check_move(TRANSMISSION_MOVES, row.state, target, action, actor=actor, agency=submission.case.agency_id)


def _note(
    action: str,
    row: Transmission,
    submission: Submission,
    *,
    at: datetime,
    actor: Actor = SYSTEM,
    reason: str = "",
    facts: dict[str, str | int] | None = None,
) -> None:
    note(
        action,
        submission,
        actor=actor,
        at=at,
        reason=reason,
        changed=["state"],
        subject=ref("transmission", row.public_id),
        facts={"peer": row.peer, "state": row.state, **(facts or {})},
    )
