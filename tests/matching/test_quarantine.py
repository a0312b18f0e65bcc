"""What was set aside: who sees it, who says where it belongs, and what nobody can make of it."""

import pytest

from accounts.actors import system
from accounts.errors import ClearholdError, IllegalMove, Invalid, NotFound
from audit.models import Event
from matching import services
from matching.errors import PersonNeeded
from matching.models import ExpectedAnswer, Reply, Submission
from matching.states import AnswerState
from tests.matching.conftest import NOW, Checks, answer_states, receive, sre


def stray(checks: Checks) -> tuple[Submission, Reply]:
    submission = checks.open()
    return submission, receive(sre(submission, "fbi", "N", tcr=None)).reply


@pytest.mark.parametrize("who", ["supervisor", "operator"])
def test_a_person_finds_where_a_reply_belongs(checks: Checks, who: str) -> None:
    submission, reply = stray(checks)

    services.attach_quarantined(
        reply_id=reply.pk,
        submission_id=submission.pk,
        actor=checks.cast.actor(who),
        at=NOW,
        reason="The name and time agree.",
    )

    reply.refresh_from_db()
    assert (reply.state, reply.submission) == ("attached", submission)
    assert answer_states(submission)["fbi"] == "non_identification"
    assert Event.objects.get(action="matching.reply_attached").reason == "The name and time agree."


@pytest.mark.parametrize("who", ["officer", "clerk", "other_supervisor", "examiner", "stranger"])
def test_nobody_else_attaches_it(checks: Checks, who: str) -> None:
    submission, reply = stray(checks)

    with pytest.raises(ClearholdError) as refused:
        services.attach_quarantined(
            reply_id=reply.pk, submission_id=submission.pk, actor=checks.cast.actor(who), at=NOW, reason="x"
        )

    reply.refresh_from_db()
    assert refused.value.status in (403, 404)
    assert reply.state == "quarantined"


def test_the_system_attaches_nothing(checks: Checks) -> None:
    submission, reply = stray(checks)

    with pytest.raises(PersonNeeded):
        services.attach_quarantined(
            reply_id=reply.pk, submission_id=submission.pk, actor=system("matching"), at=NOW, reason="x"
        )


def test_what_is_not_ours_is_dismissed_and_kept(checks: Checks) -> None:
    _, reply = stray(checks)
    supervisor = checks.cast.actor("supervisor")

    services.dismiss_quarantined(reply_id=reply.pk, actor=supervisor, at=NOW, reason="Sent to us by mistake.")

    reply.refresh_from_db()
    assert (reply.state, reply.handled_by) == ("dismissed", "Supervisor")
    assert reply.document_id
    with pytest.raises(IllegalMove):
        services.dismiss_quarantined(reply_id=reply.pk, actor=supervisor, at=NOW, reason="Again.")


def test_a_message_nobody_understood_settles_nothing_even_by_hand(checks: Checks) -> None:
    submission = checks.open()
    reply = receive(b"garbage").reply

    with pytest.raises(IllegalMove):
        services.attach_quarantined(
            reply_id=reply.pk,
            submission_id=submission.pk,
            actor=checks.cast.actor("supervisor"),
            at=NOW,
            reason="x",
            source="fbi",
        )


def test_a_reply_of_an_unknown_sender_needs_a_persons_word_for_who_answers(checks: Checks) -> None:
    submission = checks.open()
    reply = receive(sre(submission, "fbi", "I", ori="ZZ0000000")).reply
    act = {"reply_id": reply.pk, "submission_id": submission.pk, "at": NOW, "reason": "Known to us."}
    supervisor = checks.cast.actor("supervisor")

    with pytest.raises(Invalid):
        services.attach_quarantined(actor=supervisor, **act)
    services.attach_quarantined(actor=supervisor, source="state", **act)

    assert answer_states(submission)["state"] == "identification"


def test_who_sees_which_replies(checks: Checks) -> None:
    submission = checks.open()
    receive(sre(submission, "fbi", "N"))
    receive(sre(submission, "state", "N", tcr=None))
    receive(b"garbage")

    seen = {
        who: Reply.objects.visible_to(checks.cast.actor(who)).count()
        for who in (
            "officer",
            "supervisor",
            "other_officer",
            "other_supervisor",
            "operator",
            "examiner",
            "stranger",
        )
    }

    assert seen == {
        "officer": 1, "supervisor": 3, "operator": 3, "examiner": 1, "other_officer": 0, "other_supervisor": 1,
        "stranger": 0,
    }  # fmt: skip


def test_a_reply_out_of_sight_is_not_found(checks: Checks) -> None:
    _, reply = stray(checks)

    with pytest.raises(NotFound):
        services.dismiss_quarantined(
            reply_id=reply.pk, actor=checks.cast.actor("other_supervisor"), at=NOW, reason="x"
        )


def test_every_state_of_an_answer_is_known_to_the_database(checks: Checks) -> None:
    choices = {value for value, _ in ExpectedAnswer._meta.get_field("state").choices}

    assert choices == {state.value for state in AnswerState}
