from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.keys.services import erase
from audit.models import Access
from cases import services
from cases.models import Document
from cases.services.documents import key_of_document
from detainers.models import Breach
from tests.detainers.builders import ago
from tests.factories import person_facts
from tests.matching.conftest import answer_states, receive, sre


def url(case):
    return reverse("admin:case", args=[case.public_id])


def page_of(client, case):
    response = client.get(url(case))
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_it_opens_and_writes_one_access_row(at_desk, book, cast):
    case = book()

    at_desk("officer").get(url(case))

    access = Access.objects.get()
    assert (access.action, access.case_id, access.objects_shown) == (
        "case.opened",
        case.public_id,
        [case.public_id],
    )
    assert access.agency_id == cast.jail.public_id


@pytest.mark.parametrize("name", ["other_officer", "other_supervisor"])
def test_a_case_of_another_jail_does_not_exist(at_desk, book, name):
    case = book()

    assert at_desk(name).get(url(case)).status_code == 404
    assert Access.objects.count() == 0


@pytest.mark.parametrize("name", ["examiner", "liaison", "operator", "reviewer", "stranger"])
def test_a_role_without_cases_gets_no_case_page(at_desk, book, name):
    assert at_desk(name).get(url(book())).status_code == 403


def test_nobody_reads_it_without_signing_in(client, book):
    response = client.get(url(book()))

    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


def test_it_shows_person_number_clock_and_the_next_act(at_desk, road):
    case, _detainer = road.held(eligible_at=ago(hours=45))

    page = page_of(at_desk("officer"), case)

    assert case.number in page
    assert "SAMPLE, One" in page
    assert "Hold on a detainer ends" in page
    assert 'data-tick="' in page
    assert "Release or pickup" in page


def test_the_timeline_is_sentences_by_day_in_the_time_of_the_jail(at_desk, book):
    case = book()

    page = page_of(at_desk("officer"), case)

    assert "Officer booked the person, " in page
    assert "CST" in page or "CDT" in page


def test_three_answers_stand_apart_and_none_is_a_finding_of_removability(at_desk, checks):
    submission = checks.open()
    receive(sre(submission, "fbi", "I"))

    page = page_of(at_desk("officer"), submission.case)

    assert answer_states(submission)["fbi"] == "identification"
    for heading in ("State criminal history", "FBI criminal history", "DHS immigration records"):
        assert page.count(f"<h3>{heading}</h3>") == 1
    assert "It is not a finding that anybody may be held or removed." in page


def test_the_clock_is_drawn_with_a_title_and_its_derivation(at_desk, road):
    case, _detainer = road.held(eligible_at=ago(hours=45))

    page = page_of(at_desk("officer"), case)

    assert '<svg viewBox="0 0 720 132" role="img" aria-labelledby="strip-title strip-text"' in page
    assert "The last local ground ended on" in page
    assert "The earliest limit governs" in page


def test_the_policy_is_shown_with_citation_and_every_rule_tried(at_desk, road):
    case = road.register(road.case()).case

    page = page_of(at_desk("officer"), case)

    assert "What the policy says" in page
    assert "Tex. Code Crim. Proc." in page
    assert "Every rule that was tried" in page
    assert "8 U.S.C. 1373" in page


def test_what_cannot_be_done_says_why(at_desk, road):
    case = road.register(road.case()).case

    page = page_of(at_desk("administrator"), case)

    assert "What cannot, and why" in page
    assert "The copy was not served. Without it this edition gives no ground to hold." in page
    assert "Your role here does not include it." in page


def test_a_case_without_a_detainer_says_that_nothing_else_holds(at_desk, road):
    case = road.eligible(road.case(), at=ago(hours=2))

    page = page_of(at_desk("officer"), case)

    assert "Held without authority" in page
    assert "There is no hold, so authority ended with it." in page
    assert "An answer or a match holds nobody." in page


