"""Many changed rows in one statement each: what a batch of answers or of sent files needs. The triggers judge each row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from matching.models import ExpectedAnswer, Submission

_ANSWERS = """
    UPDATE matching_expectedanswer AS row
       SET state = x.state, reply_id = x.reply_id, reason = x.reason, settled_at = x.settled_at,
           late_noted_at = x.late_noted_at, due_at = x.due_at
      FROM jsonb_to_recordset(%s::jsonb) AS x(
           id bigint, state text, reply_id bigint, reason text, settled_at timestamptz,
           late_noted_at timestamptz, due_at timestamptz)
     WHERE row.id = x.id
"""
_SUBMISSIONS = """
    UPDATE matching_submission AS row SET state = x.state
      FROM jsonb_to_recordset(%s::jsonb) AS x(id bigint, state text)
     WHERE row.id = x.id
"""

_LOCK_FOR_RECEIPT = """
    SELECT sent.id, sent.public_id, sent.state, sent.peer, sent.attempts, submission.public_id AS submission,
           held.public_id AS "case", agency.public_id AS agency, agency.id AS agency_id
      FROM matching_transmission sent
      JOIN matching_submission submission ON submission.id = sent.submission_id
      JOIN cases_case held ON held.id = submission.case_id
      JOIN accounts_agency agency ON agency.id = held.agency_id
     WHERE sent.id = %s FOR UPDATE OF sent
"""
_RECEIPT = """
    UPDATE matching_transmission
       SET state = 'sent', control_number = %s, sent_at = %s, lease_owner = '', lease_until = NULL,
           last_error_code = '', last_error = ''
     WHERE id = %s
"""


class Sending(NamedTuple):
    """What the recording of a receipt asks of a transmission, and the public ids its event names."""

    id: int
    public_id: UUID
    state: str
    peer: str
    attempts: int
    submission: UUID
    case: UUID
    agency: UUID
    agency_id: int


def lock_for_receipt(transmission_id: int) -> Sending | None:
    """The transmission under a lock, or None. What belongs to it comes unlocked."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_FOR_RECEIPT, [transmission_id])
        row = cursor.fetchone()
    return Sending(*row) if row else None


def write_receipt(sending: Sending, *, control_number: str, at: datetime) -> None:
    """The peer has the file: state, number and instant, and no lease or error any more. The caller holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPT, [control_number, at, sending.id])


def write_answers(answers: Sequence[ExpectedAnswer]) -> None:
    """Write what replies change of answers: state, reply, reason and times. The caller holds their locks."""
    rows = [
        {
            "id": answer.pk,
            "state": answer.state,
            "reply_id": answer.reply.pk if answer.reply else None,
            "reason": answer.reason,
            "settled_at": _text(answer.settled_at),
            "late_noted_at": _text(answer.late_noted_at),
            "due_at": _text(answer.due_at),
        }
        for answer in answers
    ]
    _run(_ANSWERS, rows)


def write_submission_states(submissions: Sequence[Submission]) -> None:
    """Write the states of submissions. The caller holds their locks."""
    _run(_SUBMISSIONS, [{"id": submission.pk, "state": submission.state} for submission in submissions])


def _run(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [json.dumps(rows)])


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
