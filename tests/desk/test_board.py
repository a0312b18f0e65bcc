from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from audit.models import Access
from cases import services
from desk import board
from desk.filters import Filters
from desk.situations import Kind, Level
from detainers import services as detainers
from detainers.models import Duty, SweepHeartbeat
from matching.models import Candidate
from tests.detainers.builders import ago
from tests.factories import person_facts
from tests.matching.conftest import errt, iar, receive, sre


def rows(actor, **options):
    return board.read(actor, at=timezone.now(), **options).rows


def only_row(cast, who="supervisor"):
    (row,) = rows(cast.actor(who))
    return row


def test_somebody_held_after_the_last_ground_is_overdue_and_to_be_released(cast, road):
    case = road.eligible(road.case(), at=ago(minutes=22))

    row = only_row(cast)

    assert row.facts.public_id == case.public_id
    assert (row.situation.kind, row.situation.level) == (Kind.BREACH, Level.OVER)
    assert row.situation.left == "0 h 22 min"
    assert row.situation.sentence.startswith("Authority ended ")
    assert row.act.name == "release"


def test_an_unserved_detainer_holds_nobody_and_the_board_says_so(cast, road):
    case = road.case()
    road.register(case)
    road.eligible(case, at=ago(hours=1))

    row = only_row(cast)

    assert row.situation.kind is Kind.BREACH
    assert "was not served, so it holds nobody" in row.situation.sentence


@pytest.mark.parametrize(("hours", "level"), [(45, Level.SOON), (6, Level.ACT)])
def test_a_hold_counts_down_and_gets_loud_under_four_hours(cast, road, hours, level):
    road.held(eligible_at=ago(hours=hours))

    row = only_row(cast)

    assert (row.situation.kind, row.situation.level) == (Kind.HOLD_ENDING, level)
    assert row.situation.left.endswith("left")
    assert row.act.name == "release"


def test_a_hold_whose_time_is_over_is_a_breach_although_no_sweep_ran(cast, road):
    road.held(eligible_at=ago(hours=49))

    row = only_row(cast)

    assert row.situation.kind is Kind.BREACH
    assert row.situation.sentence.startswith("The hold on the detainer ended")


def test_an_unserved_detainer_asks_to_be_served(cast, road):
    detainer = road.register(road.case())

    row = only_row(cast)

    assert row.situation.kind is Kind.UNSERVED
    assert "Serve the copy before release" in row.situation.sentence
    assert (row.act.name, row.act.about) == ("detainer_serve", detainer.public_id)


def test_a_served_detainer_before_release_is_quiet(cast, road):
    detainer = road.register(road.case())
    road.serve(detainer)
    for duty in Duty.objects.filter(detainer=detainer).still_open():
        answer = {"answer": "none_shown"} if duty.code == "RECORD_CITIZENSHIP_EVIDENCE" else {}
        detainers.record_duty(
            duty_id=duty.pk,
            actor=cast.actor("clerk"),
            at=ago(days=8),
            language="es",
            statement="Done",
            **answer,
        )

    row = only_row(cast)

    assert row.situation.kind is Kind.QUIET
    assert row.act is None


def test_an_immigration_response_is_to_be_read_by_a_person(cast, checks):
    submission = checks.open()
    receive(sre(submission, "dhs", "I"))
    receive(iar(submission))

    row = only_row(cast)

    assert row.situation.kind is Kind.IAR_TO_CODE
    assert (row.act.name, row.act.about) == ("iar_code", submission.public_id)


def test_refused_prints_ask_for_new_ones(cast, checks):
    receive(errt(checks.open(), "state"))

    row = only_row(cast)

    assert row.situation.kind is Kind.REJECTED
    assert row.act.name == "reprint"


def test_prints_held_back_wait_for_a_supervisor_and_for_nobody_else(cast, checks):
    checks.minor()

    assert only_row(cast).act.name == "transmission_release"
    assert only_row(cast, "officer").act is None
    assert only_row(cast, "officer").situation.kind is Kind.HELD_BACK


