"""A fact is corrected through the pages; the second person decides on a page of their own."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from cases.corrections import registry
from cases.corrections.models import Correction
from tests.desk.acts.conftest import messages_of, said, wall
from tests.desk.acts.test_hostile import NASTY
from tests.detainers.builders import Road
from tests.detainers.corrections import correct, facts, second_supervisor


def page_of(case, kind, subject, field):
    return reverse(
        "desk:correct", kwargs={"public_id": case.public_id, "kind": kind, "subject": subject, "field": field}
    )


def fill(client, url, **typed):
    values = {"reason_code": "typing", "reason": "Typed wrongly.", "form_token": str(uuid4()), **typed}
    first = client.post(url, values)
    if first.status_code != 200 or not first.context.get("confirmed"):
        return first, None
    return first, client.post(url, values | {"confirmed": first.context["confirmed"]})


def test_a_name_is_corrected_and_both_stay_readable(book, desk):
    case = book()
    client = desk("officer")
    listed = said(client.get(reverse("desk:correctable", args=[case.public_id])))
    url = page_of(case, "person", case.person.public_id, "surname")
    assert url in listed

    shown, done = fill(client, url, value="Beispiel")

    assert "The end of authority stays as it is." in said(shown)
    assert done.status_code == 302
    assert "stays readable" in messages_of(done)[0]
    page = said(client.get(f"/admin/case/{case.public_id}/"))
    assert "<del>Sample</del> → <ins>Beispiel</ins>" in page
    assert "Typed wrongly." in page
    assert "A correction took effect" in page


def test_nothing_is_changed_before_it_is_confirmed_with_the_same_value(book, desk):
    case, client = book(), desk("officer")
    url = page_of(case, "person", case.person.public_id, "surname")
    values = {"value": "Beispiel", "reason_code": "typing", "reason": "x", "form_token": str(uuid4())}

    first = client.post(url, values)
    client.post(url, values | {"value": "Other", "confirmed": first.context["confirmed"]})

    case.person.refresh_from_db()
    assert case.person.surname == "Sample"
    assert not Correction.objects.exists()


def test_later_waits_for_the_second_person(book, desk):
    second_supervisor(book.cast)
    case = book.eligible()
    ground = case.grounds.get()
    later = ground.ended_at + timedelta(minutes=30)
    url = page_of(case, "ground", ground.public_id, "ended_at")

    shown, asked = fill(desk("supervisor"), url, value=wall(later))

    assert "a second person must approve" in said(shown)
    assert "Ask a second person" in said(shown)
    assert "Nothing is changed yet" in messages_of(asked)[0]
    correction = Correction.objects.get()
    decide = reverse("desk:correction_decide", args=[correction.public_id])
    assert f"Case {case.number}" in said(desk("second_supervisor").get(reverse("desk:corrections")))
    assert "Waits for a second person" in said(desk("officer").get(f"/admin/case/{case.public_id}/"))

    own = desk("supervisor").post(decide, {"decision": "approve", "reason": "Me", "form_token": str(uuid4())})
    assert own.status_code == 400
    assert desk("officer").get(decide).status_code == 403
    page = said(desk("second_supervisor").get(decide))
    for words in ("Recorded now", "Would be", "Supervisor"):
        assert words in page
    done = desk("second_supervisor").post(
        decide, {"decision": "approve", "reason": "Seen", "form_token": str(uuid4())}
    )

    assert done.status_code == 302
    ground.refresh_from_db()
    assert ground.ended_at == later.replace(second=0, microsecond=0)
    assert "decided on" in said(desk("second_supervisor").get(decide))


@pytest.mark.parametrize(
    ("who", "status"), [("administrator", 403), ("other_supervisor", 404), ("examiner", 403)]
)
def test_who_may_not_open_the_pages(book, desk, who, status):
    case = book()
    for url in (
        reverse("desk:correctable", args=[case.public_id]),
        page_of(case, "person", case.person.public_id, "surname"),
    ):
        assert desk(who).get(url).status_code == status


def test_wrong_input_keeps_what_was_typed(book, desk):
    case = book()
    url = page_of(case, "booking", case.public_id, "booked_at")

    response = desk("officer").post(url, {"value": "yesterday", "form_token": str(uuid4())})

    assert response.status_code == 400
    assert 'value="yesterday"' in said(response)
    assert desk("officer").get(page_of(case, "person", case.public_id, "surname")).status_code == 404
    assert desk("officer").get(page_of(case, "nothing", case.public_id, "surname")).status_code == 404


def test_nothing_typed_breaks_a_page_of_corrections(cast, book, desk):
    road = Road(cast, book)
    case = facts(road)
    ground = case.grounds.get()
    asked = correct(road, case, "ground", "ended_at", ground.ended_at + timedelta(minutes=5))
    fields = ("value", "reason_code", "reason", "decision", "confirmed", "form_token")
    pages = [reverse("desk:correction_decide", args=[asked.public_id])]
    for kind in registry.kinds().values():
        for row in kind.rows(case):
            pages += [page_of(case, kind.slug, kind.subject(row), field.name) for field in kind.fields]
    client = desk("supervisor")

    for url in pages:
        page = said(client.get(url))
        assert page.count("<h1") == 1, url
        assert 'class="act-what"' in page, url
    for url in pages:
        for text in NASTY:
            typed = dict.fromkeys(fields, text) | {"reason_code": "typing", "reason": text}
            response = client.post(url, typed)
            assert response.status_code in (200, 302, 400, 409), (url, text[:20])
            assert "<script>alert" not in response.content.decode()
