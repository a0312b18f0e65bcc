"""Worklists, acts on several cases at once, offers, handover notes and kept choices, through their pages."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.models import Access, Event
from cases import services
from cases.models import Assignment, AssignmentOffer
from desk.handovers import HandoverNote, HandoverReading
from desk.saved import SavedFilter
from tests.desk.acts.conftest import act_url, said
from tests.detainers.builders import ago
from tests.factories import person_facts

BULK = "/admin/act/work/"


def ticked(cases, **typed):
    return {"case": [str(case.public_id) for case in cases], "form_token": str(uuid4()), **typed}


def owners(*cases):
    rows = Assignment.objects.filter(ended_at__isnull=True, case__in=cases)
    return {row.case_id: row.owner.name for row in rows.select_related("owner")}


@pytest.fixture
def three(cast, road):
    """Three people with something open, one of them the clerk's."""
    cases = [road.register(road.case()).case for _number in range(3)]
    services.claim_case(case_id=cases[0].pk, actor=cast.actor("clerk"), at=timezone.now())
    return cases


@pytest.mark.parametrize(
    ("who", "which", "shown"),
    [("clerk", "me", {0}), ("clerk", "none", {1, 2}), ("officer", "team", {0}), ("officer", "me", set())],
)
def test_a_list_shows_whose_work_it_is(at_desk, three, who, which, shown):
    page = said(at_desk(who).get(f"/admin/work/?owner={which}"))

    assert {n for n, case in enumerate(three) if case.number in page} == shown


def test_overdue_comes_first_and_the_access_is_recorded(at_desk, three, road):
    late = road.eligible(road.case(person=person_facts(surname="Late")), at=ago(hours=1))

    page = said(at_desk("officer").get("/admin/work/?owner=none"))

    assert page.index(late.number) < page.index(three[1].number)
    assert late.public_id in Access.objects.get(action="work.opened").objects_shown


@pytest.mark.parametrize(("name", "status"), [("other_officer", 200), ("examiner", 403), ("liaison", 403)])
def test_other_jails_and_roles_see_none_of_it(at_desk, three, name, status):
    response = at_desk(name).get("/admin/work/?owner=none")

    assert response.status_code == status
    assert not any(case.number in said(response) for case in three)


def test_several_are_looked_over_before_anything_happens(at_desk, three):
    page = said(at_desk("supervisor").post(BULK, ticked(three, what="assign")))

    assert all(case.number in page for case in three)
    assert "Can be done" in page
    assert len(owners(*three)) == 1


def test_each_case_says_what_became_of_it(at_desk, cast, three):
    page = said(at_desk("officer").post(BULK, ticked(three, what="claim", do="1")))

    assert "2 of 3 cases were changed." in page
    assert f"{cast.user('clerk').name} owns this case." in page
    assert owners(*three) == {
        three[0].pk: cast.user("clerk").name,
        three[1].pk: cast.user("officer").name,
        three[2].pk: cast.user("officer").name,
    }


def test_sent_twice_it_is_done_once(at_desk, cast, three):
    client, form = at_desk("supervisor"), ticked(three, what="assign", do="1")
    form["to"] = str(cast.user("officer").public_id)

    client.post(BULK, form)
    again = client.post(BULK, form | {"to": str(cast.user("clerk").public_id)})

    assert again.status_code == 302
    assert set(owners(*three).values()) == {cast.user("officer").name}
    assert Event.objects.filter(action="cases.owner_named").count() == 4


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"what": "assign", "do": "1"}, 400),
        ({"what": "assign", "do": "1", "to": "nobody"}, 400),
        ({"what": "give_back", "do": "1"}, 400),
        ({"what": "burn"}, 302),
        ({}, 302),
    ],
)
def test_what_is_missing_is_said_and_nothing_happens(at_desk, three, typed, status):
    assert at_desk("supervisor").post(BULK, ticked(three, **typed)).status_code == status
    assert len(owners(*three)) == 1


def test_cases_out_of_sight_cannot_be_ticked(at_desk, three):
    response = at_desk("other_officer").post(BULK, ticked(three, what="claim", do="1"))

    assert response.status_code == 302
    assert len(owners(*three)) == 1


def test_an_offer_is_on_the_list_of_who_was_asked_and_is_accepted_there(at_desk, cast, three, send):
    clerk = at_desk("clerk")
    send(clerk, "case_offer", three[0], to=str(cast.user("officer").public_id), reason="End of shift.")
    offer, officer = AssignmentOffer.objects.get(), at_desk("officer")
    assert "End of shift." in said(officer.get("/admin/work/"))

    declined = send(officer, "offer_answer", offer, answer="decline")
    assert (declined.status_code, "Write why you decline." in said(declined)) == (400, True)
    send(officer, "offer_answer", offer, answer="accept")

    assert owners(three[0]) == {three[0].pk: cast.user("officer").name}


@pytest.fixture
def send():
    def fill_in(client, name, about, /, **typed):
        return client.post(act_url(name, about), {"form_token": str(uuid4()), **typed})

    return fill_in


def test_a_case_is_taken_assigned_and_given_back_by_its_pages(at_desk, cast, three, send):
    case = three[1]
    send(at_desk("officer"), "case_claim", case)
    assert owners(case)[case.pk] == cast.user("officer").name
    send(at_desk("supervisor"), "case_assign", case, owner=str(cast.user("clerk").public_id), reason="")
    assert owners(case)[case.pk] == cast.user("clerk").name
    send(at_desk("clerk"), "case_give_back", case, reason="Not mine.")
    assert owners(case) == {}


