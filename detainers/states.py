"""Detainer, hold, breach and duty as tables a lawyer can read; `docs/states` and PostgreSQL's guards follow them.

A move without a permission is made by the system when facts or the clock say so; all others need a named
person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from accounts.permissions import Permission


class DetainerState(StrEnum):
    """Where one detainer stands. Lifted: withdrawn by the issuing side. Cancelled: by a later form's box."""

    RECEIVED = "received"
    DEFICIENT = "deficient"
    SERVED = "served"
    LIFTED = "lifted"
    CANCELLED = "cancelled"


class HoldState(StrEnum):
    """What was recorded of a hold. Only the sweep reads it; whether it is in force, the clock says."""

    ACTIVE = "active"
    EXPIRED = "expired"
    LIFTED = "lifted"
    RELEASED = "released"
    ICE_CUSTODY = "ice_custody"
    TRANSFERRED = "transferred"
    DIED = "died"
    ESCAPED = "escaped"
    SUSPENDED = "suspended"
    EXCUSED = "excused"
    CORRECTED = "corrected"


class BreachState(StrEnum):
    """Custody without authority: running, over, or over with its cause and remedy recorded."""

    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"


class PolicyStage(StrEnum):
    """Where a row of law stands. What is in force on a day, its dates say; `ended`: somebody recorded its last day."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    IN_FORCE = "in_force"
    ENDED = "ended"
    DISCARDED = "discarded"


class DutyState(StrEnum):
    """One duty. Whether it is overdue, the clock says, never a stored state."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Move:
    """One permitted move: from where, to where, by which act, who may do it, and what it means."""

    source: str
    target: str
    action: str
    permission: Permission | None
    sentence: str


D = DetainerState
_GONE: Final = "The issuing side withdrew the detainer; any hold on it ends at once."
_REPLACED: Final = "A later form of the issuing side cancels this one; any hold on it ends at once."
DETAINER_MOVES: Final = (
    Move(
        D.RECEIVED,
        D.SERVED,
        "serve",
        Permission.DETAINER_SERVE,
        "A copy was given to the person, with a notice.",
    ),
    Move(
        D.DEFICIENT,
        D.DEFICIENT,
        "serve",
        Permission.DETAINER_SERVE,
        "A copy was given to the person; the form stays deficient.",
    ),
    *(
        Move(s, D.LIFTED, "lift", Permission.DETAINER_LIFT, _GONE)
        for s in (D.RECEIVED, D.DEFICIENT, D.SERVED)
    ),
    *(
        Move(s, D.CANCELLED, "cancel", Permission.DETAINER_REGISTER, _REPLACED)
        for s in (D.RECEIVED, D.DEFICIENT, D.SERVED)
    ),
    *(
        Move(
            source,
            target,
            "correct",
            None,
            "A correction of the recorded facts; another act never does this.",
        )
        for source in D
        for target in (D.RECEIVED, D.DEFICIENT, D.SERVED)
        if source is not target and (source, target) != (D.RECEIVED, D.SERVED)
    ),
)

H = HoldState
HOLD_MOVES: Final = (
    Move(H.ACTIVE, H.EXPIRED, "expire", None, "The deadline passed; nothing has to run for that to be true."),
    Move(H.ACTIVE, H.LIFTED, "lift", None, "The detainer under the hold was lifted or cancelled."),
    Move(H.ACTIVE, H.RELEASED, "release", None, "The person was released."),
    Move(H.ACTIVE, H.ICE_CUSTODY, "ice_pickup", None, "ICE took custody."),
    Move(H.ACTIVE, H.TRANSFERRED, "transfer", None, "Another agency took the person over."),
    Move(H.ACTIVE, H.DIED, "record_death", None, "The person died in custody."),
    Move(H.ACTIVE, H.ESCAPED, "record_escape", None, "The person escaped."),
    Move(
        H.ACTIVE,
        H.SUSPENDED,
        "add_ground",
        None,
        "A local ground carries the custody; it gives no new 48 hours.",
    ),
    Move(
        H.ACTIVE,
        H.EXCUSED,
        "withdraw",
        None,
        "The policy no longer allows the hold, as after proof of citizenship.",
    ),
    Move(
        H.ACTIVE,
        H.CORRECTED,
        "correct",
        None,
        "Two people corrected the facts under it; another hold follows from the facts as corrected.",
    ),
)

B = BreachState
BREACH_MOVES: Final = (
    Move(B.OPEN, B.ENDED, "end", None, "The person left, or an authority to hold began."),
    Move(B.ENDED, B.CLOSED, "close", Permission.BREACH_CLOSE, "Cause and remedy were recorded."),
)

P = PolicyStage
POLICY_MOVES: Final = (
    Move(
        P.DRAFT,
        P.IN_REVIEW,
        "send",
        Permission.POLICY_EDIT,
        "The draft goes to counsel and is no longer edited.",
    ),
    Move(P.DRAFT, P.DISCARDED, "discard", Permission.POLICY_EDIT, "The draft is given up."),
    Move(
        P.IN_REVIEW,
        P.REVIEWED,
        "approve",
        Permission.POLICY_REVIEW,
        "Counsel, who is not the author, approved it.",
    ),
    Move(P.IN_REVIEW, P.DRAFT, "send_back", Permission.POLICY_REVIEW, "Counsel sent it back with a reason."),
    Move(
        P.REVIEWED, P.DRAFT, "reopen", Permission.POLICY_EDIT, "It is edited again and needs another review."
    ),
    Move(
        P.REVIEWED, P.IN_FORCE, "enact", Permission.POLICY_ENACT, "It applies from a day on, today or later."
    ),
    Move(P.IN_FORCE, P.ENDED, "end", Permission.POLICY_ENACT, "It applies until a day, today or later."),
)

T = DutyState
DUTY_MOVES: Final = (
    Move(T.OPEN, T.DONE, "do", Permission.DUTY_RECORD, "A named person did it, with its proof."),
    Move(
        T.OPEN,
        T.REFUSED,
        "refuse",
        Permission.DUTY_RECORD,
        "It was offered; the person refused it, witnessed.",
    ),
    Move(T.REFUSED, T.DONE, "do", Permission.DUTY_RECORD, "It was offered again and done."),
    Move(
        T.OPEN,
        T.NOT_APPLICABLE,
        "lapse",
        None,
        "The person left, the detainer or the rule that asked for it is gone.",
    ),
    Move(T.NOT_APPLICABLE, T.OPEN, "reopen", None, "What asked for it is there again."),
    Move(T.NOT_APPLICABLE, T.DONE, "settle", None, "A fact recorded later shows that it was done."),
    *(
        Move(source, T.OPEN, "correct", None, "A correction withdrew the fact that had settled it.")
        for source in (T.DONE, T.REFUSED)
    ),
)

MACHINES: Final[dict[str, tuple[Move, ...]]] = {
    "detainer": DETAINER_MOVES,
    "hold": HOLD_MOVES,
    "breach": BREACH_MOVES,
    "policy": POLICY_MOVES,
    "duty": DUTY_MOVES,
}


def find_move(moves: Iterable[Move], source: str, action: str) -> Move | None:
    """The move that an act means from a state, or None when it is not allowed."""
    return next((move for move in moves if move.source == source and move.action == action), None)


def pairs(moves: Iterable[Move]) -> list[tuple[str, str]]:
    """Every (source, target) once: what the trigger in the database lets pass."""
    return sorted({(str(move.source), str(move.target)) for move in moves})
