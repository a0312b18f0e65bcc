import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.bases import BoundedPaginator, ScopedModelAdmin
from audit.models import Access
from desk.site import ClearholdAdminSite
from tests.detainers.builders import ago
from tests.factories import person_facts


def test_our_site_is_the_default_one_and_every_list_on_it_is_scoped():
    assert isinstance(admin.site, ClearholdAdminSite)
    assert admin.site._registry
    assert [
        model for model, entry in admin.site._registry.items() if not isinstance(entry, ScopedModelAdmin)
    ] == []


@pytest.mark.parametrize("term", ["2026-0", "B-0", "zebra"])
def test_cases_are_found_by_number_booking_number_and_surname(at_desk, book, term):
    case = book(person=person_facts(surname="Zebra"))
    wanted = {"2026-0": case.number, "B-0": case.booking.booking_number}.get(term, term)

    page = at_desk("officer").get("/admin/cases/case/", {"q": wanted}).content.decode()

    assert "ZEBRA" in page


def test_the_list_says_what_each_case_needs_and_until_when(at_desk, road):
    road.held(eligible_at=ago(hours=45))

    page = at_desk("officer").get("/admin/cases/case/").content.decode()

    assert "Hold on a detainer ends" in page
    assert "h 59 min left" in page


def test_the_list_shows_no_case_of_another_jail(at_desk, book):
    book(person=person_facts(surname="Zebra"))

    page = at_desk("other_officer").get("/admin/cases/case/", {"q": "zebra"}).content.decode()

    assert "ZEBRA" not in page


def test_a_longer_list_takes_as_many_queries(at_desk, road):
    client = at_desk("officer")

    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get("/admin/cases/case/")
        return len(seen)

    road.register(road.case())
    few = queries()
    for _number in range(12):
        road.register(road.case())

    assert queries() == few


def test_a_row_of_the_list_leads_to_the_case_page(at_desk, book):
    case = book()

    response = at_desk("officer").get(f"/admin/cases/case/{case.pk}/change/")

    assert response["Location"] == f"/admin/case/{case.public_id}/"


@pytest.mark.parametrize(
    ("path", "seen_by", "hidden_from"),
    [
        ("/admin/audit/event/", "supervisor", "officer"),
        ("/admin/audit/access/", "administrator", "clerk"),
        ("/admin/accounts/user/", "administrator", "supervisor"),
        ("/admin/accounts/membership/", "administrator", "officer"),
        ("/admin/accounts/agency/", "administrator", "officer"),
        ("/admin/cases/person/", "officer", "examiner"),
    ],
)
def test_lists_are_for_their_permission(at_desk, book, path, seen_by, hidden_from):
    book()

    assert at_desk(seen_by).get(path).status_code == 200
    assert at_desk(hidden_from).get(path).status_code == 403


def test_the_trail_of_another_agency_is_not_shown(at_desk, book):
    book()

    assert "booked the person" in at_desk("supervisor").get("/admin/audit/event/").content.decode()
    assert "booked the person" not in at_desk("other_supervisor").get("/admin/audit/event/").content.decode()


def test_an_administrator_sees_only_the_people_of_the_own_agency(at_desk):
    page = at_desk("administrator").get("/admin/accounts/user/").content.decode()

    assert "officer@example.org" in page
    assert "other_officer@example.org" not in page


def test_a_person_shows_only_case_numbers_within_sight(at_desk, book):
    case = book()

    client = at_desk("officer")
    page = client.get(f"/admin/cases/person/{case.person_id}/change/", follow=True).content.decode()

    assert case.number in page
    assert at_desk("other_officer").get(f"/admin/cases/person/{case.person_id}/change/").status_code in (
        302,
        404,
    )


def test_the_log_of_the_admin_has_no_address_and_no_link(at_desk, book):
    case = book()
    client = at_desk("supervisor")

    page = client.get(f"/admin/cases/person/{case.person_id}/change/", follow=True).content.decode()

    assert "/history/" not in page
    assert client.get(f"/admin/cases/person/{case.person_id}/history/").status_code == 404


@pytest.mark.parametrize("action", ["add/", "1/delete/"])
def test_nothing_is_added_or_deleted_there(at_desk, action):
    assert at_desk("supervisor").get(f"/admin/cases/case/{action}").status_code in (302, 403, 404)


def test_a_list_that_was_opened_is_recorded(at_desk, book):
    case = book()

    at_desk("officer").get("/admin/cases/case/")

    access = Access.objects.get()
    assert (access.action, access.objects_shown) == ("case.listed", [case.public_id])


def test_a_search_says_why_a_case_was_found_and_is_recorded_without_the_word(at_desk, book):
    case = book(person=person_facts(surname="Schmidt"))
    book(person=person_facts(surname="Quux"))

    page = at_desk("officer").get("/admin/cases/case/", {"q": "smith"}).content.decode()

    assert "SCHMIDT" in page
    assert "QUUX" not in page
    assert "Sounds like it" in page
    access = Access.objects.get()
    assert (access.action, access.objects_shown, access.query) == (
        "case.searched",
        [case.public_id],
        "by name",
    )


def test_people_are_searched_the_same_way(at_desk, book):
    book(person=person_facts(surname="Schmidt"))

    assert "SCHMIDT" in at_desk("officer").get("/admin/cases/person/", {"q": "smith"}).content.decode()
    assert (
        "SCHMIDT" not in at_desk("other_officer").get("/admin/cases/person/", {"q": "smith"}).content.decode()
    )


def test_the_agencies_offered_are_those_of_the_actor(at_desk, book, cast):
    book()

    page = at_desk("officer").get("/admin/cases/case/").content.decode()

    assert cast.other_jail.name not in page


def test_a_list_is_counted_only_as_far_as_anybody_turns_pages(at_desk, book, monkeypatch):
    for _number in range(4):
        book()
    client = at_desk("officer")
    monkeypatch.setattr(BoundedPaginator, "most", 3)

    with CaptureQueriesContext(connection) as seen:
        page = client.get("/admin/cases/case/").content.decode()

    assert "More than 3 cases" in page
    counts = [query["sql"] for query in seen.captured_queries if "COUNT(" in query["sql"]]
    assert all("LIMIT 4" in sql for sql in counts)
    monkeypatch.setattr(BoundedPaginator, "most", 4)
    assert "4 cases" in client.get("/admin/cases/case/").content.decode()
