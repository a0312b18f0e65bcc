"""A warrant, or a finding, that comes after the detainer was registered."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Agency
from cases.services import content_of
from detainers.models import Detainer
from tests.desk.acts.conftest import act_url, events, messages_of, said, wall
from tests.desk.acts.test_detainers import paper

TOKEN = "6e1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11"


def register(book, desk) -> Detainer:
    desk("clerk").post(act_url("detainer_register", book()), paper())
    return Detainer.objects.get()


@pytest.fixture
def detainer(book, desk) -> Detainer:
    return register(book, desk)


@pytest.fixture
def in_new_jersey(cast, book, desk) -> Detainer:
    """A detainer where the law asks for a listed serious case or a judge's final order."""
    Agency.objects.filter(pk=cast.jail.pk).update(state="NJ")
    return register(book, desk)


@pytest.fixture
def in_north_carolina(cast, book, desk) -> Detainer:
    """A detainer where the law asks for a judicial order and an administrative warrant."""
    Agency.objects.filter(pk=cast.jail.pk).update(state="NC")
    return register(book, desk)


def warrant(**changes):
    return {
        "form_token": TOKEN,
        "kind": "ADMIN_I200",
        "signed_by_role": "immigration_officer",
        "signed_at": "2026-03-18 00:00",
    } | changes


def finding(**changes):
    return {
        "form_token": TOKEN,
        "condition": "listed_serious_case",
        "basis": "Judgment 22-1187",
        "at": wall(timezone.now()),
    } | changes


def test_a_warrant_is_added_with_its_scan(detainer, desk):
    client = desk("officer")
    scan = SimpleUploadedFile("i200.pdf", b"%PDF-1.7 warrant", "text/html")

    response = client.post(act_url("warrant_record", detainer), warrant(scan=scan))
    page = said(client.get(act_url("warrant_record", detainer)))

    row = detainer.warrants.get()
    assert response.status_code == 302, said(response)
    assert (row.kind, row.signed_by_role) == ("ADMIN_I200", "immigration_officer")
    assert content_of(row.document) == b"%PDF-1.7 warrant"
    assert "By itself it holds nobody." in messages_of(response)[0]
    assert events("detainers.warrant_recorded") == 1
    assert "Recorded before: I-200, signed by an immigration officer" in page


def test_a_judge_s_warrant_becomes_a_ground(detainer, desk):
    typed = warrant(kind="JUDICIAL_CRIMINAL", signed_by_role="judge", signed_at=wall(timezone.now()))

    response = desk("clerk").post(act_url("warrant_record", detainer), typed)

    assert response.status_code == 302, said(response)
    assert detainer.case.grounds.filter(kind="judicial_warrant").count() == 1
    assert "It is a local ground of the case." in messages_of(response)[0]


def test_a_database_hit_is_said_to_be_no_warrant(detainer, desk):
    response = desk("clerk").post(
        act_url("warrant_record", detainer), warrant(kind="NCIC_ADMIN_HIT", signed_by_role="nobody")
    )

    assert "It is no warrant and meets no condition." in messages_of(response)[0]


def test_a_wrong_warrant_is_refused_at_its_fields_and_kept(detainer, desk):
    scan = SimpleUploadedFile("i200.pdf", b"%PDF-1.7 warrant")
    typed = warrant(kind="", signed_by_role="judge", signed_at="", scan=scan)

    response = desk("clerk").post(act_url("warrant_record", detainer), typed)
    future = desk("clerk").post(
        act_url("warrant_record", detainer), warrant(signed_at=wall(timezone.now() + timedelta(hours=3)))
    )

    page = said(response)
    assert response.status_code == future.status_code == 400
    assert "Choose the kind of warrant." in page
    assert "Enter date and time, like 2026-03-19 14:00." in page
    assert 'value="judge"' in page
    assert "Kept from before: i200.pdf" in page
    assert "lies in the future" in said(future)
    assert 'id="id_signed_at_error"' in said(future)
    assert detainer.warrants.count() == 0


def test_a_warrant_sent_twice_counts_once(detainer, desk):
    client = desk("officer")
    client.post(act_url("warrant_record", detainer), warrant())

    again = client.post(act_url("warrant_record", detainer), warrant())

    assert again.status_code == 302
    assert detainer.warrants.count() == 1


