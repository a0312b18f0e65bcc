"""The board narrowed by facility, unit, owner, stage and urgency, and the way back to it."""

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from cases import services
from desk import board
from desk.filters import Filters
from desk.stages import NAMES, Stage, stage_of
from desk.ways import Way
from detainers.models import SweepHeartbeat
from tests.desk.acts.conftest import act_url
from tests.detainers.builders import ago
from tests.factories import person_facts


def numbers(actor, **chosen):
    return {row.facts.number for row in board.read(actor, at=timezone.now(), filters=Filters(**chosen)).rows}


@pytest.fixture
def people(cast, road):
    """Somebody overdue in Unit 3, somebody to be served in Booking, and who owns them."""
    late = road.eligible(road.case(unit="Unit 3"), at=ago(minutes=5))
    served = road.register(road.case()).case
    services.claim_case(case_id=served.pk, actor=cast.actor("clerk"), at=timezone.now())
    return late.number, served.number


@pytest.mark.parametrize(
    ("chosen", "who"),
    [
        ({}, {0, 1}),
        ({"unit": "Unit 3"}, {0}),
        ({"unit": "Booking"}, {1}),
        ({"unit": "Nowhere"}, set()),
        ({"owner": "me"}, {1}),
        ({"owner": "team"}, set()),
        ({"owner": "none"}, {0}),
        ({"stage": "over"}, {0}),
        ({"stage": "detainer"}, {1}),
        ({"stage": "hold"}, set()),
        ({"level": "over"}, {0}),
        ({"level": "act"}, {1}),
        ({"unit": "Unit 3", "owner": "me"}, set()),
    ],
)
def test_each_choice_shows_whom_it_means(cast, people, chosen, who):
    assert numbers(cast.actor("clerk"), **chosen) == {people[index] for index in who}


def test_my_teams_is_what_colleagues_own(cast, people):
    assert numbers(cast.actor("officer"), owner="team") == {people[1]}
    assert numbers(cast.actor("officer"), owner=str(cast.user("clerk").public_id)) == {people[1]}


def test_what_a_leaver_owned_is_nobodys(cast, people):
    Membership.objects.filter(user=cast.user("clerk")).update(ends_at=timezone.now())

    assert numbers(cast.actor("officer"), owner="none") == set(people)


def test_my_own_list_has_those_with_nothing_open_as_well(cast, book):
    case = book()
    services.claim_case(case_id=case.pk, actor=cast.actor("officer"), at=timezone.now())

    assert numbers(cast.actor("officer")) == set()
    assert numbers(cast.actor("officer"), owner="me") == {case.number}


def test_every_situation_has_a_stage_and_every_stage_a_name(cast, people):
    rows = board.read(cast.actor("clerk"), at=timezone.now()).rows

    assert {stage_of(row.situation) for row in rows} == {Stage.OVER, Stage.DETAINER}
    assert set(NAMES) == set(Stage)


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ({}, ""),
        ({"unit": "Unit 3", "owner": "me"}, "unit=Unit+3&owner=me"),
        ({"agency": "x", "owner": "'; DROP", "stage": "none", "level": "9", "rows": "10000000"}, ""),
        ({"unit": "\0" + "ä" * 200}, "unit=" + "%C3%A4" * 40),
        ({"rows": "1000"}, "rows=1000"),
    ],
)
def test_an_address_is_read_and_written_back_without_what_makes_no_sense(given, query):
    filters = Filters.read(given)

    assert filters.query == query
    assert Filters.parse(filters.query) == filters


def test_no_address_leads_anywhere_but_to_the_board(people):
    way = Way.read({"board": "unit=A&next=https://evil.example", "then": "board"})

    assert way.after("/admin/case/1/") == "/admin/?unit=A"
    assert Way.read({"board": "//evil.example"}).after("/admin/case/1/") == "/admin/case/1/"


