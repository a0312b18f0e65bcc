"""Prints that stopped on their way, or before our own repository, are shown to those who may act, and started over."""

from datetime import timedelta

import pytest
from django.test import Client

from matching import services
from matching.extraction import Unusable
from matching.services import searches
from tests.desk.acts.conftest import act_url, events, messages_of, said
from tests.matching.conftest import Checks

TOKEN = "3b1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11"


@pytest.fixture
def checks(cast) -> Checks:
    return Checks(cast)


def stopped_search(checks, monkeypatch):
    """A search that gave up because the prints cannot be read."""

    def extract(content):
        raise Unusable("no_usable_finger", "No finger could be read. Take new prints.")

    monkeypatch.setattr(searches, "extract_prints", extract)
    search = checks.open().print_search
    services.search_prints(search_id=search.pk, owner="w1", clock=lambda: search.next_attempt_at)
    search.refresh_from_db()
    assert search.state == "failed"
    return search


@pytest.fixture(params=["transmission_retry", "search_retry"])
def stopped(request, checks, monkeypatch):
    """(act, row): failed prints of both kinds."""
    is_search = request.param == "search_retry"
    row = stopped_search(checks, monkeypatch) if is_search else checks.transmission("failed")
    return request.param, row


def test_what_failed_how_often_and_why_is_said_and_it_starts_over(stopped, desk, send):
    act, row = stopped
    client = desk("supervisor")

    page = said(client.get(act_url(act, row)))
    response = send(client, act, row, reason="The bureau repaired its line")
    after = said(client.get(act_url(act, row)))

    row.refresh_from_db()
    assert row.submission.tcn in page
    assert "It was tried 1 time." in page
    assert f"The last error was: {'No finger' if act == 'search_retry' else 'Refused.'}" in page
    assert response.status_code == 302
    assert "again now" in messages_of(response)[0]
    assert (row.state, row.attempts) == ("queued", 0)
    assert events("matching.transmission_retried") + events("matching.print_search_retried") == 1
    assert "This is not stopped any more: its state is queued." in after


def test_a_reason_is_needed(stopped, desk, send):
    act, row = stopped

    response = send(desk("supervisor"), act, row, reason=" \n ")

    row.refresh_from_db()
    assert response.status_code == 400
    assert 'href="#id_reason"' in said(response)
    assert "Enter why it should work now." in said(response)
    assert row.state == "failed"


def test_the_same_form_twice_starts_it_over_once(stopped, desk):
    act, row = stopped
    client, form = desk("supervisor"), {"form_token": TOKEN, "reason": "Line repaired"}

    first = client.post(act_url(act, row), form)
    again = client.post(act_url(act, row), form)
    other = client.post(act_url(act, row), {"reason": "Line repaired"})

    assert first.status_code == again.status_code == 302
    assert "Nothing was done twice" in messages_of(again)[-1]
    assert other.status_code == 409
    assert events("matching.transmission_retried") + events("matching.print_search_retried") == 1


def test_out_of_scope_is_nothing_and_roles_without_it_are_refused(stopped, desk):
    act, row = stopped

    for method in (Client.get, Client.post):
        assert method(desk("other_supervisor"), act_url(act, row)).status_code == 404
        assert method(desk("officer"), act_url(act, row)).status_code == 403
        assert method(desk("examiner"), act_url(act, row)).status_code == 403


def test_prints_set_aside_say_so_and_how_often_people_tried(checks, desk, send):
    row = checks.transmission("quarantined")

    page = said(desk("supervisor").get(act_url("transmission_retry", row)))
    send(desk("supervisor"), "transmission_retry", row, reason="Worker repaired")
    checks._die_again_and_again(row, row.next_attempt_at + timedelta(hours=9))
    after = said(desk("supervisor").get(act_url("transmission_retry", row)))

    assert "Workers died on it 5 times, so it was set aside." in page
    assert "before." not in page.split("act-what")[1].split("</p>")[0]
    assert "A person started it over 1 time before." in after


def test_the_board_and_the_case_lead_a_supervisor_there_and_an_officer_to_new_prints(stopped, desk):
    act, row = stopped
    supervisor, officer = desk("supervisor"), desk("officer")
    case = f"/admin/case/{row.submission.case.public_id}/"

    assert act_url(act, row) in said(supervisor.get("/admin/"))
    assert act_url(act, row) in said(supervisor.get(case))
    assert act_url(act, row) not in said(officer.get("/admin/"))
    assert act_url("reprint", row.submission.case) in said(officer.get("/admin/"))
    assert "Your role here does not include it." in said(officer.get(case))


def test_the_operator_sees_it_without_a_name_and_acts(stopped, desk, send):
    act, row = stopped
    client = desk("operator")

    front = said(client.get("/admin/"))
    page = said(client.get(act_url(act, row)))
    response = send(client, act, row, reason="Line repaired")

    assert act_url(act, row) in front
    assert row.submission.case.number in front
    assert row.submission.tcn in page
    for text in (front, page):
        assert "SAMPLE" not in text.upper()
        assert f"/admin/case/{row.submission.case.public_id}" not in text
    assert response["Location"] == "/admin/"
    assert act_url(act, row) not in said(client.get("/admin/"))


def test_prints_of_somebody_released_are_still_seen_by_the_supervisor(checks, cast, desk):
    from cases.services import release

    row = checks.transmission("failed")
    case = row.submission.case
    release(case_id=case.pk, actor=cast.actor("officer"), at=row.created_at, to="street", reason="Bond")

    assert act_url("transmission_retry", row) in said(desk("supervisor").get("/admin/"))
    assert act_url("transmission_retry", row) not in said(desk("other_supervisor").get("/admin/"))