def test_open_answers_are_waited_for_each_by_itself(cast, checks):
    receive(sre(checks.open(), "fbi", "N"))

    row = only_row(cast)

    assert row.situation.kind is Kind.WAITING
    assert "FBI: answered." in row.situation.sentence
    assert "DHS" in row.situation.sentence


def test_a_late_release_is_to_be_explained_by_who_may_close_it(cast, road):
    case = road.eligible(road.case(), at=ago(hours=3))
    services.release(case_id=case.pk, actor=cast.actor("officer"), at=ago(hours=2), to="street")

    row = only_row(cast)

    assert row.situation.kind is Kind.BREACH_TO_CLOSE
    assert "Held 1 h 0 min beyond authority" in row.situation.sentence
    assert row.act.name == "breach_close"
    assert only_row(cast, "officer").act is None


def test_the_most_urgent_come_first(cast, road, checks):
    checks.open()
    road.serve(road.register(road.case()))
    road.register(road.case())
    road.held(eligible_at=ago(hours=10))
    road.held(eligible_at=ago(hours=40))
    road.eligible(road.case(), at=ago(minutes=5))
    road.eligible(road.case(), at=ago(hours=5))

    shown = rows(cast.actor("officer"))

    kinds = [row.situation.kind for row in shown]
    assert kinds == sorted(kinds)
    assert [row.situation.left for row in shown[:4]] == [
        "5 h 0 min",
        "0 h 5 min",
        "7 h 59 min left",
        "37 h 59 min left",
    ]


def test_somebody_with_nothing_open_is_not_on_the_board(cast, book):
    case = book()

    assert case.is_in_custody
    assert rows(cast.actor("officer")) == ()


def test_another_jail_sees_nothing_of_it(cast, road):
    road.eligible(road.case(), at=ago(minutes=5))

    assert rows(cast.actor("other_supervisor")) == ()
    assert rows(cast.actor("stranger")) == ()


def test_somebody_of_two_jails_chooses_one(cast, road, book):
    Membership.objects.create(user=cast.user("officer"), agency=cast.other_jail, role="booking_officer")
    here = road.register(road.case()).case
    there = book(who="other_officer", agency=cast.other_jail)
    book.eligible(there, who="other_officer")
    actor = cast.actor("officer")

    both = board.read(actor, at=timezone.now())
    one = board.read(actor, at=timezone.now(), filters=Filters(agency=str(cast.jail.public_id)))

    assert {row.facts.public_id for row in both.rows} == {here.public_id, there.public_id}
    assert {row.facts.public_id for row in one.rows} == {here.public_id}


def test_a_chosen_jail_that_is_not_ones_own_changes_nothing(cast, road):
    road.register(road.case())

    shown = board.read(
        cast.actor("other_officer"), at=timezone.now(), filters=Filters(agency=str(cast.jail.public_id))
    )

    assert shown.rows == ()


def test_sixty_rows_take_as_many_queries_as_three(at_desk, road, swept):
    client = at_desk("supervisor")

    def queries(count):
        for _number in range(count):
            road.register(road.case())
        with CaptureQueriesContext(connection) as seen:
            page = client.get("/admin/")
        return len(seen), page.content.count(b'data-key="')

    few, shown_few = queries(3)
    many, shown_many = queries(57)

    assert (shown_few, shown_many) == (3, 60)
    assert few == many


def test_reading_the_board_takes_at_most_twenty_queries(cast, road, checks):
    road.held(eligible_at=ago(hours=45))
    receive(iar(checks.open()))
    actor = cast.actor("supervisor")

    with CaptureQueriesContext(connection) as seen:
        board.read(actor, at=timezone.now())

    assert len(seen) <= 20


