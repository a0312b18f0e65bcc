"""What comes back: correlation, quarantine, order, repetition, and the immigration response that only a person codes."""

import itertools
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import Actor, system
from accounts.errors import ClearholdError, IllegalMove, Invalid, NotFound
from audit.models import Event
from cases.models import Document
from matching import services
from matching.errors import NothingToCode, PersonNeeded
from matching.models import ExpectedAnswer, Reply, Submission
from matching.states import AnswerState
from tests.matching.conftest import NOW, Checks, answer_states, eft, errt, iar, receive, sre


def test_a_reply_is_kept_as_it_came_and_settles_its_source_alone(checks: Checks) -> None:
    submission = checks.open()
    content = sre(submission, "fbi", "I")

    recorded = receive(content)

    reply = recorded.reply
    assert recorded.is_new
    assert bytes(reply.document.content) == content
    assert (reply.state, reply.source, reply.outcome, reply.result_code) == (
        "attached", "fbi", "identification", "I",
    )  # fmt: skip
    assert answer_states(submission) == {"state": "waiting", "fbi": "identification", "dhs": "waiting"}
    event = Event.objects.get(action="matching.answer_settled")
    assert (event.facts["source"], event.facts["state"], event.facts["is_finding"]) == (
        "fbi",
        "identification",
        True,
    )


def test_a_check_is_settled_when_every_answer_has_come(checks: Checks) -> None:
    submission = checks.open()

    for source in ("state", "fbi", "dhs"):
        submission.refresh_from_db()
        assert submission.state == "open"
        receive(sre(submission, source, "N"))

    submission.refresh_from_db()
    assert submission.state == "settled"


@pytest.mark.parametrize("letter", ["P", "D", "C", "Y", "Z", "Q"])
def test_no_letter_but_i_and_n_is_a_finding(checks: Checks, letter: str) -> None:
    submission = checks.open()

    receive(sre(submission, "fbi", letter))

    answer = submission.answers.get(source="fbi")
    assert (answer.state, answer.is_finding) == ("inconclusive", False)


def test_a_reject_is_no_finding_and_keeps_its_code(checks: Checks) -> None:
    submission = checks.open()

    reply = receive(errt(submission, "state", "L0008")).reply

    answer = submission.answers.get(source="state")
    assert (answer.state, answer.is_finding, reply.error_codes) == ("rejected", False, ["L0008"])


def test_the_same_message_again_changes_nothing(checks: Checks) -> None:
    submission = checks.open()
    content = sre(submission, "fbi", "I")
    first = receive(content)
    before = (Event.objects.count(), Document.objects.count(), Reply.objects.count())

    again = [receive(content, at=NOW + timedelta(hours=n)) for n in range(5)]

    assert {item.reply.pk for item in again} == {first.reply.pk}
    assert not any(item.is_new for item in again)
    assert (Event.objects.count(), Document.objects.count(), Reply.objects.count()) == before


def test_the_same_number_with_other_content_is_set_aside_with_an_alarm(checks: Checks) -> None:
    submission = checks.open()
    receive(sre(submission, "fbi", "N", tcn="E2026999999999999999"))

    reply = receive(sre(submission, "fbi", "I", tcn="E2026999999999999999")).reply

    assert (reply.state, reply.quarantine_reason) == ("quarantined", "same_number_other_content")
    assert answer_states(submission)["fbi"] == "non_identification"
    assert Event.objects.get(action="matching.reply_quarantined").facts["is_alarm"] is True


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tcr": "TX20260319000000099999"}, "unknown_reference"),
        ({"tcr": None}, "no_reference"),
        ({"oca": "OTHER"}, "oca_differs"),
        ({"cri": ("TX0020000",)}, "cri_differs"),
    ],
)
def test_a_reply_whose_keys_do_not_agree_is_set_aside(
    checks: Checks, changes: dict[str, object], reason: str
) -> None:
    submission = checks.open()

    reply = receive(sre(submission, "fbi", "I", **changes)).reply

    assert (reply.state, reply.submission, reply.quarantine_reason) == ("quarantined", None, reason)
    assert answer_states(submission)["fbi"] == "waiting"
    assert bytes(reply.document.content)