def test_a_finding_meets_the_condition_and_the_policy_decides_again(in_new_jersey, desk):
    detainer, client = in_new_jersey, desk("supervisor")
    before = detainer.decisions.latest("pk")

    page = said(client.get(act_url("condition_record", detainer)))
    response = client.post(act_url("condition_record", detainer), finding())

    assert before.verdict == "conditions_not_met"
    assert "The person is in a class of serious cases that the law lists" in page
    assert "A final order of removal signed by a judge is there" in page
    assert "terrorism" not in page.lower()
    assert "on a list that the law names" not in page
    assert response.status_code == 302, said(response)
    assert detainer.findings.get().condition == "listed_serious_case"
    assert events("detainers.condition_recorded") == 1
    assert detainer.decisions.latest("pk").verdict == "hold_permitted"


def test_a_finding_asks_what_and_on_what_basis(in_new_jersey, desk, send):
    client = desk("supervisor")

    empty = send(client, "condition_record", in_new_jersey, at="tomorrow", basis="Judgment 22-1187")
    foreign = send(client, "condition_record", in_new_jersey, **finding(condition="terrorism_list"))
    blank = send(client, "condition_record", in_new_jersey, **finding(basis=" "))

    assert empty.status_code == foreign.status_code == blank.status_code == 400
    assert "Choose the condition that is met." in said(empty)
    assert 'value="Judgment 22-1187"' in said(empty)
    assert "Choose the condition that is met." in said(foreign)
    assert "Enter on what it rests" in said(blank)
    assert in_new_jersey.findings.count() == 0


def test_a_finding_sent_twice_counts_once_and_is_not_offered_again(in_new_jersey, desk):
    client = desk("supervisor")
    form = finding()
    client.post(act_url("condition_record", in_new_jersey), form)

    again = client.post(act_url("condition_record", in_new_jersey), form)
    page = said(client.get(act_url("condition_record", in_new_jersey)))

    assert again.status_code == 302
    assert in_new_jersey.findings.count() == 1
    assert 'value="listed_serious_case"' not in page


def test_where_no_law_asks_for_a_finding_the_page_says_so(detainer, desk):
    client = desk("supervisor")

    page = said(client.get(act_url("condition_record", detainer)))
    response = client.post(act_url("condition_record", detainer), finding())

    assert "No law in force here asks for such a finding" in page
    assert response.status_code == 400
    assert detainer.findings.count() == 0


def test_the_case_page_says_which_condition_is_missing_and_leads_there(in_new_jersey, desk):
    case = f"/admin/case/{in_new_jersey.case.public_id}/"

    supervisor, officer = said(desk("supervisor").get(case)), said(desk("officer").get(case))

    assert act_url("condition_record", in_new_jersey) in supervisor
    assert "Not recorded: that the person is in a class of serious cases" in supervisor
    assert act_url("condition_record", in_new_jersey) not in officer
    assert act_url("warrant_record", in_new_jersey) in officer


def test_what_is_missing_goes_away_when_it_is_recorded(in_north_carolina, desk):
    case = f"/admin/case/{in_north_carolina.case.public_id}/"
    client = desk("supervisor")

    before = said(client.get(case))
    client.post(act_url("warrant_record", in_north_carolina), warrant())
    after = said(client.get(case))

    assert (
        "Not recorded: that a judicial official has ordered the hold; that an administrative warrant"
        in before
    )
    assert act_url("condition_record", in_north_carolina) not in before
    assert "Not recorded: that a judicial official has ordered the hold." in after


def test_withdrawn_detainers_and_people_who_left_take_nothing_more(detainer, desk, send):
    client = desk("supervisor")
    send(client, "detainer_lift", detainer, at=wall(timezone.now()), reason="Fax", code="L")

    page = said(client.get(act_url("warrant_record", detainer)))
    response = client.post(act_url("warrant_record", detainer), warrant())

    assert "This detainer was lifted on" in page
    assert response.status_code == 409
    assert detainer.warrants.count() == 0


def test_out_of_scope_is_nothing_and_roles_without_it_are_refused(in_new_jersey, desk):
    refused = {
        "warrant_record": ("administrator",),
        "condition_record": ("officer", "clerk", "administrator"),
    }

    for act, roles in refused.items():
        for method in (Client.get, Client.post):
            assert method(desk("other_supervisor"), act_url(act, in_new_jersey)).status_code == 404
            for role in roles:
                assert method(desk(role), act_url(act, in_new_jersey)).status_code == 403, (act, role)
