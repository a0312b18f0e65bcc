"""What comes back: correlation, quarantine, order, repetition, and the immigration response that only a person codes."""

import itertools
from datetime import timedelta

import pytest

from audit.models import Event
from cases.identifiers import PersonIdentifier
from cases.models import Document
from cases.services import content_of
from cases.services.identifiers import opened
from matching import services
from matching.formats import answers
from matching.models import Reply, Submission
from tests.matching.conftest import NOW, Checks, answer_states, eft, envelope, errt, iar, receive, sre


def test_a_reply_is_kept_as_it_came_and_settles_its_source_alone(checks: Checks) -> None:
    submission = checks.open()
    content = sre(submission, "fbi", "I")

    recorded = receive(content)

    reply = recorded.reply
    assert recorded.is_new
    assert content_of(reply.document) == content
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


def test_the_numbers_of_an_identification_are_kept_sealed_on_the_case(checks: Checks) -> None:
    submission = checks.open()

    receive(sre(submission, "fbi", "N"))
    receive(sre(submission, "dhs", "I"))
    receive(
        answers.build_sre(
            envelope(submission, "TXDPS0000"), srf="I", name="SAMPLE,ONE", sid="TX7654321", ucn="12/3"
        )
    )

    shown = opened(PersonIdentifier.objects.filter(case=submission.case).order_by("pk"))
    assert [(item.row.kind, item.value, item.row.source) for item in shown] == [
        ("fin", "FN-1234567890", "reply"),
        ("sid", "TX7654321", "reply"),
        ("ucn", "12/3", "reply"),
    ]


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
    assert content_of(reply.document)


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
    assert content_of(reply.document) == content


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