@pytest.mark.parametrize("changes", [{"oca": None}, {"cri": ()}])
def test_a_reply_that_leaves_out_the_secondary_keys_is_attached(
    checks: Checks, changes: dict[str, object]
) -> None:
    submission = checks.open()

    assert receive(sre(submission, "fbi", "I", **changes)).reply.state == "attached"


@pytest.mark.parametrize("content", [b"garbage", b"1.001:\x1c", bytes(range(256)) * 10])
def test_bytes_that_cannot_be_read_are_kept_and_set_aside(checks: Checks, content: bytes) -> None:
    reply = receive(content).reply

    assert (reply.state, reply.quarantine_reason) == ("quarantined", "unreadable")
    assert bytes(reply.document.content) == content


def test_a_file_that_is_no_answer_is_set_aside_as_not_understood(checks: Checks) -> None:
    assert receive(eft()).reply.quarantine_reason == "not_understood"


def test_a_sender_whom_we_do_not_know_is_set_aside(checks: Checks) -> None:
    submission = checks.open()

    reply = receive(sre(submission, "fbi", "I", ori="ZZ0000000")).reply

    assert reply.quarantine_reason == "unknown_source"


def test_an_answer_to_prints_that_were_held_back_is_set_aside(checks: Checks) -> None:
    submission = checks.minor()

    reply = receive(sre(submission, "fbi", "I")).reply

    assert reply.quarantine_reason == "nothing_sent"
    assert set(answer_states(submission).values()) == {"held_back"}


def test_the_end_is_the_same_in_whatever_order_replies_come(checks: Checks) -> None:
    for order in list(itertools.permutations(range(5)))[::5]:
        _receive_in_order(checks.open(), order)


def _receive_in_order(submission: Submission, order: tuple[int, ...]) -> None:
    replies = [
        errt(submission, "fbi"),
        sre(submission, "fbi", "P"),
        sre(submission, "fbi", "N"),
        sre(submission, "dhs", "I"),
        iar(submission),
    ]

    for place in order:
        receive(replies[place])
        receive(replies[place])

    assert answer_states(submission) == {
        "state": "waiting",
        "fbi": "non_identification",
        "dhs": "awaiting_iar",
    }, order
    assert submission.replies.count() == 5


def test_findings_that_contradict_each_other_are_no_finding_and_call_for_a_person(checks: Checks) -> None:
    submission = checks.open()
    for source in ("state", "fbi", "dhs"):
        receive(sre(submission, source, "N"))

    receive(sre(submission, "fbi", "I"))

    submission.refresh_from_db()
    assert (answer_states(submission)["fbi"], submission.state) == ("inconclusive", "open")
    assert Event.objects.filter(action="matching.answer_contradicted").count() == 1
    assert Event.objects.filter(action="matching.submission_reopened").count() == 1


def test_a_reply_to_superseded_prints_is_kept_and_changes_no_answer(checks: Checks) -> None:
    old = checks.open()
    new = services.reprint(submission_id=old.pk, actor=checks.cast.actor("officer"), at=NOW, eft=eft())

    reply = receive(sre(old, "fbi", "I")).reply

    assert reply.state == "attached"
    assert answer_states(old)["fbi"] == "superseded"
    assert answer_states(new)["fbi"] == "waiting"


def test_an_answer_nobody_asked_for_is_recorded_all_the_same(checks: Checks) -> None:
    submission = checks.open(content=eft(tot="CNA", ndr=()))

    receive(sre(submission, "dhs", "I"))

    submission.refresh_from_db()
    assert (answer_states(submission)["dhs"], submission.state) == ("awaiting_iar", "open")


# -- late answers --------------------------------------------------------------------------------------------


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


# -- the immigration response --------------------------------------------------------------------------------


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


# -- quarantine ----------------------------------------------------------------------------------------------


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
