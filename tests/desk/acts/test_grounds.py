from datetime import timedelta

from django.utils import timezone

from cases.models import LocalGround
from tests.desk.acts.conftest import act_url, events, messages_of, said, wall


def test_a_ground_is_added_through_the_page(book, desk, send):
    case = book()
    at = timezone.now() - timedelta(minutes=5)

    response = send(
        desk("officer"), "ground_add", case, kind="court_order", description="Order 17", at=wall(at)
    )

    assert response.status_code == 302
    assert response["Location"] == f"/admin/case/{case.public_id}/"
    ground = case.grounds.get(kind="court_order")
    assert ground.description == "Order 17"
    assert ground.started_at == at.replace(second=0, microsecond=0)
    assert events("cases.ground_added") == 1
    assert "CST" in messages_of(response)[0] or "CDT" in messages_of(response)[0]
    assert case.custody_events.get(kind="ground_added").entered_text == wall(at)


def test_the_page_says_what_will_happen_and_who_sees_it(book, desk):
    page = said(desk("officer").get(act_url("ground_add", book())))

    assert "no release is due until every local ground has ended" in page
    assert "reviewers, without the person's name" in page
    assert "SAMPLE" in page


def test_wrong_input_keeps_what_was_typed_and_saves_nothing(book, desk, send):
    case = book()

    response = send(desk("officer"), "ground_add", case, description="Order 17", at="yesterday")

    page = said(response)
    assert response.status_code == 400
    assert 'role="alert"' in page
    assert "Choose what the ground is." in page
    assert "This is not a date and time." in page
    assert 'value="yesterday"' in page
    assert 'value="Order 17"' in page
    assert 'href="#id_kind_0"' in page
    assert case.grounds.count() == 1


def test_a_service_refusal_lands_at_its_field(book, desk, send):
    case = book()

    response = send(
        desk("officer"), "ground_add", case, kind="sentence", at=wall(case.opened_at - timedelta(days=2))
    )

    assert response.status_code == 400
    assert "lies before the person was booked" in said(response)
    assert 'id="id_at_error"' in said(response)


def test_sending_the_same_form_twice_acts_once(book, desk):
    case, client = book(), desk("officer")
    form = {
        "form_token": "5f0c1c9e-6c1f-4b6e-9d6c-0a9f3c0f1a11",
        "kind": "sentence",
        "at": wall(timezone.now()),
    }

    client.post(act_url("ground_add", case), form)
    again = client.post(act_url("ground_add", case), form)

    assert case.grounds.filter(kind="sentence").count() == 1
    assert again.status_code == 302
    assert "You sent this form before" in messages_of(again)[-1]
    assert "Ground recorded" in messages_of(again)[-1]


def test_the_last_ground_makes_the_person_release_eligible(book, desk, send):
    case = book()
    ground = case.grounds.get()
    at = timezone.now() - timedelta(minutes=1)

    response = send(desk("officer"), "ground_end", ground, reason="bond", at=wall(at), note="Receipt 9")

    case.refresh_from_db()
    assert response.status_code == 302
    assert case.release_eligible_at == at.replace(second=0, microsecond=0)
    assert events("cases.ground_ended") == events("cases.release_eligible") == 1
    assert "The last local ground is over" in messages_of(response)[0]


def test_ending_a_ground_twice_says_that_it_ended(book, desk, send):
    case = book()
    ground = case.grounds.get()
    client = desk("officer")
    send(client, "ground_end", ground, reason="bond", at=wall(timezone.now()))

    page = said(client.get(act_url("ground_end", ground)))
    second = send(client, "ground_end", ground, reason="bond", at=wall(timezone.now()))

    assert "This ground ended on" in page
    assert "<form method" not in page.split("act-notice")[1]
    assert second.status_code == 409
    assert "has already ended" in said(second)
    assert events("cases.ground_ended") == 1


def test_a_stranger_s_jail_is_not_found_and_a_role_without_it_is_refused(book, desk, send):
    case = book()
    ground = case.grounds.get()

    assert desk("other_officer").get(act_url("ground_add", case)).status_code == 404
    assert send(desk("other_officer"), "ground_end", ground, reason="bond").status_code == 404
    assert desk("administrator").get(act_url("ground_add", case)).status_code == 403
    assert send(desk("administrator"), "ground_end", ground, reason="bond").status_code == 403
    assert LocalGround.objects.filter(ended_at__isnull=True).count() == 1
