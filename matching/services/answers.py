"""Answers: what the replies of one source say together, what a person coded, and what is late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.permissions import Permission, check_permission
from audit import bulk
from audit.bulk import Entry
from audit.record import JsonValue, Ref
from matching import conf, events
from matching.errors import NothingToCode
from matching.models import ExpectedAnswer, Reply, Submission
from matching.policies import Outcome, contradicts, resolve_answer
from matching.services.common import SYSTEM, check_move, lock_submission, need_person, need_reason, note, ref
from matching.services.writes import write_answers, write_submission_states
from matching.states import (
    ANSWER_MOVES,
    IAR_MEANINGS,
    SUBMISSION_MOVES,
    AnswerState,
    ReplyState,
    Source,
    SubmissionState,
)


def lock_answers(submissions: Iterable[Submission]) -> dict[int, dict[str, ExpectedAnswer]]:
    """All answers of these submissions by source, under a lock. The caller holds the submissions' locks."""
    found: dict[int, dict[str, ExpectedAnswer]] = defaultdict(dict)
    rows = ExpectedAnswer.objects.select_for_update().filter(submission__in=list(submissions)).order_by("pk")
    for answer in rows:
        found[answer.submission_id][answer.source] = answer
    return found


@dataclass
class Changes:
    """What replies change: rows still to be written and events still to be noted, in their order, by one statement each.

    The caller holds the locks of the submissions and of their answers until `write`.
    """

    answers: dict[int, ExpectedAnswer] = field(default_factory=dict)
    submissions: dict[int, Submission] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def note(
        self,
        action: str,
        submission: Submission,
        *,
        at: datetime,
        facts: Mapping[str, JsonValue] | None = None,
        changed: Sequence[str] = (),
        subject: Ref | None = None,
    ) -> None:
        """An event of this submission, by the system."""
        self.entries.append(
            Entry(
                action=action,
                subject=subject or ref("submission", submission.public_id),
                case=submission.case.public_id,
                agency=submission.case.agency.public_id,
                occurred_at=at,
                changed=changed,
                facts={"submission": str(submission.public_id), **(facts or {})},
            )
        )

    def write(self) -> None:
        """Write everything. Replies that answers name are stored already."""
        write_answers(list(self.answers.values()))
        write_submission_states(list(self.submissions.values()))
        bulk.events(self.entries, actor=SYSTEM)


def settle_from_replies(
    submission: Submission,
    *,
    latest: Reply,
    answers: Mapping[str, ExpectedAnswer],
    said: Collection[Outcome],
    changes: Changes,
    at: datetime,
) -> None:
    """Work out one source's answer again from all its attached replies; the order in which they came does not matter.

    `said` is what all attached replies of the source of `latest` say, `latest` included.
    """
    source = Source(latest.source)
    answer = answers[source]
    current = answer.answer_state
    target = resolve_answer(source, current, said)
    if contradicts(current, said) and latest.outcome in (Outcome.IDENTIFICATION, Outcome.NON_IDENTIFICATION):
        changes.note(
            events.ANSWER_CONTRADICTED,
            submission,
            at=at,
            facts={
                "source": source.value,
                "source_name": events.SOURCE_NAMES[source],
                "reply": str(latest.public_id),
            },
        )
    if target is not current:
        _move_by_reply(answer, submission, target, latest, changes, at)
    refresh_submission(submission, answers.values(), changes=changes, at=at)


def outcomes_of(submissions: Iterable[Submission]) -> dict[tuple[int, str], set[Outcome]]:
    """What the attached replies of these submissions say, by submission and source."""
    found: dict[tuple[int, str], set[Outcome]] = defaultdict(set)
    attached = Reply.objects.filter(submission__in=list(submissions), state=ReplyState.ATTACHED)
    for submission_id, source, outcome in attached.values_list("submission_id", "source", "outcome"):
        found[submission_id, source].add(Outcome(outcome))
    return found


def _move_by_reply(
    answer: ExpectedAnswer,
    submission: Submission,
    target: AnswerState,
    latest: Reply,
    changes: Changes,
    at: datetime,
) -> None:
    previous = answer.state
    check_move(ANSWER_MOVES, previous, target, "record_reply", actor=SYSTEM, agency=submission.case.agency_id)
    answer.state = target
    answer.reply = latest
    answer.reason = ""
    answer.settled_at = at
    answer.late_noted_at = None
    if target is AnswerState.AWAITING_IAR:
        answer.due_at = at + conf.answer_times().of(Source.DHS)
    changes.answers[answer.pk] = answer
    changes.note(
        events.ANSWER_SETTLED,
        submission,
        at=at,
        changed=["state"],
        subject=ref("answer", answer.public_id),
        facts={
            "source": answer.source,
            "source_name": events.SOURCE_NAMES[answer.source],
            "state": target.value,
            "state_words": events.ANSWER_WORDS[target],
            "previous": str(previous),
            "is_finding": target.is_finding,
            "reply": str(latest.public_id),
        },
    )


