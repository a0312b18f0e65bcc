import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.desk.acts.conftest import act_url, events, messages_of, said
from tests.matching.conftest import Checks, answer_states, eft, errt, iar, receive, sre


@pytest.fixture
def checks(cast) -> Checks:
    return Checks(cast)


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("new.eft", content, "application/octet-stream")


def test_new_prints_are_sent_from_the_page(checks, desk, send):
    submission = checks.open()
    receive(errt(submission, "state"))

    response = send(desk("officer"), "reprint", submission.case, eft=upload(eft()))

    submission.refresh_from_db()
    assert response.status_code == 302
    assert submission.state == "superseded"
    assert submission.superseded_by.document is not None
    assert events("matching.submission_superseded") == 1
    assert submission.superseded_by.tcn in messages_of(response)[0]


def test_wrong_new_prints_are_refused_at_the_file_which_is_kept(checks, desk, send):
    submission = checks.open()

    response = send(desk("officer"), "reprint", submission.case, eft=upload(eft(surname="Other")))

    page = said(response)
    assert response.status_code == 400
    assert "The file has another surname." in page
    assert 'id="id_eft_error"' in page
    assert "Kept from before: new.eft" in page
    assert events("matching.submission_superseded") == 0


def test_new_prints_sent_twice_go_out_once(checks, desk):
    submission = checks.open()
    client, content = desk("officer"), eft()
    token = "5a1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11"
    client.post(act_url("reprint", submission.case), {"form_token": token, "eft": upload(content)})

    again = client.post(act_url("reprint", submission.case), {"form_token": token, "eft": upload(content)})

    assert again.status_code == 302
    assert submission.case.submissions.count() == 2


def test_a_reprint_without_a_file_says_so(checks, desk, send):
    response = send(desk("officer"), "reprint", checks.open().case)

    assert response.status_code == 400
    assert 'href="#id_eft"' in said(response)


def test_a_supervisor_lets_held_back_prints_go(checks, desk, send):
    transmission = checks.minor().transmissions.get()
    client = desk("supervisor")

    page = said(client.get(act_url("transmission_release", transmission)))
    response = send(client, "transmission_release", transmission, reason="Charged as an adult")
    after = said(client.get(act_url("transmission_release", transmission)))

    transmission.refresh_from_db()
    assert "The person is a minor under the rule of this place." in page
    assert "cannot be called back" in page
    assert response.status_code == 302
    assert transmission.state == "queued"
    assert events("matching.transmission_released") == 1
    assert "These prints are not held back" in after


def test_letting_prints_go_needs_a_reason_and_happens_once(checks, desk, send):
    transmission = checks.minor().transmissions.get()
    client = desk("supervisor")

    missing = send(client, "transmission_release", transmission, reason="  ")
    first = send(client, "transmission_release", transmission, reason="Adult")
    second = send(client, "transmission_release", transmission, reason="Adult")

    assert missing.status_code == 400
    assert "Enter a reason." in said(missing)
    assert first.status_code == 302
    assert second.status_code == 409
    assert events("matching.transmission_released") == 1


def test_a_person_reads_the_immigration_response_and_records_it(checks, desk, send):
    submission = checks.open()
    receive(sre(submission, "dhs", "I"))
    receive(iar(submission))
    client = desk("clerk")

    page = said(client.get(act_url("iar_code", submission)))
    response = send(
        client, "iar_code", submission, meaning="iar_no_interest", reason="NO RECORD THAT IS OF INTEREST"
    )

    assert "NO RECORD THAT IS OF INTEREST." in page
    assert "checked" not in page
    assert response.status_code == 302
    assert answer_states(submission)["dhs"] == "iar_no_interest"
    assert events("matching.iar_coded") == 1


def test_the_response_is_found_by_its_answer_too(checks, desk):
    submission = checks.open()
    receive(iar(submission))

    response = desk("clerk").get(act_url("iar_code", submission.answers.get(source="dhs")))

    assert "NO RECORD THAT IS OF INTEREST." in said(response)


def test_coding_asks_for_meaning_and_words_and_keeps_them(checks, desk, send):
    submission = checks.open()
    receive(iar(submission))

    response = send(desk("clerk"), "iar_code", submission, reason="NO RECORD")

    assert response.status_code == 400
    assert "Choose what the response says" in said(response)
    assert "NO RECORD</textarea>" in said(response)
    assert events("matching.iar_coded") == 0


def test_without_a_response_there_is_nothing_to_code(checks, desk, send):
    submission = checks.open()

    page = said(desk("clerk").get(act_url("iar_code", submission)))
    response = send(desk("clerk"), "iar_code", submission, meaning="iar_interest", reason="x")

    assert "there is nothing to record" in page
    assert response.status_code == 409


def test_a_correction_shows_what_was_recorded_before(checks, desk, send):
    submission = checks.open()
    receive(iar(submission))
    send(desk("clerk"), "iar_code", submission, meaning="iar_interest", reason="Misread")

    page = said(desk("supervisor").get(act_url("iar_code", submission)))
    same = send(desk("supervisor"), "iar_code", submission, meaning="iar_interest", reason="Again")
    other = send(desk("supervisor"), "iar_code", submission, meaning="iar_no_interest", reason="Read again")

    assert "Clerk recorded before: interest." in page
    assert same.status_code == 409
    assert other.status_code == 302
    assert answer_states(submission)["dhs"] == "iar_no_interest"


def test_others_see_nothing_and_roles_without_it_are_refused(checks, desk):
    held = checks.minor()
    transmission = held.transmissions.get()
    about = {"reprint": held.case, "transmission_release": transmission, "iar_code": held}
    refused = {"reprint": "clerk", "transmission_release": "officer", "iar_code": "operator"}

    for name, thing in about.items():
        assert desk("other_supervisor").get(act_url(name, thing)).status_code == 404, name
        assert desk("other_supervisor").post(act_url(name, thing), {}).status_code == 404, name
        assert desk(refused[name]).get(act_url(name, thing)).status_code == 403, name
        assert desk(refused[name]).post(act_url(name, thing), {}).status_code == 403, name
