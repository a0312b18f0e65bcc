"""What comes back: attached to the check it answers when every key agrees, set aside for a person otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import connection, transaction
from django.db.models import Q

from accounts.actors import Actor
from accounts.errors import IllegalMove, Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import record
from audit.bulk import Entry
from audit.inserts import insert
from cases.identifiers import PersonIdentifier
from cases.services import Received, content_of, received_entry, store_received
from cases.services.identifiers import is_usable, record_identifiers
from matching import events
from matching.models import ExpectedAnswer, Reply, Submission
from matching.policies import Outcome, correlation_problem
from matching.reading import ReadReply, read_reply
from matching.services.answers import Changes, lock_answers, outcomes_of, settle_from_replies
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


@dataclass(frozen=True)
class Message:
    """One message as fetched. `unreadable_reason` sets it aside unread, after reading it failed again and again."""

    message_id: str
    content: bytes = field(repr=False)
    unreadable_reason: str = ""


@dataclass(frozen=True)
class _Read:
    """A message with its digest and what it says."""

    message: Message
    digest: str
    reading: ReadReply

    @property
    def key(self) -> str:
        """What makes two messages of a peer the same one: the number, or the bytes of those without a number."""
        return self.reading.message_tcn or self.digest


def record_reply(
    *, peer: str, message_id: str, content: bytes, at: datetime, unreadable_reason: str = ""
) -> Recorded:
    """`record_replies` of one message."""
    message = Message(message_id, content, unreadable_reason)
    (recorded,) = record_replies(peer=peer, messages=[message], at=at)
    return recorded


def record_replies(*, peer: str, messages: Sequence[Message], at: datetime) -> list[Recorded]:
    """Store received messages unchanged and work out what they settle, in one transaction: all or none.

    1 the same message again changes nothing; 2 the same message number with other content is set aside; 3 a message is
    attached only when TCR, OCA and CRI agree with what we sent; 4 the answer of its source is worked out from all replies
    together. Rows are locked in one order: message numbers, submissions, answers.
    """
    read = [_read(message) for message in messages]
    with transaction.atomic():
        _one_at_a_time(peer, {item.key for item in read})
        batch = _Batch(peer=peer, at=at, known=_known(peer, read))
        batch.lock(read)
        recorded = [batch.take(item) for item in read]
        batch.write()
    return recorded


def _read(message: Message) -> _Read:
    reason = message.unreadable_reason
    reading = ReadReply(problem=reason) if reason else read_reply(message.content)
    return _Read(message, sha256(message.content).hexdigest(), reading)


def _one_at_a_time(peer: str, keys: set[str]) -> None:
    """Two collectors that bring the same message number wait for each other, so that each sees what the other stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key",
            [[f"reply:{peer}:{key}" for key in sorted(keys)]],
        )


def _known(peer: str, read: Sequence[_Read]) -> dict[str, list[Reply]]:
    """What this peer sent before under these message numbers; of messages without one, those with the same bytes."""
    numbers = {item.reading.message_tcn for item in read} - {""}
    digests = {item.digest for item in read if not item.reading.message_tcn}
    asked = Q(message_tcn__in=numbers)
    if digests:
        asked |= Q(message_tcn="", sha256__in=digests)
    found: dict[str, list[Reply]] = defaultdict(list)
    for reply in Reply.objects.filter(asked, peer=peer):
        found[reply.message_tcn or reply.sha256].append(reply)
    return found