def test_who_escaped_can_be_recorded_as_back_and_who_left_gets_no_new_authority(at_desk, road, cast):
    gone, _detainer = road.held(eligible_at=ago(hours=1))
    free, _detainer = road.held(eligible_at=ago(hours=1))
    officer = cast.actor("officer")
    services.record_escape(case_id=gone.pk, actor=officer, at=ago(minutes=5), reason="Over the wall.")
    services.release(case_id=free.pk, actor=officer, at=ago(minutes=5), to="street")

    assert "Record the return" in page_of(at_desk("officer"), gone)
    page = page_of(at_desk("officer"), free)
    assert "Record the return" not in page
    assert "Record a judge's order" not in page


def test_a_breach_is_shown_with_its_length_after_a_late_release(at_desk, road, cast):
    ended = ago(hours=3)
    case = road.eligible(road.case(), at=ended)
    services.release(case_id=case.pk, actor=cast.actor("officer"), at=ended + timedelta(hours=1), to="street")

    page = page_of(at_desk("supervisor"), case)

    breach = Breach.objects.get()
    assert (breach.from_at, breach.until_at) == (ended, ended + timedelta(hours=1))
    assert "Custody without authority" in page
    assert "(1 h 0 min)" in page
    assert "Explain the breach" in page


def test_who_looked_is_shown_to_who_may_read_the_trail_and_to_nobody_else(at_desk, book):
    case = book()
    page_of(at_desk("clerk"), case)

    assert "Who looked" in page_of(at_desk("supervisor"), case)
    assert "Who looked" not in page_of(at_desk("officer"), case)


def test_a_link_to_a_case_out_of_sight_is_words_and_no_link(at_desk, book, cast):
    case, other = book(), book(who="other_officer", agency=cast.other_jail)
    services.link_same_person(
        case_id=case.pk,
        other_case_id=other.pk,
        actor=cast.actor("examiner"),
        at=ago(minutes=1),
        reason="By prints.",
    )

    page = page_of(at_desk("officer"), case)

    assert "Same person by prints" in page
    assert str(other.public_id) not in page


def test_a_name_cannot_bring_markup_into_the_page(at_desk, book):
    case = book(person=person_facts(surname="<script>alert(1)</script>"))

    raw = at_desk("officer").get(url(case)).content.decode().lower()

    assert "<script>alert" not in raw
    assert "&lt;script&gt;alert" in raw


def test_more_events_and_papers_do_not_take_more_queries(at_desk, road):
    client = at_desk("supervisor")

    def queries(case):
        with CaptureQueriesContext(connection) as seen:
            page_of(client, case)
        return len(seen)

    one = road.register(road.case()).case
    several = road.case()
    for _number in range(4):
        road.serve(road.register(several))

    assert queries(several) <= queries(one)


@pytest.fixture
def document(cast):
    return services.store_document(
        actor=cast.actor("officer"),
        agency=cast.jail,
        kind="detainer_form",
        media_type="text/html",
        content=b"<script>alert(1)</script>",
        channel="fax",
        at=ago(hours=1),
    )


def test_a_document_is_only_ever_a_download_and_recorded(at_desk, document):
    response = at_desk("officer").get(reverse("admin:document", args=[document.public_id]))

    assert response.content == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert Access.objects.get().action == "document.downloaded"


@pytest.mark.parametrize(("name", "status"), [("other_officer", 404), ("examiner", 403), ("liaison", 403)])
def test_a_document_is_for_those_who_may_see_documents_there(at_desk, document, name, status):
    assert at_desk(name).get(reverse("admin:document", args=[document.public_id])).status_code == status
    assert Access.objects.count() == 0


def test_an_erased_document_says_since_when_it_is_gone(at_desk, cast, document):
    erase(key_of_document(document.pk), actor=cast.actor("supervisor"), reason="court order")

    page = at_desk("officer").get(reverse("admin:document", args=[document.public_id]))

    assert page.status_code == 410
    assert "This record was erased on" in page.content.decode()


def test_the_list_of_documents_never_holds_their_bytes(at_desk, document):
    client = at_desk("officer")

    page = client.get("/admin/cases/document/")
    one = client.get(f"/admin/cases/document/{document.pk}/change/")

    assert (page.status_code, one.status_code) == (200, 200)
    assert b"alert(1)" not in page.content + one.content
    assert Document.objects.count() == 1
