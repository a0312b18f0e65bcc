"""What comes back: attached to the check it answers when every key agrees, set aside for a person otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import connection, transaction

from accounts.actors import Actor
from accounts.errors import IllegalMove, Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import record
from cases.identifiers import PersonIdentifier
from cases.services import content_of, store_document
from cases.services.identifiers import is_usable, record_identifiers
from matching import events
from matching.models import ExpectedAnswer, Reply, Submission
from matching.policies import Outcome, correlation_problem
from matching.reading import ReadReply, read_reply
from matching.services.answers import lock_answers, settle_from_replies
from matching.services.common import SYSTEM, check_move, lock_submission, need_person, need_reason, note, ref
from matching.states import REPLY_MOVES, AnswerState, ReplyState, Source

KIND: Final = "reply_eft"
MEDIA_TYPE: Final = "application/octet-stream"
_HANDLED_FIELDS: Final = ("handled_by", "handled_at", "handled_reason")


@dataclass(frozen=True)
class Recorded:
    """What became of a message. A message that was received before is `is_new=False` and changed nothing."""

    reply: Reply
    is_new: bool


def record_reply(
    *, peer: str, message_id: str, content: bytes, at: datetime, unreadable_reason: str = ""
) -> Recorded:
    """Store a received message unchanged and work out what it settles, in one transaction.

    1 the same message again changes nothing; 2 the same message number with other content is set aside; 3 a message is
    attached only when TCR, OCA and CRI agree with what we sent; 4 the answer of its source is worked out from all replies
    together. `unreadable_reason` sets a message aside without reading it, after reading it failed again and again.
    """
    with transaction.atomic():
        return record_reply_here(
            peer=peer, message_id=message_id, content=content, at=at, unreadable_reason=unreadable_reason
        )


def record_reply_here(
    *, peer: str, message_id: str, content: bytes, at: datetime, unreadable_reason: str = ""
) -> Recorded:
    """`record_reply` in the caller's transaction: a batch stands or falls as one."""
    read = ReadReply(problem=unreadable_reason) if unreadable_reason else read_reply(content)
    digest = sha256(content).hexdigest()
    _one_at_a_time(peer, read.message_tcn or digest)
    same_number = _with_same_number(peer, read.message_tcn, digest)
    for reply in same_number:
        if reply.sha256 == digest:
            return Recorded(reply, is_new=False)
    submission = _lock_answered(read)
    answers = lock_answers(submission) if submission else {}
    problem = _problem_of(read, submission, answers, is_number_taken=bool(same_number))
    reply = _store(peer, message_id, content, digest, read, submission, problem, at)
    if problem:
        _note_quarantined(reply, at)
    elif submission is not None:
        _apply(reply, submission, answers, at)
        _keep_identifiers(read, submission, at)
    return Recorded(reply, is_new=True)


def _keep_identifiers(read: ReadReply, submission: Submission, at: datetime) -> None:
    """The numbers an identification gives, on the case. One without its kind's form stays in the message alone."""
    values = {kind: value for kind, value in read.identifiers if is_usable(kind, value)}
    if values and read.outcome == Outcome.IDENTIFICATION:
        source = PersonIdentifier.Source.REPLY
        record_identifiers(case_id=submission.case_id, values=values, source=source, actor=SYSTEM, at=at)


