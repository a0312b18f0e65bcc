"""The states of a fingerprint check and every move between them, as tables a lawyer can read.

The diagrams in docs/states and the triggers in PostgreSQL are made from these tables; nothing else says what
may follow what. A move without a permission is made by the system when a message, a clock or a worker says
so; all others need a named person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from accounts.permissions import Permission


class Source(StrEnum):
    """Who answers. Criminal and immigration answers are never merged."""

    STATE = "state"
    FBI = "fbi"
    DHS = "dhs"


class SubmissionState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    SUPERSEDED = "superseded"


class TransmissionState(StrEnum):
    HELD_BACK = "held_back"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


class AnswerState(StrEnum):
    """One table of words for the whole product.

    Only `is_finding` says that a repository was searched and answered.
    """

    NOT_EXPECTED = "not_expected"
    HELD_BACK = "held_back"
    WAITING = "waiting"
    IDENTIFICATION = "identification"
    NON_IDENTIFICATION = "non_identification"
    INCONCLUSIVE = "inconclusive"
    REJECTED = "rejected"
    ERROR = "error"
    OVERDUE = "overdue"
    SUPERSEDED = "superseded"
    AWAITING_IAR = "awaiting_iar"
    IAR_NO_INTEREST = "iar_no_interest"
    IAR_INTEREST = "iar_interest"
    IAR_CITIZEN_OR_LAWFUL = "iar_citizen_or_lawful"

    @property
    def is_finding(self) -> bool:
        """Whether the repository was searched and said yes or no.

        Rejected, inconclusive, error and overdue are not findings.
        """
        return self in _FINDINGS

    @property
    def is_waited_for(self) -> bool:
        """Whether an answer is still to come, or a person has to act before one can."""
        return self not in _FINAL


class ReplyState(StrEnum):
    ATTACHED = "attached"
    QUARANTINED = "quarantined"
    DISMISSED = "dismissed"


class CandidateState(StrEnum):
    UNREVIEWED = "unreviewed"
    FIRST_REVIEWED = "first_reviewed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DISPUTED = "disputed"


class Decision(StrEnum):
    """What one examiner found when comparing two sets of prints."""

    SAME = "same"
    DIFFERENT = "different"
    INCONCLUSIVE = "inconclusive"


class SearchState(StrEnum):
    """The search of our own print repository for one submission."""

    HELD_BACK = "held_back"
    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


IAR_MEANINGS: Final = frozenset(
    {AnswerState.IAR_NO_INTEREST, AnswerState.IAR_INTEREST, AnswerState.IAR_CITIZEN_OR_LAWFUL}
)
_FINDINGS: Final = IAR_MEANINGS | {
    AnswerState.IDENTIFICATION,
    AnswerState.NON_IDENTIFICATION,
    AnswerState.AWAITING_IAR,
}
_FINAL: Final = IAR_MEANINGS | {
    AnswerState.NOT_EXPECTED,
    AnswerState.IDENTIFICATION,
    AnswerState.NON_IDENTIFICATION,
    AnswerState.SUPERSEDED,
}


@dataclass(frozen=True)
class Move:
    """One permitted move: from where, to where, by which act, who may do it, and what it means."""

    source: str
    target: str
    action: str
    permission: Permission | None
    sentence: str


def _moves(
    sources: Iterable[str], targets: Iterable[str], action: str, permission: Permission | None, sentence: str
) -> tuple[Move, ...]:
    aims = tuple(targets)
    return tuple(
        Move(source, target, action, permission, sentence)
        for source in sources
        for target in aims
        if source != target
    )


S = SubmissionState
SUBMISSION_MOVES: Final = (
    Move(S.OPEN, S.SETTLED, "settle", None, "Every expected answer has come."),
    Move(S.SETTLED, S.OPEN, "reopen", None, "A reply contradicts an answer; a person must look."),
    *_moves(
        (S.OPEN, S.SETTLED),
        (S.SUPERSEDED,),
        "reprint",
        Permission.REPRINT_SUBMIT,
        "New prints replace these.",
    ),
)

T = TransmissionState
TRANSMISSION_MOVES: Final = (
    Move(
        T.HELD_BACK,
        T.QUEUED,
        "release",
        Permission.TRANSMISSION_RELEASE,
        "A supervisor lets the prints go out.",
    ),
    Move(T.QUEUED, T.SENDING, "claim", None, "A worker takes the transmission for a limited time."),
    Move(T.SENDING, T.SENT, "record_sent", None, "The bureau took the file and gave it a control number."),
    *_moves(
        (T.QUEUED, T.FAILED, T.QUARANTINED, T.CANCELLED),
        (T.SENT,),
        "record_sent",
        None,
        "The bureau had taken the file; the worker that sent it reported late.",
    ),
    Move(
        T.SENDING, T.QUEUED, "retry_later", None, "The bureau could not be reached; it is tried again later."
    ),
    Move(
        T.SENDING,
        T.FAILED,
        "give_up",
        None,
        "The bureau refuses the file, or too many tries; a person must look.",
    ),
    Move(
        T.SENDING,
        T.QUARANTINED,
        "quarantine",
        None,
        "Workers died on it again and again; a person must look.",
    ),
    Move(
        T.SENDING,
        T.CANCELLED,
        "cancel_superseded",
        None,
        "It was not sent yet, and newer prints go out instead.",
    ),
    *_moves(
        (T.FAILED, T.QUARANTINED),
        (T.QUEUED,),
        "retry",
        Permission.TRANSMISSION_RETRY,
        "A person asks for it to be sent again.",
    ),
    *_moves(
        (T.HELD_BACK, T.QUEUED, T.FAILED, T.QUARANTINED),
        (T.CANCELLED,),
        "reprint",
        Permission.REPRINT_SUBMIT,
        "New prints go out instead.",
    ),
)

A = AnswerState
_REPLY = "record_reply"
_IAR_CODABLE: Final = (
    A.AWAITING_IAR,
    A.IDENTIFICATION,
    A.NON_IDENTIFICATION,
    A.INCONCLUSIVE,
    A.WAITING,
    A.OVERDUE,
    A.NOT_EXPECTED,
)
_UNDECIDED: Final = (A.NOT_EXPECTED, A.WAITING, A.OVERDUE, A.INCONCLUSIVE, A.REJECTED, A.ERROR)
ANSWER_MOVES: Final = (
    *_moves(
        (A.HELD_BACK,),
        (A.WAITING,),
        "release",
        Permission.TRANSMISSION_RELEASE,
        "A supervisor let the prints go out; the answer is now expected.",
    ),
    Move(
        A.WAITING,
        A.OVERDUE,
        "mark_overdue",
        None,
        "The answer is late. That is no finding and extends nothing.",
    ),
    *_moves(
        _UNDECIDED,
        (A.IDENTIFICATION, A.NON_IDENTIFICATION, A.AWAITING_IAR),
        _REPLY,
        None,
        "A finding arrived.",
    ),
    *_moves(
        (A.NOT_EXPECTED, A.WAITING, A.OVERDUE, A.REJECTED, A.ERROR),
        (A.INCONCLUSIVE,),
        _REPLY,
        None,
        "The repository has not decided yet. That is no finding.",
    ),
    *_moves(
        (A.NOT_EXPECTED, A.WAITING, A.OVERDUE, A.ERROR),
        (A.REJECTED,),
        _REPLY,
        None,
        "The prints were refused; new prints are needed. That is no finding.",
    ),
    *_moves(
        (A.NOT_EXPECTED, A.WAITING, A.OVERDUE),
        (A.ERROR,),
        _REPLY,
        None,
        "The message failed. That is no finding.",
    ),
    *_moves(
        (A.IDENTIFICATION, A.NON_IDENTIFICATION, A.AWAITING_IAR),
        (A.INCONCLUSIVE,),
        _REPLY,
        None,
        "Two findings of one source contradict each other; a person must look.",
    ),
    *_moves(
        _IAR_CODABLE,
        sorted(IAR_MEANINGS),
        "code_iar",
        Permission.IAR_CODE,
        "A person read the immigration response and recorded what it says.",
    ),
    *_moves(
        sorted(IAR_MEANINGS),
        sorted(IAR_MEANINGS),
        "recode_iar",
        Permission.IAR_CODE,
        "A person corrected what was recorded of the immigration response.",
    ),
    *_moves(
        [state for state in A if state is not A.SUPERSEDED],
        (A.SUPERSEDED,),
        "reprint",
        Permission.REPRINT_SUBMIT,
        "New prints were sent; this answer no longer counts.",
    ),
)

R = ReplyState
REPLY_MOVES: Final = (
    Move(
        R.QUARANTINED,
        R.ATTACHED,
        "attach",
        Permission.QUARANTINE_HANDLE,
        "A person found where the reply belongs.",
    ),
    Move(
        R.QUARANTINED,
        R.DISMISSED,
        "dismiss",
        Permission.QUARANTINE_HANDLE,
        "A person found that it is not ours.",
    ),
)

C = CandidateState
_REVIEW = Permission.CANDIDATE_REVIEW
CANDIDATE_MOVES: Final = (
    Move(
        C.UNREVIEWED, C.FIRST_REVIEWED, "review", _REVIEW, "A first examiner decided; the decision is sealed."
    ),
    Move(C.FIRST_REVIEWED, C.CONFIRMED, "review", _REVIEW, "Two examiners found the same person."),
    Move(C.FIRST_REVIEWED, C.REJECTED, "review", _REVIEW, "Two examiners found different persons."),
    Move(C.FIRST_REVIEWED, C.DISPUTED, "review", _REVIEW, "The examiners do not agree, or could not decide."),
)

W = SearchState
SEARCH_MOVES: Final = (
    Move(
        W.HELD_BACK,
        W.QUEUED,
        "release",
        Permission.TRANSMISSION_RELEASE,
        "A supervisor lets the prints be searched.",
    ),
    Move(W.QUEUED, W.WORKING, "claim", None, "A worker takes the search for a limited time."),
    Move(W.WORKING, W.DONE, "record_done", None, "Our own repository was searched."),
    Move(W.WORKING, W.QUEUED, "retry_later", None, "The search is tried again later."),
    Move(
        W.WORKING,
        W.FAILED,
        "give_up",
        None,
        "The prints cannot be read, or too many tries; a person must look.",
    ),
    Move(
        W.WORKING,
        W.QUARANTINED,
        "quarantine",
        None,
        "Workers died on it again and again; a person must look.",
    ),
    Move(W.WORKING, W.CANCELLED, "cancel_superseded", None, "Newer prints are searched instead."),
    *_moves(
        (W.FAILED, W.QUARANTINED),
        (W.QUEUED,),
        "retry",
        Permission.TRANSMISSION_RETRY,
        "A person asks for the search again.",
    ),
    *_moves(
        (W.HELD_BACK, W.QUEUED, W.FAILED, W.QUARANTINED),
        (W.CANCELLED,),
        "reprint",
        Permission.REPRINT_SUBMIT,
        "New prints are searched instead.",
    ),
)

MACHINES: Final[dict[str, tuple[Move, ...]]] = {
    "submission": SUBMISSION_MOVES,
    "transmission": TRANSMISSION_MOVES,
    "answer": ANSWER_MOVES,
    "reply": REPLY_MOVES,
    "candidate": CANDIDATE_MOVES,
    "print_search": SEARCH_MOVES,
}


def find_move(moves: Iterable[Move], source: str, target: str, action: str) -> Move | None:
    """The move from one state to another by one act, or None when the table does not have it."""
    for move in moves:
        if (move.source, move.target, move.action) == (source, target, action):
            return move
    return None


def pairs(moves: Iterable[Move]) -> list[tuple[str, str]]:
    """Every (source, target) of a table, once each: what the trigger in the database lets pass."""
    return sorted({(str(move.source), str(move.target)) for move in moves})