def refresh_submission(
    submission: Submission, answers: Iterable[ExpectedAnswer], *, changes: Changes, at: datetime
) -> None:
    """Settle a submission when no more answer is waited for, and open it again when one is."""
    if submission.state == SubmissionState.SUPERSEDED:
        return
    waited_for = any(answer.answer_state.is_waited_for for answer in answers)
    target = SubmissionState.OPEN if waited_for else SubmissionState.SETTLED
    if submission.state == target:
        return
    action = "reopen" if waited_for else "settle"
    check_move(
        SUBMISSION_MOVES, submission.state, target, action, actor=SYSTEM, agency=submission.case.agency_id
    )
    submission.state = target
    changes.submissions[submission.pk] = submission
    name = events.SUBMISSION_REOPENED if waited_for else events.SUBMISSION_SETTLED
    changes.note(name, submission, at=at, changed=["state"])


def code_iar(*, submission_id: int, actor: Actor, at: datetime, meaning: str, reason: str) -> ExpectedAnswer:
    """Record what the immigration response says, as a person read it. Coding again corrects it, with a new
    reason.

    Raises PersonNeeded, NotPermitted, Invalid, NothingToCode (no response is attached), IllegalMove.
    """
    need_person(actor)
    if meaning not in IAR_MEANINGS:
        raise Invalid(
            "Choose what the response says: no interest, interest, or citizen or lawful.", field="meaning"
        )
    target = AnswerState(meaning)
    with transaction.atomic():
        submission = lock_submission(submission_id)
        check_permission(actor, Permission.IAR_CODE, submission.case.agency)
        text = need_reason(reason)
        if Outcome.IMMIGRATION_RESPONSE not in outcomes_of([submission])[submission.pk, Source.DHS]:
            raise NothingToCode(
                "No immigration response is attached to this check, so there is nothing to record."
            )
        answers = lock_answers([submission])[submission.pk]
        answer = answers[Source.DHS]
        previous = answer.answer_state
        action = "recode_iar" if previous in IAR_MEANINGS else "code_iar"
        check_move(ANSWER_MOVES, previous, target, action, actor=actor, agency=submission.case.agency_id)
        answer.state, answer.coded_by, answer.coded_reason = target, actor.label, text
        answer.settled_at, answer.late_noted_at = at, None
        answer.save(update_fields=["state", "coded_by", "coded_reason", "settled_at", "late_noted_at"])
        _note_coded(submission, answer, previous, actor=actor, at=at, reason=text)
        changes = Changes()
        refresh_submission(submission, answers.values(), changes=changes, at=at)
        changes.write()
    return answer


def _note_coded(
    submission: Submission,
    answer: ExpectedAnswer,
    previous: AnswerState,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
) -> None:
    note(
        events.IAR_CODED,
        submission,
        actor=actor,
        at=at,
        reason=reason,
        changed=["state"],
        subject=ref("answer", answer.public_id),
        facts={
            "meaning": answer.state,
            "meaning_words": events.ANSWER_WORDS[answer.state],
            "previous": previous.value,
            "is_correction": previous in IAR_MEANINGS,
        },
    )


def mark_overdue(*, at: datetime, limit: int = 500) -> int:
    """Note every answer whose usual time has passed; each row once, by whichever sweep gets it. Returns how
    many.

    An answer that waits only for the immigration response keeps its state, because the identification was a
    finding.
    """
    noted = 0
    for answer_id in list(
        ExpectedAnswer.objects.late(at).order_by("due_at").values_list("pk", flat=True)[:limit]
    ):
        noted += _note_late(answer_id, at)
    return noted


def _note_late(answer_id: int, at: datetime) -> int:
    with transaction.atomic():
        answer = (
            ExpectedAnswer.objects.late(at)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("submission__case__agency")
            .filter(pk=answer_id)
            .first()
        )
        if answer is None:
            return 0
        previous = answer.answer_state
        if previous is AnswerState.WAITING:
            check_move(
                ANSWER_MOVES,
                previous,
                AnswerState.OVERDUE,
                "mark_overdue",
                actor=SYSTEM,
                agency=answer.submission.case.agency_id,
            )
            answer.state = AnswerState.OVERDUE
        answer.late_noted_at = at
        answer.save(update_fields=["state", "late_noted_at"])
        note(
            events.ANSWER_OVERDUE,
            answer.submission,
            actor=SYSTEM,
            at=at,
            subject=ref("answer", answer.public_id),
            facts={
                "source": answer.source,
                "source_name": events.SOURCE_NAMES[answer.source],
                "state": answer.state,
                "due_at": answer.due_at.isoformat() if answer.due_at else "",
            },
        )
    return 1


def release_answers(
    answers: Iterable[ExpectedAnswer], submission: Submission, *, actor: Actor, at: datetime
) -> None:
    """The held-back answers of a submission are expected from now."""
    times = conf.answer_times()
    for answer in answers:
        if answer.state == AnswerState.HELD_BACK:
            check_move(
                ANSWER_MOVES,
                answer.state,
                AnswerState.WAITING,
                "release",
                actor=actor,
                agency=submission.case.agency_id,
            )
            answer.state, answer.reason = AnswerState.WAITING, ""
            answer.due_at = at + times.of(Source(answer.source))
            answer.save(update_fields=["state", "reason", "due_at"])