def _one_at_a_time(peer: str, message_tcn: str) -> None:
    """Two collectors that bring the same message number wait for each other, so that each sees what the other stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"reply:{peer}:{message_tcn}"]
        )


def _with_same_number(peer: str, message_tcn: str, digest: str) -> list[Reply]:
    """What this peer sent before under this message number; of messages without one, those with the same bytes."""
    known = Reply.objects.filter(peer=peer, message_tcn=message_tcn)
    return list(known if message_tcn else known.filter(sha256=digest))


def _lock_answered(read: ReadReply) -> Submission | None:
    """The submission whose TCN a message repeats, under a lock."""
    found: Submission | None = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("case__agency")
        .filter(tcn=read.tcr)
        .first()
        if read.tcr
        else None
    )
    return found


def _problem_of(
    read: ReadReply,
    submission: Submission | None,
    answers: Mapping[str, ExpectedAnswer],
    *,
    is_number_taken: bool,
) -> str:
    """Why a message must be set aside, a key of events.QUARANTINE_REASONS, or '' when it may be attached."""
    if read.problem:
        return read.problem
    if is_number_taken:
        return "same_number_other_content"
    if submission is None:
        return "unknown_reference"
    problem = correlation_problem(submission.sent_keys, tcr=read.tcr, oca=read.oca, cri=read.cri)
    if not problem and answers[read.source].state == AnswerState.HELD_BACK:
        return "nothing_sent"
    return problem


def _store(
    peer: str,
    message_id: str,
    content: bytes,
    digest: str,
    read: ReadReply,
    submission: Submission | None,
    problem: str,
    at: datetime,
) -> Reply:
    agency = submission.case.agency if submission else _agency_named_in(read)
    document = store_document(
        actor=SYSTEM, agency=agency, kind=KIND, media_type=MEDIA_TYPE, content=content, channel=peer, at=at
    )
    reply: Reply = Reply.objects.create(
        submission=None if problem else submission,
        agency=agency,
        peer=peer,
        message_id=message_id[:40],
        message_tcn=read.message_tcn,
        tcr=read.tcr,
        tot=read.tot,
        sha256=digest,
        document=document,
        source=read.source,
        outcome=read.outcome,
        result_code=read.result_code,
        error_codes=list(read.error_codes),
        received_at=at,
        state=ReplyState.QUARANTINED if problem else ReplyState.ATTACHED,
        quarantine_reason=problem,
    )
    return reply


def _agency_named_in(read: ReadReply) -> Agency | None:
    return Agency.objects.filter(ori__in=[code for code in read.cri if code]).order_by("pk").first()


def _apply(reply: Reply, submission: Submission, answers: Mapping[str, ExpectedAnswer], at: datetime) -> None:
    if reply.outcome == Outcome.IMMIGRATION_RESPONSE:
        note(
            events.IAR_RECEIVED,
            submission,
            actor=SYSTEM,
            at=at,
            subject=ref("reply", reply.public_id),
            facts={"reply": str(reply.public_id)},
        )
    settle_from_replies(submission, latest=reply, answers=answers, at=at)


def _note_quarantined(reply: Reply, at: datetime) -> None:
    reason = reply.quarantine_reason
    record.event(
        events.REPLY_QUARANTINED,
        actor=SYSTEM,
        subject=ref("reply", reply.public_id),
        agency=reply.agency.public_id if reply.agency else None,
        occurred_at=at,
        facts={
            "reply": str(reply.public_id),
            "code": reason,
            "why": events.QUARANTINE_REASONS[reason],
            "is_alarm": reason == "same_number_other_content",
        },
    )


def attach_quarantined(
    *, reply_id: int, submission_id: int, actor: Actor, at: datetime, reason: str, source: str = ""
) -> Reply:
    """A person says which check a reply in quarantine answers, and, when the reply does not say, who answers.

    Raises PersonNeeded, NotPermitted, Invalid, IllegalMove, NotFound.
    """
    need_person(actor)
    with transaction.atomic():
        submission = lock_submission(submission_id)
        check_permission(actor, Permission.QUARANTINE_HANDLE, submission.case.agency)
        reply = _lock_quarantined(reply_id, actor)
        agency = submission.case.agency
        check_move(REPLY_MOVES, reply.state, ReplyState.ATTACHED, "attach", actor=actor, agency=agency)
        text = need_reason(reason)
        answers = lock_answers(submission)
        _check_attachable(reply, answers, source)
        reply.source = reply.source or source
        reply.state, reply.submission, reply.agency = ReplyState.ATTACHED, submission, agency
        _handled(reply, actor, at, text)
        reply.save(update_fields=["source", "state", "submission", "agency", *_HANDLED_FIELDS])
        note(
            events.REPLY_ATTACHED,
            submission,
            actor=actor,
            at=at,
            reason=text,
            changed=["state", "submission"],
            subject=ref("reply", reply.public_id),
            facts={"reply": str(reply.public_id), "code": reply.quarantine_reason},
        )
        _apply(reply, submission, answers, at)
        _keep_identifiers(read_reply(content_of(reply.document)), submission, at)
    return reply


def _check_attachable(reply: Reply, answers: Mapping[str, ExpectedAnswer], source: str) -> None:
    """A reply that was not understood has nothing to attach; one without a source needs a person's word for it."""
    if reply.outcome == Outcome.NOT_UNDERSTOOD:
        raise IllegalMove(
            "The message could not be understood, so it settles nothing. Ask the bureau for it again."
        )
    if not reply.source and source not in set(Source):
        raise Invalid("Choose who answers: state, fbi or dhs.", field="source")
    if answers[reply.source or source].state == AnswerState.HELD_BACK:
        raise IllegalMove("The prints of this check were not sent, so the reply cannot answer them.")


def dismiss_quarantined(*, reply_id: int, actor: Actor, at: datetime, reason: str) -> Reply:
    """A person says that a reply in quarantine is not ours.

    It stays stored. Raises as `attach_quarantined`.
    """
    need_person(actor)
    with transaction.atomic():
        reply = _lock_quarantined(reply_id, actor)
        if reply.state != ReplyState.QUARANTINED:
            raise IllegalMove(f"The reply is {reply.state}; only one in quarantine can be dismissed.")
        text = need_reason(reason)
        reply.state = ReplyState.DISMISSED
        _handled(reply, actor, at, text)
        reply.save(update_fields=["state", *_HANDLED_FIELDS])
        record.event(
            events.REPLY_DISMISSED,
            actor=actor,
            subject=ref("reply", reply.public_id),
            agency=reply.agency.public_id if reply.agency else None,
            occurred_at=at,
            reason=text,
            changed=["state"],
            facts={"reply": str(reply.public_id), "code": reply.quarantine_reason},
        )
    return reply


def _lock_quarantined(reply_id: int, actor: Actor) -> Reply:
    """The reply under a lock, if this actor may see it; the same NotFound for one that is out of sight."""
    visible = Reply.objects.visible_to(actor).filter(pk=reply_id).values_list("pk", flat=True)
    reply: Reply | None = (
        Reply.objects.select_for_update(of=("self",))
        .select_related("agency")
        .filter(pk__in=list(visible))
        .first()
    )
    if reply is None:
        raise NotFound(f"There is no reply {reply_id}.")
    if reply.agency is not None:
        check_permission(actor, Permission.QUARANTINE_HANDLE, reply.agency)
    return reply


def _handled(reply: Reply, actor: Actor, at: datetime, reason: str) -> None:
    reply.handled_by, reply.handled_at, reply.handled_reason = actor.label, at, reason
