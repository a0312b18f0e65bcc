"""The tables themselves: complete, reachable, and the same as the triggers in the database."""

import itertools

import pytest

from accounts.permissions import Permission
from matching import states
from matching.events import ANSWER_WORDS
from matching.states import AnswerState, CandidateState, TransmissionState, pairs

ENUMS = {
    "submission": states.SubmissionState,
    "transmission": states.TransmissionState,
    "answer": states.AnswerState,
    "reply": states.ReplyState,
    "candidate": states.CandidateState,
    "print_search": states.SearchState,
}
BEGINNINGS = {
    "submission": {"open", "settled"},
    "transmission": {"queued", "held_back"},
    "answer": {"waiting", "held_back", "not_expected"},
    "reply": {"attached", "quarantined"},
    "candidate": {"unreviewed"},
    "print_search": {"queued", "held_back"},
}


def test_every_machine_has_a_table() -> None:
    assert set(states.MACHINES) == set(ENUMS)


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_every_state_is_reached_and_every_move_is_between_known_states(name: str) -> None:
    known = {state.value for state in ENUMS[name]}
    moves = states.MACHINES[name]

    reached = set(BEGINNINGS[name])
    while more := {move.target for move in moves if move.source in reached} - reached:
        reached |= {str(state) for state in more}

    assert {str(move.source) for move in moves} | {str(move.target) for move in moves} <= known
    assert reached == known


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_a_move_stands_once_and_says_what_it_means(name: str) -> None:
    moves = states.MACHINES[name]

    keys = [(move.source, move.target, move.action) for move in moves]

    assert len(keys) == len(set(keys))
    assert all(move.sentence.endswith(".") and move.source != move.target for move in moves)


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_the_trigger_in_the_database_holds_the_same_table(name: str) -> None:
    from matching import models

    model = {
        "submission": models.Submission,
        "transmission": models.Transmission,
        "answer": models.ExpectedAnswer,
        "reply": models.Reply,
        "candidate": models.Candidate,
        "print_search": models.PrintSearch,
    }[name]

    trigger = next(item for item in model._meta.triggers if item.name == "only_legal_moves")

    assert trigger.transitions == pairs(states.MACHINES[name])


# Written by hand: rows are where an answer is, columns where a reply may take it.
BY_REPLY = {
    ("not_expected", "identification"), ("not_expected", "non_identification"),
    ("not_expected", "awaiting_iar"), ("not_expected", "inconclusive"),
    ("not_expected", "rejected"), ("not_expected", "error"),
    ("waiting", "identification"), ("waiting", "non_identification"), ("waiting", "awaiting_iar"),
    ("waiting", "inconclusive"), ("waiting", "rejected"), ("waiting", "error"),
    ("overdue", "identification"), ("overdue", "non_identification"), ("overdue", "awaiting_iar"),
    ("overdue", "inconclusive"), ("overdue", "rejected"), ("overdue", "error"),
    ("error", "identification"), ("error", "non_identification"), ("error", "awaiting_iar"),
    ("error", "inconclusive"), ("error", "rejected"),
    ("rejected", "identification"), ("rejected", "non_identification"), ("rejected", "awaiting_iar"),
    ("rejected", "inconclusive"),
    ("inconclusive", "identification"), ("inconclusive", "non_identification"),
    ("inconclusive", "awaiting_iar"), ("awaiting_iar", "inconclusive"),
    ("identification", "inconclusive"), ("non_identification", "inconclusive"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(AnswerState, 2)))
def test_a_reply_moves_an_answer_only_as_the_table_by_hand_says(
    source: AnswerState, target: AnswerState
) -> None:
    found = states.find_move(states.ANSWER_MOVES, source, target, "record_reply")

    assert (found is not None) == ((source.value, target.value) in BY_REPLY)
    assert found is None or found.permission is None


def test_only_a_person_with_the_permission_codes_an_immigration_response() -> None:
    coded = {move for move in states.ANSWER_MOVES if move.target in states.IAR_MEANINGS}

    assert coded
    assert {move.permission for move in coded} == {Permission.IAR_CODE}
    assert {move.action for move in coded} == {"code_iar", "recode_iar"}


def test_what_is_no_finding_is_never_called_one() -> None:
    no_findings = {
        "not_expected",
        "held_back",
        "waiting",
        "inconclusive",
        "rejected",
        "error",
        "overdue",
        "superseded",
    }

    assert {state.value for state in AnswerState if not state.is_finding} == no_findings
    assert set(ANSWER_WORDS) == {state.value for state in AnswerState}


def test_a_confirmed_candidate_needs_a_first_review_and_stays_confirmed() -> None:
    into = {move.source for move in states.CANDIDATE_MOVES if move.target == CandidateState.CONFIRMED}
    out = [move for move in states.CANDIDATE_MOVES if move.source == CandidateState.CONFIRMED]

    assert into == {CandidateState.FIRST_REVIEWED}
    assert out == []


def test_what_was_sent_is_never_sent_again() -> None:
    assert [move for move in states.TRANSMISSION_MOVES if move.source == TransmissionState.SENT] == []