def test_an_act_from_the_board_leads_back_to_the_same_board(at_desk, cast, road):
    case = road.eligible(road.case(unit="Unit 3"), at=ago(minutes=5))
    client = at_desk("officer")
    page = unescape(client.get("/admin/?unit=Unit+3").content.decode())
    url = f"{act_url('release', case)}?board=unit%3DUnit%2B3&then=board"
    assert url in page

    form = client.get(url)
    left = timezone.now().astimezone(case.agency.zone).strftime("%Y-%m-%d %H:%M")
    answer = client.post(url, {"form_token": form.context["token"], "to": "street", "at": left, "reason": ""})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/?unit=Unit+3")
    assert "Release recorded" in client.get(answer["Location"]).content.decode()


def test_a_refresh_with_nothing_new_is_a_short_answer_and_records_nothing(at_desk, people, swept):
    client = at_desk("officer")
    client.get("/admin/")
    first = client.get("/admin/?fragment=1")

    with CaptureQueriesContext(connection) as seen:
        again = client.get("/admin/?fragment=1", headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert len(seen) <= 8
    assert not [query for query in seen if "INSERT" in query["sql"]]


def test_what_happened_in_between_is_shown(at_desk, cast, people, road, swept):
    client = at_desk("officer")
    tag = client.get("/admin/?fragment=1")["ETag"]
    road.eligible(road.case(person=person_facts(surname="Newcomer")), at=ago(minutes=1))

    again = client.get("/admin/?fragment=1", headers={"If-None-Match": tag})

    assert again.status_code == 200
    assert "NEWCOMER" in again.content.decode()


def test_a_tag_is_of_one_choice_one_person_and_one_sweep(at_desk, people, swept):
    def tag(who, query=""):
        return at_desk(who).get(f"/admin/?fragment=1{query}")["ETag"]

    before = tag("officer")
    others = {tag("clerk"), tag("officer", "&unit=Unit+3"), tag("officer", "&wall=1")}
    SweepHeartbeat.objects.update(swept_at=timezone.now() - timedelta(minutes=5))

    assert before not in others | {tag("officer")}
    assert len(others) == 3


def test_choices_of_the_page_are_kept_and_a_choice_of_nobody_says_so(at_desk, people, swept):
    page = at_desk("officer").get("/admin/?unit=Nowhere&owner=none").content.decode()

    assert "Nobody on the board is like this now." in page
    assert "<option selected>Nowhere</option>" in page
    assert "Show everybody" in page


def test_the_board_takes_the_same_queries_however_it_is_narrowed_and_at_most_twenty(at_desk, people, swept):
    client = at_desk("supervisor")

    def queries(query):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/admin/{query}").status_code == 200
        return len([1 for item in seen if not item["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    assert queries("?unit=Unit+3&owner=none&stage=over") <= queries("")


def test_a_session_of_the_wall_stays_open_and_can_do_nothing_else(at_desk, people, swept):
    client = at_desk("officer")
    client.get("/admin/?wall=1")
    started = client.post("/admin/act/wall/", {"board": "unit=Unit+3&next=//evil.example"})

    assert started["Location"] == "/admin/?unit=Unit+3&wall=1"
    assert client.get(started["Location"]).status_code == 200
    for path in ("/admin/", "/admin/cases/case/", "/admin/work/", "/api/v1/cases", "/"):
        assert client.get(path)["Location"] == started["Location"], path
    assert client.post("/admin/?wall=1").status_code == 302


def test_the_wall_keeps_its_session_and_the_board_does_not(at_desk, people, swept):
    def expiry(client):
        return Session.objects.get(pk=client.session.session_key).expire_date

    desk, wall = at_desk("officer"), at_desk("clerk")
    wall.post("/admin/act/wall/", {})
    before = expiry(desk), expiry(wall)

    desk.get("/admin/?fragment=1")
    wall.get("/admin/?wall=1&fragment=1")

    assert (expiry(desk) == before[0], expiry(wall) > before[1]) == (True, True)
