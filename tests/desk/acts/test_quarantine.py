"""Messages in quarantine: found by those who handle it, attached after the check was shown, or dismissed."""

import pytest
from django.test import Client

from tests.desk.acts.conftest import act_url, events, messages_of, said
from tests.matching.conftest import Checks, answer_states, receive, sre

TOKEN = "4c1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11"


@pytest.fixture
def checks(cast) -> Checks:
    return Checks(cast)


@pytest.fixture
def submission(checks):
    return checks.open()


@pytest.fixture
def lost(submission):
    """An answer of the FBI to a message that we did not send, for our jail."""
    return receive(sre(submission, "fbi", "I", tcr="T000000000000LOST")).reply


@pytest.fixture
def astray(submission):
    """One with our number and another agency case number."""
    return receive(sre(submission, "state", "N", oca="ANOTHER1")).reply


def good(submission, **changes):
    return {
        "form_token": TOKEN,
        "check": submission.tcn,
        "shown": str(submission.public_id),
        "reason": "The bureau says so",
    } | changes


def test_the_page_says_who_sent_what_and_why_it_waits_and_nothing_of_the_person(lost, desk):
    page = said(desk("operator").get(act_url("reply_attach", lost)))

    assert "It answers a message we did not send." in page
    assert "The FBI" in page
    assert "SRE, search result" in page
    assert lost.message_tcn in page
    assert "T000000000000LOST" in page
    assert "Cedar County Jail" in page
    assert "SAMPLE" not in page
    assert "dentification" not in page
    assert act_url("reply_dismiss", lost) in page
    assert "/admin/document/" not in page


def test_who_may_open_documents_gets_the_message_itself(lost, desk):
    page = said(desk("supervisor").get(act_url("reply_attach", lost)))

    assert f"/admin/document/{lost.document.public_id}/" in page


def test_a_check_is_shown_before_a_message_is_attached_to_it(lost, submission, desk, send):
    client = desk("operator")

    first = send(client, "reply_attach", lost, check=submission.case.number, reason="By telephone")
    page = said(first)
    states = answer_states(submission)
    second = client.post(act_url("reply_attach", lost), good(submission, check=submission.case.number))

    lost.refresh_from_db()
    assert first.status_code == 400
    assert "Below is the check with this number. Look at it, then attach." in page
    assert submission.tcn in page
    assert f'value="{submission.public_id}"' in page
    assert "By telephone</textarea>" in page
    assert states["fbi"] == "waiting"
    assert second.status_code == 302, said(second)
    assert (lost.state, lost.submission) == ("attached", submission)
    assert answer_states(submission)["fbi"] == "identification"
    assert events("matching.reply_attached") == 1
    assert submission.tcn in messages_of(second)[0]
    assert second["Location"] == "/admin/"


def test_a_number_that_the_message_names_is_filled_in_and_shown(astray, submission, desk):
    client = desk("supervisor")

    page = said(client.get(act_url("reply_attach", astray)))
    response = client.post(act_url("reply_attach", astray), good(submission))

    assert f'value="{submission.tcn}"' in page
    assert "The check it would be attached to" in page
    assert "Its agency case number is not that of the prints." in page
    assert response["Location"] == f"/admin/case/{submission.case.public_id}/"
    assert answer_states(submission)["state"] == "non_identification"


def test_wrong_input_is_said_at_its_field_and_kept(lost, checks, submission, cast, desk, send):
    client = desk("supervisor")
    other = checks.open(agency=cast.other_jail, who="other_officer")

    empty = send(client, "reply_attach", lost)
    unknown = send(client, "reply_attach", lost, check="2026-99999", reason="Guess")
    theirs = send(client, "reply_attach", lost, check=other.tcn, reason="Guess")

    assert empty.status_code == unknown.status_code == theirs.status_code == 400
    assert 'href="#id_check"' in said(empty)
    assert 'href="#id_reason"' in said(empty)
    for response in (unknown, theirs):
        assert "There is no check with this number in a jail whose quarantine you handle." in said(response)
    assert 'value="2026-99999"' in said(unknown)
    assert "Other County" not in said(theirs)


def test_two_jails_with_the_same_case_number_ask_for_the_tcn(lost, checks, submission, cast, desk, send):
    other = checks.open(agency=cast.other_jail, who="other_officer")
    assert other.case.number == submission.case.number

    response = send(desk("operator"), "reply_attach", lost, check=other.case.number, reason="x")

    assert "More than one jail has a case with this number. Enter the TCN." in said(response)


