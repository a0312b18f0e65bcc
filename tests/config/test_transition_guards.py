"""What PostgreSQL lets pass is what the transition tables say, read from the functions that are installed."""

import re

import pgtrigger
import pytest
from django.db import connection

from cases import states as custody
from cases.corrections import states as corrections
from cases.models import Case, Correction
from config.diagrams import TABLES
from detainers import states as detainers
from detainers.models import Breach, Detainer, Duty, Hold, Policy
from matching import states as matching
from matching.models import Candidate, ExpectedAnswer, PrintSearch, Reply, Submission, Transmission

GUARDED = {
    Case: ("custody_state", custody.MOVES),
    Correction: ("state", corrections.MOVES),
    Detainer: ("state", detainers.DETAINER_MOVES),
    Hold: ("recorded_state", detainers.HOLD_MOVES),
    Duty: ("state", detainers.DUTY_MOVES),
    Policy: ("stage", detainers.POLICY_MOVES),
    Breach: ("state", detainers.BREACH_MOVES),
    Submission: ("state", matching.SUBMISSION_MOVES),
    Transmission: ("state", matching.TRANSMISSION_MOVES),
    ExpectedAnswer: ("state", matching.ANSWER_MOVES),
    Reply: ("state", matching.REPLY_MOVES),
    Candidate: ("state", matching.CANDIDATE_MOVES),
    PrintSearch: ("state", matching.SEARCH_MOVES),
}


def guard_of(model: type) -> str:
    """The text of the installed function behind the guard of transitions of one model."""
    names = ("moves", "only_legal_moves")
    found = next(item for owner, item in pgtrigger.registered() if owner is model and item.name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgname = %s AND t.tgrelid = %s::regclass AND t.tgenabled = 'O'",
            [found.get_pgid(model), model._meta.db_table],
        )
        ((text,),) = cursor.fetchall()
    return str(text)


@pytest.mark.django_db
@pytest.mark.parametrize("model", GUARDED, ids=lambda model: model.__name__)
def test_the_installed_guard_equals_the_table(model: type) -> None:
    field, moves = GUARDED[model]
    wanted = {(str(step.source), str(step.target)) for step in moves if step.source != step.target}

    text = guard_of(model)

    found = {tuple(pair) for pair in re.findall(r"\b([a-z_]+):([a-z_]+)\b", text)}
    assert {pair for pair in found if pair[0] != pair[1]} == wanted
    assert re.search(rf'(OLD|NEW)\."?{field}"?', text)


def test_every_table_of_transitions_has_a_guard() -> None:
    assert len(GUARDED) >= len(TABLES)
    guarded = {model for model, item in pgtrigger.registered() if item.name in ("moves", "only_legal_moves")}
    assert guarded == set(GUARDED)
