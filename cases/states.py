"""Custody as a table a lawyer can read. `docs/states/custody.md` is drawn from it."""

from dataclasses import dataclass
from enum import StrEnum

from accounts.permissions import Permission


class Custody(StrEnum):
    IN_CUSTODY = "in_custody"
    RELEASED = "released"
    TRANSFERRED = "transferred"
    DIED = "died"
    ESCAPED = "escaped"


@dataclass(frozen=True)
class Move:
    """One allowed step: from, to, the act, who may do it, and the act in words."""

    source: Custody
    target: Custody
    action: str
    permission: Permission
    sentence: str


MOVES: tuple[Move, ...] = (
    Move(
        Custody.IN_CUSTODY, Custody.RELEASED, "release", Permission.CASE_RELEASE, "The person leaves custody."
    ),
    Move(
        Custody.IN_CUSTODY,
        Custody.TRANSFERRED,
        "transfer",
        Permission.CASE_RELEASE,
        "Another agency takes the person over.",
    ),
    Move(
        Custody.IN_CUSTODY,
        Custody.DIED,
        "record_death",
        Permission.CUSTODY_RECORD,
        "The person died in custody.",
    ),
    Move(
        Custody.IN_CUSTODY, Custody.ESCAPED, "record_escape", Permission.CUSTODY_RECORD, "The person escaped."
    ),
    Move(
        Custody.ESCAPED,
        Custody.IN_CUSTODY,
        "record_recapture",
        Permission.CUSTODY_RECORD,
        "The person is back.",
    ),
)
TITLE = "Custody of a person in one case"
INITIAL = Custody.IN_CUSTODY


def move(source: Custody, action: str) -> Move | None:
    """The step that `action` means from `source`, or None when it is not allowed."""
    return next((step for step in MOVES if step.source == source and step.action == action), None)


def permission_for(action: str) -> Permission:
    """Who may do `action`, whatever the state: asked before anything is said about the state."""
    return next(step.permission for step in MOVES if step.action == action)