def test_an_answer_to_prints_held_back_is_refused_with_a_sentence(lost, checks, desk):
    held = checks.minor()

    response = desk("supervisor").post(act_url("reply_attach", lost), good(held))

    assert response.status_code == 409
    assert "The prints of this check were not sent, so the reply cannot answer them." in said(response)


def test_a_message_that_was_not_understood_can_only_be_dismissed(submission, desk):
    reply = receive(b"not an EFT").reply
    client = desk("operator")

    page = said(client.get(act_url("reply_attach", reply)))
    posted = client.post(act_url("reply_attach", reply), good(submission, source="fbi"))
    front = said(client.get("/admin/"))

    assert "could not be understood" in page
    assert posted.status_code == 409
    assert act_url("reply_dismiss", reply) in front


def test_who_answers_is_asked_where_the_message_does_not_say(submission, desk, send):
    reply = receive(sre(submission, "fbi", "N", ori="ZZ9999999")).reply
    client = desk("supervisor")
    assert reply.source == ""

    missing = client.post(act_url("reply_attach", reply), good(submission))
    response = client.post(act_url("reply_attach", reply), good(submission, source="fbi"))

    assert "Choose who answers: the message does not say." in said(missing)
    assert response.status_code in (302, 409)


def test_a_message_is_dismissed_once_and_stays_stored(lost, desk):
    client, form = desk("operator"), {"form_token": TOKEN, "reason": "For another state"}

    missing = client.post(act_url("reply_dismiss", lost), {"form_token": TOKEN})
    response = client.post(act_url("reply_dismiss", lost), form)
    again = client.post(act_url("reply_dismiss", lost), form)
    other = client.post(act_url("reply_dismiss", lost), form | {"form_token": TOKEN[:-1] + "2"})
    page = said(client.get(act_url("reply_dismiss", lost)))

    lost.refresh_from_db()
    assert "Enter a reason." in said(missing)
    assert response.status_code == again.status_code == 302
    assert other.status_code == 409
    assert (lost.state, lost.handled_reason) == ("dismissed", "For another state")
    assert events("matching.reply_dismissed") == 1
    assert "This message was dismissed by Operator on" in page
    assert "For another state" in page


def test_the_same_attachment_twice_counts_once(lost, submission, desk):
    client = desk("supervisor")

    client.post(act_url("reply_attach", lost), good(submission))
    again = client.post(act_url("reply_attach", lost), good(submission))

    assert again.status_code == 302
    assert "Nothing was done twice" in messages_of(again)[-1]
    assert events("matching.reply_attached") == 1


@pytest.mark.parametrize("act", ["reply_attach", "reply_dismiss"])
def test_out_of_scope_is_nothing_and_roles_without_it_are_refused(lost, desk, act):
    for method in (Client.get, Client.post):
        assert method(desk("other_supervisor"), act_url(act, lost)).status_code == 404
        for role in ("officer", "clerk", "administrator", "examiner"):
            assert method(desk(role), act_url(act, lost)).status_code == 403, role


def test_a_message_for_nobody_is_shown_to_everybody_who_handles_quarantine(submission, desk):
    reply = receive(sre(submission, "fbi", "N", tcr="T1", cri=("ZZ9999999",))).reply
    assert reply.agency is None

    for name in ("operator", "supervisor", "other_supervisor"):
        client = desk(name)
        assert act_url("reply_attach", reply) in said(client.get("/admin/"))
        assert "no jail of ours" in said(client.get(act_url("reply_attach", reply)))


def test_quarantine_is_on_the_front_page_and_in_the_list_of_replies(lost, desk):
    for name in ("operator", "supervisor"):
        client = desk(name)
        assert act_url("reply_attach", lost) in said(client.get("/admin/"))
        assert act_url("reply_attach", lost) in said(client.get("/admin/matching/reply/"))
        assert act_url("reply_dismiss", lost) in said(client.get("/admin/matching/reply/"))
    for name in ("officer", "other_supervisor"):
        client = desk(name)
        assert act_url("reply_attach", lost) not in said(client.get("/admin/"))
        assert act_url("reply_attach", lost) not in said(client.get("/admin/matching/reply/"))
