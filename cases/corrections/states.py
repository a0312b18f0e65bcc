"""A correction as a table a lawyer can read; `docs/states/correction.md` is drawn from it."""

from dataclasses import dataclass
from enum import StrEnum

from accounts.permissions import Permission


class CorrectionState(StrEnum):
    """Where one correction stands. Only an applied one has changed anything."""

    REQUESTED = "requested"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Move:
    """One permitted move: from where, to where, by which act, who may do it, and what it means."""

    source: str
    target: str
    action: str
    permission: Permission
    sentence: str


S = CorrectionState
MOVES: tuple[Move, ...] = (
    Move(
        S.REQUESTED,
        S.APPLIED,
        "apply",
        Permission.CORRECTION_REQUEST,
        "It moves no end of authority later, so it takes effect at once.",
    ),
    Move(
        S.REQUESTED,
        S.APPLIED,
        "approve",
        Permission.CORRECTION_APPROVE,
        "A second, different person agreed that the end of authority moves later.",
    ),
    Move(
        S.REQUESTED,
        S.REFUSED,
        "refuse",
        Permission.CORRECTION_APPROVE,
        "A second, different person did not agree. Nothing changes.",
    ),
    Move(
        S.REQUESTED,
        S.WITHDRAWN,
        "withdraw",
        Permission.CORRECTION_REQUEST,
        "The person who asked for it took it back. Nothing changes.",
    ),
)


def find_move(source: str, action: str) -> Move | None:
    """The move that an act means from a state, or None when it is not allowed."""
    return next((move for move in MOVES if move.source == source and move.action == action), None)


def pairs() -> list[tuple[str, str]]:
    """Every (source, target) once: what the trigger in the database lets pass."""
    return sorted({(str(move.source), str(move.target)) for move in MOVES})
