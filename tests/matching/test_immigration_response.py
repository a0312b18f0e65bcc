"""Late answers, and the immigration response that only a person codes."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import Actor, system
from accounts.errors import ClearholdError, Invalid
from audit.models import Event
from matching import services
from matching.errors import NothingToCode, PersonNeeded
from matching.models import ExpectedAnswer, Submission
from tests.matching.conftest import NOW, Checks, answer_states, iar, receive, sre


def test_a_late_answer_is_noted_once_at_its_time_and_not_before(checks: Checks) -> None:
    submission = checks.open()
    due = submission.answers.get(source="fbi").due_at

    counts = [services.mark_overdue(at=due + timedelta(seconds=n)) for n in (-1, 0, 1)]

    assert counts == [0, 2, 0]
    assert answer_states(submission) == {"state": "overdue", "fbi": "overdue", "dhs": "waiting"}
    answer = submission.answers.get(source="fbi")
    assert (answer.is_finding, answer.is_late(due)) == (False, True)
    assert Event.objects.filter(action="matching.answer_overdue").count() == 2


def test_an_answer_that_comes_late_still_counts(checks: Checks) -> None:
    submission = checks.open()
    services.mark_overdue(at=NOW + timedelta(days=400))

    receive(sre(submission, "fbi", "N"))

    assert answer_states(submission)["fbi"] == "non_identification"


def test_a_late_immigration_response_is_noted_without_forgetting_the_finding(checks: Checks) -> None:
    submission = checks.open()
    receive(sre(submission, "dhs", "I"))
    later = NOW + timedelta(hours=4)

    assert services.mark_overdue(at=later - timedelta(seconds=1)) == 0
    assert services.mark_overdue(at=later) == 1
    assert services.mark_overdue(at=later) == 0

    assert answer_states(submission)["dhs"] == "awaiting_iar"


def coded(
    submission: Submission, actor: Actor, meaning: str = "iar_no_interest", reason: str = "It says so."
) -> str:
    try:
        services.code_iar(submission_id=submission.pk, actor=actor, at=NOW, meaning=meaning, reason=reason)
    except ClearholdError as error:
        return error.code
    return "done"


def awaiting(checks: Checks) -> Submission:
    submission = checks.open()
    receive(sre(submission, "dhs", "I"))
    receive(iar(submission))
    return submission


def test_an_immigration_response_settles_nothing_until_a_person_has_read_it(checks: Checks) -> None:
    submission = awaiting(checks)

    assert answer_states(submission)["dhs"] == "awaiting_iar"
    assert Event.objects.filter(action="matching.iar_received").count() == 1


@pytest.mark.parametrize("meaning", ["iar_no_interest", "iar_interest", "iar_citizen_or_lawful"])
def test_a_person_records_what_the_response_says(checks: Checks, meaning: str) -> None:
    submission = awaiting(checks)

    outcome = coded(submission, checks.cast.actor("clerk"), meaning)

    answer = submission.answers.get(source="dhs")
    assert (outcome, answer.state, answer.coded_by) == ("done", meaning, "Clerk")
    assert Event.objects.get(action="matching.iar_coded").facts["meaning"] == meaning
    assert not Event.objects.filter(action__startswith="detainers.").exists()


@pytest.mark.parametrize(
    "who", ["administrator", "other_officer", "examiner", "operator", "liaison", "reviewer"]
)
def test_nobody_else_records_it(checks: Checks, who: str) -> None:
    submission = awaiting(checks)

    assert coded(submission, checks.cast.actor(who)) == "not_permitted"
    assert answer_states(submission)["dhs"] == "awaiting_iar"


@pytest.mark.parametrize("actor", [system("matching"), Actor(kind="client", id="c", label="Jail system")])
def test_no_machine_records_it(checks: Checks, actor: Actor) -> None:
    with pytest.raises(PersonNeeded):
        services.code_iar(
            submission_id=awaiting(checks).pk, actor=actor, at=NOW, meaning="iar_interest", reason="x"
        )


def test_there_must_be_a_response_to_read(checks: Checks) -> None:
    submission = checks.open()
    receive(sre(submission, "dhs", "I"))

    with pytest.raises(NothingToCode):
        services.code_iar(
            submission_id=submission.pk,
            actor=checks.cast.actor("clerk"),
            at=NOW,
            meaning="iar_interest",
            reason="x",
        )


@pytest.mark.parametrize(("meaning", "reason"), [("identification", "x"), ("", "x"), ("iar_interest", " ")])
def test_a_meaning_and_a_reason_are_needed(checks: Checks, meaning: str, reason: str) -> None:
    with pytest.raises(Invalid):
        services.code_iar(
            submission_id=awaiting(checks).pk,
            actor=checks.cast.actor("clerk"),
            at=NOW,
            meaning=meaning,
            reason=reason,
        )


def test_what_was_recorded_wrongly_is_corrected_by_a_new_act(checks: Checks) -> None:
    submission = awaiting(checks)
    clerk = checks.cast.actor("clerk")
    coded(submission, clerk, "iar_interest")

    same_again = coded(submission, clerk, "iar_interest")
    corrected = coded(submission, clerk, "iar_citizen_or_lawful", "Read again: a passport number is given.")

    assert (same_again, corrected) == ("illegal_move", "done")
    last = Event.objects.filter(action="matching.iar_coded").order_by("-pk")[0]
    assert (last.facts["previous"], last.facts["is_correction"]) == ("iar_interest", True)


def test_a_reply_after_coding_leaves_what_the_person_recorded(checks: Checks) -> None:
    submission = awaiting(checks)
    coded(submission, checks.cast.actor("clerk"))

    receive(sre(submission, "dhs", "N"))

    assert answer_states(submission)["dhs"] == "iar_no_interest"
    assert Event.objects.filter(action="matching.answer_contradicted").count() == 1


def test_the_database_refuses_a_coded_answer_without_a_name_or_from_another_source(checks: Checks) -> None:
    submission = awaiting(checks)

    for change in ({"state": "iar_interest"}, {"source": "fbi", "state": "awaiting_iar"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ExpectedAnswer.objects.filter(submission=submission, source="dhs").update(**change)