def test_what_one_may_not_do_is_shown_with_why(at_desk, cast, three):
    page = said(at_desk("officer").get(f"/admin/case/{three[0].public_id}/"))

    assert f"{cast.user('clerk').name} owns it. Ask for it, or let a supervisor assign it." in page
    assert "Assign the case" in page
    assert "Your role here does not include it." in page


def test_a_move_and_a_note_are_recorded_by_their_pages(at_desk, three, send):
    case, clerk = three[1], at_desk("clerk")
    moved = timezone.now().astimezone(case.agency.zone).strftime("%Y-%m-%d %H:%M")
    send(clerk, "unit_move", case, unit="Unit 7", at=moved)
    send(clerk, "note_write", case, text="Asked for a doctor.")

    page = said(clerk.get(f"/admin/case/{case.public_id}/"))

    assert "recorded a move from Booking to Unit 7" in page
    assert "Asked for a doctor." in page


def test_a_handover_note_keeps_the_board_without_names_and_asks_to_be_read(at_desk, cast, three):
    officer = at_desk("officer")
    assert three[0].number in said(officer.get("/admin/act/handover/write/"))
    officer.post(
        "/admin/act/handover/write/", {"form_token": str(uuid4()), "unit": "", "text": "Door 4 sticks."}
    )
    note, clerk = HandoverNote.objects.get(), at_desk("clerk")

    assert {item["number"] for item in note.people} == {case.number for case in three}
    assert "SAMPLE" not in str(note.people).upper()
    assert "Handover note of" not in said(officer.get("/admin/"))
    assert "Handover note of" in said(clerk.get("/admin/"))
    assert "Door 4 sticks." in said(clerk.get("/admin/act/handover/"))

    for _twice in range(2):
        clerk.post("/admin/act/handover/", {"note": str(note.public_id)})
    assert HandoverReading.objects.get().read_by == str(cast.user("clerk").public_id)
    assert "Handover note of" not in said(clerk.get("/admin/"))
    assert Event.objects.filter(action="desk.handover_read").count() == 1


def test_a_handover_note_of_another_jail_does_not_exist(at_desk, cast, three):
    at_desk("officer").post("/admin/act/handover/write/", {"form_token": str(uuid4()), "text": "Door 4."})
    note, other = HandoverNote.objects.get(), at_desk("other_officer")

    assert "Door 4." not in said(other.get("/admin/act/handover/"))
    assert other.post("/admin/act/handover/", {"note": str(note.public_id)}).status_code == 404
    assert other.get(f"/admin/act/handover/write/?agency={cast.jail.public_id}").status_code == 404
    for sql in ("UPDATE desk_handovernote SET text = 'x'", "DELETE FROM desk_handovernote"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_an_old_handover_note_asks_for_nothing(at_desk, cast, three):
    at_desk("officer").post("/admin/act/handover/write/", {"form_token": str(uuid4()), "text": "Door 4."})
    actor, later = cast.actor("clerk"), timezone.now() + timedelta(hours=17)

    rows = HandoverNote.objects.visible_to(actor)

    assert rows.unread_by(actor, at=timezone.now()).count() == 1
    assert rows.unread_by(actor, at=later).count() == 0


def keep(client, name, sharing="me", query="unit%3DUnit%2B3"):
    form = {"form_token": str(uuid4()), "name": name, "sharing": sharing}
    return client.post(f"/admin/act/filter/keep/?board={query}", form)


def test_a_choice_is_kept_for_oneself_or_for_everybody_of_the_jail(at_desk, cast):
    officer = at_desk("officer")
    assert keep(officer, "My three")["Location"] == "/admin/?unit=Unit+3"
    keep(officer, "Our three", str(cast.jail.public_id))

    assert [
        ">My three<" in said(at_desk(who).get("/admin/")) for who in ("officer", "clerk", "other_officer")
    ] == [
        True,
        False,
        False,
    ]
    assert [
        ">Our three<" in said(at_desk(who).get("/admin/")) for who in ("officer", "clerk", "other_officer")
    ] == [
        True,
        True,
        False,
    ]


def test_a_name_that_a_colleague_shared_is_refused_and_ones_own_is_renewed(at_desk, cast):
    keep(at_desk("officer"), "Ours", str(cast.jail.public_id))

    refused = keep(at_desk("clerk"), "Ours", str(cast.jail.public_id))
    keep(at_desk("officer"), "Ours", str(cast.jail.public_id), query="unit%3DUnit%2B4")

    assert (refused.status_code, "A colleague shared" in said(refused)) == (400, True)
    assert SavedFilter.objects.get().query == "unit=Unit+4"


def test_nothing_chosen_is_nothing_to_keep_and_only_ones_own_is_taken_away(at_desk, cast):
    assert "Narrow the board first" in said(keep(at_desk("officer"), "All", query=""))
    keep(at_desk("officer"), "Ours", str(cast.jail.public_id))
    key = {"filter": str(SavedFilter.objects.get().public_id)}

    at_desk("clerk").post("/admin/act/filter/", key)
    assert SavedFilter.objects.count() == 1
    at_desk("officer").post("/admin/act/filter/", key)
    assert SavedFilter.objects.count() == 0
