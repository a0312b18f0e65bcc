"""What every service of matching shares: the check of a move, and the note in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.actors import Actor, system
from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from accounts.models import Agency
from accounts.permissions import check_permission
from audit import record
from audit.record import JsonValue, Ref
from matching.errors import PersonNeeded
from matching.models import Submission
from matching.states import Move, find_move

SYSTEM: Final = system("matching")


def check_move(
    moves: Iterable[Move], source: str, target: str, action: str, *, actor: Actor, agency: Agency | int
) -> Move:
    """The table's move, when it exists and this actor may make it.

    Raises NotPermitted before IllegalMove, so that an outsider learns nothing of the state.
    """
    table = tuple(moves)
    permissions = {move.permission for move in table if move.action == action}
    for permission in permissions:
        if permission is not None:
            check_permission(actor, permission, agency)
        elif actor.kind != "system":
            raise NotPermitted(f"'{action.replace('_', ' ')}' is recorded by the system, not by a person.")
    move = find_move(table, source, target, action)
    if move is None:
        words = (action, source, target)
        raise IllegalMove("'{}' is not possible: it is {} and cannot become {}.".format(*map(_plain, words)))
    return move


def _plain(word: str) -> str:
    return str(word).replace("_", " ")


def need_person(actor: Actor) -> None:
    """Raise PersonNeeded unless a signed-in person acts: neither a machine nor the system decides this."""
    if actor.kind != "user" or not actor.id:
        raise PersonNeeded("Only a person who has signed in may decide this.")


def need_reason(reason: str, *, field: str = "reason", longest: int = 500) -> str:
    """The reason without blanks around it. Raises Invalid when there is none, or too much."""
    text = reason.strip()
    if not text:
        raise Invalid("Enter a reason.", field=field, code="required")
    if len(text) > longest:
        raise Invalid(
            f"The reason has {len(text)} characters. Enter at most {longest}.", field=field, code="too_long"
        )
    return text


def lock_submission(submission_id: int) -> Submission:
    """One submission under a row lock, with its case and agency. Raises NotFound.

    Rows that only name it may still be written: two searches that propose each other never wait for one another.
    """
    found: Submission | None = (
        Submission.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case__agency", "case__person")
        .filter(pk=submission_id)
        .first()
    )
    if found is None:
        raise NotFound(f"There is no submission {submission_id}.")
    return found


def note(
    action: str,
    submission: Submission,
    *,
    actor: Actor,
    at: datetime,
    facts: Mapping[str, JsonValue] | None = None,
    reason: str = "",
    changed: Iterable[str] = (),
    subject: Ref | None = None,
) -> None:
    """Record an event of this submission in the caller's transaction."""
    record.event(
        action,
        actor=actor,
        subject=subject or Ref("submission", submission.public_id),
        case=submission.case.public_id,
        agency=submission.case.agency.public_id,
        occurred_at=at,
        reason=reason,
        changed=list(changed),
        facts={"submission": str(submission.public_id), **(facts or {})},
    )


def ref(type_: str, public_id: UUID) -> Ref:
    return Ref(type_, public_id)