def test_the_page_shows_shape_word_sentence_and_one_button(at_desk, road, swept):
    case = road.eligible(
        road.case(person=person_facts(surname="Nguyễn", given_names="Thị Hồng Ánh")), at=ago(minutes=22)
    )

    page = at_desk("officer").get("/admin/").content.decode()

    assert "NGUYỄN, Thị Hồng Ánh" in page
    assert case.number in page
    assert ">Overdue<" in page
    assert page.count(f"/admin/act/case/{case.public_id}/release/") == 1
    assert "1 overdue" in page
    assert "last sweep" in page
    assert "The sweep is late" not in page


def test_an_empty_board_says_so(at_desk, swept):
    page = at_desk("officer").get("/admin/").content.decode()

    assert "Nobody is held past a clock" in page
    assert "Last checked" in page


@pytest.mark.parametrize(("seconds", "is_late"), [(5, False), (29, False), (45, True)])
def test_a_late_sweep_is_said(at_desk, swept, seconds, is_late):
    SweepHeartbeat.objects.update(swept_at=timezone.now() - timedelta(seconds=seconds))

    page = at_desk("officer").get("/admin/").content.decode()

    assert ("The sweep is late: it last ran" in page) is is_late
    assert ("What still works" in page or "releasing work" in page) is is_late


def test_a_sweep_that_never_ran_is_said(at_desk):
    assert "The sweep has not run yet." in at_desk("officer").get("/admin/").content.decode()


def test_opening_is_one_access_and_a_refresh_none_until_somebody_new_appears(at_desk, road, cast):
    first = road.register(road.case()).case
    client = at_desk("officer")

    client.get("/admin/")
    client.get("/admin/?fragment=1")
    client.get("/admin/?fragment=1")
    assert list(Access.objects.values_list("action", "objects_shown")) == [
        ("board.opened", [first.public_id])
    ]

    second = road.register(road.case()).case
    client.get("/admin/?fragment=1")
    client.get("/admin/?fragment=1")
    assert list(Access.objects.order_by("id").values_list("action", "objects_shown"))[1:] == [
        ("board.refreshed", [second.public_id])
    ]


def test_a_refresh_is_rows_alone_and_does_not_lengthen_the_session(at_desk, road):
    road.register(road.case())
    client = at_desk("officer")
    client.get("/admin/")
    before = Session.objects.get(pk=client.session.session_key).expire_date

    page = client.get("/admin/?fragment=1").content.decode()

    assert "<html" not in page
    assert 'class="ch-row' in page
    assert Session.objects.get(pk=client.session.session_key).expire_date == before


@pytest.mark.parametrize("more", ["", "&fragment=1"])
def test_the_wall_shows_numbers_and_units_and_no_names(at_desk, road, more):
    case = road.eligible(road.case(person=person_facts(surname="Zebra")), at=ago(minutes=22))

    page = at_desk("officer").get(f"/admin/?wall=1{more}").content.decode()

    assert case.number in page
    assert "ZEBRA" not in page
    assert str(case.public_id) not in page.replace(f'data-key="{case.public_id}"', "")


def test_an_examiner_sees_leads_without_names(at_desk, cast, checks):
    first, second = checks.open(), checks.open()
    Candidate.objects.create(
        submission=first,
        other_submission=second,
        other_case=second.case,
        score=4.2,
        threshold=1.9,
        fingers=[1, 2],
        rank=1,
        engine_version="1",
        proposed_at=timezone.now(),
    )

    page = at_desk("examiner").get("/admin/").content.decode()

    assert first.case.number in page
    assert "SAMPLE" not in page
    assert "Compare the prints" in page


@pytest.mark.parametrize("name", ["operator", "administrator", "clerk"])
def test_everybody_of_the_admin_has_a_front_page(at_desk, name):
    assert at_desk(name).get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["reviewer", "stranger"])
def test_nobody_else_enters(at_desk, name):
    assert at_desk(name).get("/admin/").status_code == 302
