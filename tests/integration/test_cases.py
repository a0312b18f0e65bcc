from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Access
from cases import services
from cases.models import Case
from detainers import services as detainers
from tests.detainers.builders import Road, ago
from tests.detainers.corrections import correct
from tests.factories import person_facts
from tests.matching.conftest import eft

URL = "/api/v1/cases"


@pytest.mark.django_db
def test_case_on_local_grounds_has_no_end_of_authority(machine, book):
    case = book()

    body = machine.get(f"{URL}/{case.public_id}").json()

    assert body["stage"] == "booked"
    assert body["number"] == case.number
    assert body["custody"]["state"] == "in_custody"
    assert body["clock"]["authority"] == "local_ground"
    assert body["clock"]["authority_ends_at"] is None
    assert body["clock"]["remaining_seconds"] is None
    assert body["clock"]["derivation"] == []
    assert (body["detainers"], body["breach"]) == ([], None)


@pytest.mark.django_db
def test_three_answers_stand_apart(machine, book):
    case = book(eft=eft())

    body = machine.get(f"{URL}/{case.public_id}").json()

    assert body["stage"] == "checking"
    assert set(body["answers"]) == {"state", "fbi", "dhs"}
    assert {source: answer["state"] for source, answer in body["answers"].items()} == {
        "state": "waiting",
        "fbi": "waiting",
        "dhs": "waiting",
    }
    assert body["answers"]["fbi"]["is_finding"] is False


@pytest.mark.django_db
def test_custody_past_authority_is_overdue_with_its_breach(machine, book):
    case = book.eligible(at=timezone.now() - timedelta(minutes=90))
    detainers.expire_due(at=timezone.now())

    body = machine.get(f"{URL}/{case.public_id}").json()

    assert body["stage"] == "overdue"
    assert body["clock"]["authority"] == "none"
    assert body["clock"]["remaining_seconds"] == 0
    assert body["clock"]["is_in_breach"] is True
    assert body["breach"]["state"] == "open"
    assert 89 <= body["breach"]["minutes"] <= 91


@pytest.mark.django_db
def test_hold_shows_its_deadline_the_way_to_it_and_the_decision(machine, book, cast):
    case, detainer = Road(cast, book).held(eligible_at=ago(hours=1))

    body = machine.get(f"{URL}/{case.public_id}").json()

    assert (body["stage"], body["clock"]["authority"]) == ("hold", "hold")
    assert 46 * 3600 < body["clock"]["remaining_seconds"] <= 47 * 3600
    assert any("48 hours from the release time" in line for line in body["clock"]["derivation"])
    paper = body["detainers"][0]
    assert (paper["id"], paper["edition"], paper["state"]) == (
        str(detainer.public_id),
        "I-247A_2017",
        "served",
    )
    assert paper["served_at"] is not None
    assert (paper["decision"]["verdict"], paper["decision"]["policy"]) == ("hold_required", "TX_2_251")
    assert "Sample" not in str(body)


@pytest.mark.django_db
def test_detainer_on_local_grounds_is_its_stage(machine, book, cast):
    road = Road(cast, book)
    case = road.case()
    road.register(case)

    body = machine.get(f"{URL}/{case.public_id}").json()

    assert body["stage"] == "detainer"
    assert body["detainers"][0]["served_at"] is None


@pytest.mark.django_db
def test_end_of_custody_ends_the_case(machine, book, cast):
    case = book()
    services.release(case_id=case.pk, actor=cast.actor("officer"), at=timezone.now())

    body = machine.get(f"{URL}/{case.public_id}").json()

    assert body["stage"] == "ended"
    assert body["custody"]["state"] == "released"
    assert body["custody"]["ended_at"] is not None


@pytest.mark.django_db
def test_reading_a_case_leaves_one_access_row(machine, book):
    case = book()

    machine.get(f"{URL}/{case.public_id}")

    row = Access.objects.get(action="case.read")
    assert (row.actor_kind, row.objects_shown, row.case_id) == ("client", [case.public_id], case.public_id)