@dataclass
class _Batch:
    """Messages of one peer being recorded together: what was known, what is locked, and what is still to be written."""

    peer: str
    at: datetime
    known: dict[str, list[Reply]]
    submissions: dict[str, Submission] = field(default_factory=dict)
    answers: dict[int, dict[str, ExpectedAnswer]] = field(default_factory=dict)
    said: dict[tuple[int, str], set[Outcome]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    identified: list[tuple[ReadReply, Submission]] = field(default_factory=list)

    def lock(self, read: Sequence[_Read]) -> None:
        """Lock the submissions whose TCN the messages repeat, then their answers."""
        numbers = {item.reading.tcr for item in read} - {""}
        rows = (
            Submission.objects.select_for_update(of=("self",))
            .select_related("case__agency")
            .filter(tcn__in=numbers)
            .order_by("pk")
        )
        self.submissions = {row.tcn: row for row in rows} if numbers else {}
        if self.submissions:
            self.answers = lock_answers(self.submissions.values())
            self.said = outcomes_of(self.submissions.values())

    def take(self, item: _Read) -> Recorded:
        """What becomes of one message, all before it taken."""
        same_number = self.known.setdefault(item.key, [])
        for reply in same_number:
            if reply.sha256 == item.digest:
                return Recorded(reply, is_new=False)
        submission = self.submissions.get(item.reading.tcr)
        answers = self.answers.get(submission.pk, {}) if submission else {}
        problem = _problem_of(item.reading, submission, answers, is_number_taken=bool(same_number))
        reply = self._store(item, submission, problem)
        same_number.append(reply)
        if problem:
            self._note_quarantined(reply)
        elif submission is not None:
            said = self.said.setdefault((submission.pk, reply.source), set())
            _apply(reply, submission, answers, said, self.changes, self.at)
            self.identified.append((item.reading, submission))
        return Recorded(reply, is_new=True)

    def _store(self, item: _Read, submission: Submission | None, problem: str) -> Reply:
        read = item.reading
        agency = submission.case.agency if submission else _agency_named_in(read)
        received = Received(
            agency=agency,
            kind=KIND,
            media_type=MEDIA_TYPE,
            content=item.message.content,
            channel=self.peer,
            sha256=item.digest,
        )
        self.received.append(received)
        self.changes.entries.append(received_entry(received, at=self.at))
        reply = Reply(
            submission=None if problem else submission,
            agency=agency,
            peer=self.peer,
            message_id=item.message.message_id[:40],
            message_tcn=read.message_tcn,
            tcr=read.tcr,
            tot=read.tot,
            sha256=item.digest,
            source=read.source,
            outcome=read.outcome,
            result_code=read.result_code,
            error_codes=list(read.error_codes),
            received_at=self.at,
            state=ReplyState.QUARANTINED if problem else ReplyState.ATTACHED,
            quarantine_reason=problem,
        )
        self.replies.append(reply)
        return reply

    def _note_quarantined(self, reply: Reply) -> None:
        reason = reply.quarantine_reason
        self.changes.entries.append(
            Entry(
                action=events.REPLY_QUARANTINED,
                subject=ref("reply", reply.public_id),
                agency=reply.agency.public_id if reply.agency else None,
                occurred_at=self.at,
                facts={
                    "reply": str(reply.public_id),
                    "code": reason,
                    "why": events.QUARANTINE_REASONS[reason],
                    "is_alarm": reason == "same_number_other_content",
                },
            )
        )

    def write(self) -> None:
        """Documents, replies, what they settle, and the events of it all."""
        documents = store_received(self.received, at=self.at)
        for reply, document in zip(self.replies, documents, strict=True):
            reply.document = document
        insert(self.replies)
        self.changes.write()
        for reading, submission in self.identified:
            _keep_identifiers(reading, submission, self.at)


def _keep_identifiers(read: ReadReply, submission: Submission, at: datetime) -> None:
    """The numbers an identification gives, on the case. One without its kind's form stays in the message alone."""
    values = {kind: value for kind, value in read.identifiers if is_usable(kind, value)}
    if values and read.outcome == Outcome.IDENTIFICATION:
        source = PersonIdentifier.Source.REPLY
        record_identifiers(case_id=submission.case_id, values=values, source=source, actor=SYSTEM, at=at)


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


def _agency_named_in(read: ReadReply) -> Agency | None:
    return Agency.objects.filter(ori__in=[code for code in read.cri if code]).order_by("pk").first()


def _apply(
    reply: Reply,
    submission: Submission,
    answers: Mapping[str, ExpectedAnswer],
    said: set[Outcome],
    changes: Changes,
    at: datetime,
) -> None:
    said.add(Outcome(reply.outcome))
    if reply.outcome == Outcome.IMMIGRATION_RESPONSE:
        changes.note(
            events.IAR_RECEIVED,
            submission,
            at=at,
            subject=ref("reply", reply.public_id),
            facts={"reply": str(reply.public_id)},
        )
    settle_from_replies(submission, latest=reply, answers=answers, said=said, changes=changes, at=at)


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
        answers = lock_answers([submission])[submission.pk]
        said = outcomes_of([submission])
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
        changes = Changes()
        _apply(reply, submission, answers, said[submission.pk, reply.source], changes, at)
        changes.write()
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
