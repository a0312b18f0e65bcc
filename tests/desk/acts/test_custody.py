from datetime import timedelta

import pytest
from django.utils import timezone

from detainers.models import Breach
from tests.desk.acts.conftest import act_url, events, messages_of, said, wall


@pytest.mark.parametrize(
    ("to", "action", "state"),
    [
        ("street", "cases.released", "released"),
        ("ice", "cases.released", "released"),
        ("other_agency", "cases.transferred", "transferred"),
    ],
)
def test_a_release_is_recorded(book, desk, send, to, action, state):
    case = book()
    at = timezone.now().replace(second=0, microsecond=0)

    response = send(desk("officer"), "release", case, to=to, at=wall(at), reason="Bond")

    case.refresh_from_db()
    assert response.status_code == 302
    assert (case.custody_state, case.custody_ended_at) == (state, at)
    assert events(action) == 1
    assert "Release recorded" in messages_of(response)[0]


def test_a_release_in_time_says_nothing_of_a_breach(book, desk):
    page = said(desk("officer").get(act_url("release", book())))

    assert "act-late" not in page
    assert "A release is never refused." in page


def test_a_late_release_says_plainly_that_a_breach_will_be_recorded_and_records_it(book, desk, send):
    case = book.eligible(at=timezone.now() - timedelta(minutes=47))
    client = desk("officer")

    page = said(client.get(act_url("release", case)))
    response = send(client, "release", case, to="street", at=wall(timezone.now()))

    assert "With it a breach of 4" in page
    assert response.status_code == 302
    breach = Breach.objects.get(case=case)
    assert breach.until_at is not None
    assert breach.state == "ended"
    assert "breach" in messages_of(response)[0]


def test_going_back_after_the_release_says_what_happened(book, desk, send):
    case = book()
    client = desk("officer")
    send(client, "release", case, to="street", at=wall(timezone.now()))

    page = said(client.get(act_url("release", case)))
    second = send(client, "release", case, to="ice", at=wall(timezone.now()))

    assert "not in custody here any more: released" in page
    assert second.status_code == 409
    assert "cannot be recorded" in said(second)
    assert events("cases.released") == 1


def test_the_same_release_form_twice_releases_once(book, desk):
    case, client = book(), desk("officer")
    form = {"form_token": "0e3df2c6-6f2e-4c5e-8d8d-1d6f0b7d6c11", "to": "street", "at": wall(timezone.now())}
    client.post(act_url("release", case), form)

    again = client.post(act_url("release", case), form)

    assert again.status_code == 302
    assert "You sent this form before" in messages_of(again)[-1]
    assert events("cases.released") == 1


def test_another_person_s_token_is_their_own(book, desk):
    case = book()
    form = {
        "form_token": "0e3df2c6-6f2e-4c5e-8d8d-1d6f0b7d6c11",
        "kind": "sentence",
        "at": wall(timezone.now()),
    }
    desk("officer").post(act_url("ground_add", case), form)

    desk("supervisor").post(act_url("ground_add", case), form)

    assert case.grounds.filter(kind="sentence").count() == 2


def test_wrong_input_keeps_what_was_typed_and_releases_nobody(book, desk, send):
    case = book()

    response = send(desk("officer"), "release", case, at="2199-01-01 10:00", reason="Picked up by family")

    page = said(response)
    assert response.status_code == 400
    assert "Choose where the person goes." in page
    assert "Picked up by family" in page
    assert "2199-01-01 10:00" in page
    assert "Read as Tue 1 Jan 2199, 10:00 CST" in page
    case.refresh_from_db()
    assert case.is_in_custody


def test_a_release_in_the_future_is_refused_at_the_time(book, desk, send):
    case = book()

    response = send(
        desk("officer"), "release", case, to="street", at=wall(timezone.now() + timedelta(hours=3))
    )

    assert response.status_code == 400
    assert "lies in the future" in said(response)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-03-08 02:30", "does not exist in America/Chicago"),
        ("2026-11-01 01:30", "happened twice in America/Chicago"),
        ("0001-01-01 00:00+14:00", "This is not a date and time."),
        ("9999-12-31 23:59", "Check the year"),
    ],
)
def test_times_that_are_none_are_refused_with_their_sentence(book, desk, send, text, sentence):
    response = send(desk("officer"), "release", book(), to="street", at=text)

    assert response.status_code == 400
    assert sentence in said(response)


def test_the_hour_that_happens_twice_can_be_entered_with_its_offset(cast, desk, send, book):
    case = book()

    response = send(desk("officer"), "release", case, to="street", at="2026-11-01 01:30-05:00")

    assert "happened twice" not in said(response) if response.status_code == 400 else True
    assert "happened twice" not in response.content.decode()


@pytest.mark.parametrize(
    ("what", "action", "state"), [("death", "cases.died", "died"), ("escape", "cases.escaped", "escaped")]
)
def test_a_death_or_an_escape_is_recorded(book, desk, send, what, action, state):
    case = book()

    response = send(
        desk("officer"), "custody", case, what=what, at=wall(timezone.now()), reason="Known to the shift"
    )

    case.refresh_from_db()
    assert response.status_code == 302
    assert case.custody_state == state
    assert events(action) == 1


def test_an_escaped_person_can_only_come_back(book, desk, send):
    case = book()
    client = desk("officer")
    send(client, "custody", case, what="escape", at=wall(timezone.now()), reason="Through the yard")

    page = said(client.get(act_url("custody", case)))
    refused = send(client, "custody", case, what="death", at=wall(timezone.now()), reason="x")
    back = send(client, "custody", case, what="recapture", at=wall(timezone.now()), reason="Brought back")

    assert "The escaped person is back" in page
    assert "died in custody" not in page
    assert refused.status_code == 400
    assert back.status_code == 302
    case.refresh_from_db()
    assert case.is_in_custody
    assert events("cases.recaptured") == 1


def test_custody_needs_words_and_keeps_them(book, desk, send):
    case = book()

    response = send(desk("officer"), "custody", case, at=wall(timezone.now()), reason="In the infirmary")

    assert response.status_code == 400
    assert "Choose what happened." in said(response)
    assert "In the infirmary" in said(response)
    assert events("cases.died") == 0


@pytest.mark.parametrize("name", ["release", "custody"])
def test_a_stranger_s_jail_is_not_found_and_a_role_without_it_is_refused(book, desk, name):
    case = book()

    assert desk("other_supervisor").get(act_url(name, case)).status_code == 404
    assert desk("other_supervisor").post(act_url(name, case), {}).status_code == 404
    assert desk("clerk").get(act_url(name, case)).status_code == 403
    assert desk("clerk").post(act_url(name, case), {}).status_code == 403


def test_nobody_signed_in_is_asked_to_sign_in(client, book):
    response = client.get(act_url("release", book()))

    assert response.status_code == 302
    assert response["Location"].startswith("/login/")