@pytest.mark.django_db
def test_case_shows_no_name_or_birth_date(machine, book):
    case = book()

    text = machine.get(f"{URL}/{case.public_id}").content.decode()

    assert "Sample" not in text
    assert "1990" not in text


@pytest.mark.django_db
def test_case_of_another_jail_is_not_there(other_machine, book):
    case = book()

    answer = other_machine.get(f"{URL}/{case.public_id}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert other_machine.get(URL).json()["results"] == []


@pytest.mark.django_db
def test_list_is_paged_by_cursor_newest_first_and_recorded(machine, book):
    now = timezone.now()
    cases = [book(booked_at=now - timedelta(hours=hours)) for hours in (30, 20, 10)]

    first = machine.get(f"{URL}?page_size=2").json()
    second = machine.get(first["next"]).json()

    numbers = [row["number"] for row in first["results"] + second["results"]]
    assert numbers == [case.number for case in reversed(cases)]
    assert second["next"] is None
    assert [
        len(row.objects_shown) for row in Access.objects.filter(action="cases.listed").order_by("pk")
    ] == [2, 1]


@pytest.mark.django_db
def test_list_is_narrowed_by_custody_and_by_change(machine, book, cast):
    staying, leaving = book(), book()
    mark = timezone.now()
    services.release(case_id=leaving.pk, actor=cast.actor("officer"), at=timezone.now())

    by_custody = machine.get(f"{URL}?custody_state=in_custody").json()["results"]
    by_change = machine.get(URL, **{}).json()["results"]
    changed = machine.http.get(
        URL, {"changed_since": mark.isoformat()}, headers={"Authorization": f"Bearer {machine.token}"}
    ).json()["results"]

    assert [row["number"] for row in by_custody] == [staying.number]
    assert len(by_change) == 2
    assert [row["number"] for row in changed] == [leaving.number]


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["custody_state=gone", "changed_since=yesterday"])
def test_unknown_filter_value_is_a_problem(machine, query):
    answer = machine.get(f"{URL}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


@pytest.mark.django_db
def test_list_costs_the_same_number_of_queries_for_one_case_and_for_ten(
    machine, book, django_assert_num_queries
):
    book()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        machine.get(URL)
    for _ in range(9):
        book(eft=eft())

    with django_assert_num_queries(len(one)):
        answer = machine.get(URL)

    assert len(answer.json()["results"]) == Case.objects.count() == 10


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["p=garbage", "r=1&p=9999-99-99", "p=\x00"])
def test_a_cursor_that_names_no_place_is_refused(machine, book, place):
    book()

    answer = machine.get(f"{URL}?cursor={b64encode(place.encode()).decode()}")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_corrections_are_told_without_what_they_say(machine, cast, book):
    case = book()
    correct(Road(cast, book), case, "person", "surname", "Quxandra")

    answer = machine.get(f"{URL}/{case.public_id}")

    (told,) = answer.json()["corrections"]
    assert (told["kind"], told["field"], told["state"], told["movement"]) == (
        "person",
        "surname",
        "applied",
        "none",
    )
    assert set(told) == {
        "id",
        "kind",
        "subject_id",
        "field",
        "state",
        "movement",
        "needs_second",
        "reason_code",
        "occurred_at",
        "recorded_at",
        "decided_at",
    }
    assert "Quxandra" not in answer.content.decode()
    assert "Sample" not in answer.content.decode()


@pytest.mark.django_db
def test_a_search_finds_by_name_and_number_and_the_word_is_not_kept(machine, book):
    case = book(person=person_facts(surname="Schmidt"))
    book(person=person_facts(surname="Quux"))

    found = [
        machine.get(f"{URL}?search={word}").json()["results"]
        for word in ("smith", case.number, case.booking.booking_number)
    ]

    assert [[row["id"] for row in rows] for rows in found] == [[str(case.public_id)]] * 3
    assert not Access.objects.filter(query__contains="smith").exists()
    assert machine.get(f"{URL}?search=nobody").json()["results"] == []
