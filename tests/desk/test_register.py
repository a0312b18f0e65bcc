"""The register of detainers and the differences with federal lists, in the browser's way."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.models import Access
from desk.tables import safe
from detainers.formdata import FormDetails
from detainers.models import Difference, FederalList
from tests.desk.acts.conftest import messages_of, said
from tests.detainers.builders import ago

URL, COMPARE = "/admin/register/", "/admin/act/federal-list/"


def csv_file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("list.csv", text.encode(), "text/csv")


def test_the_register_shows_what_came_and_what_became_of_it(road, at_desk, django_assert_max_num_queries):
    case = road.case()
    road.register(case, details=FormDetails(event_number="EV-1"))
    old = road.register(road.case(), at=ago(days=40), signature_present=False)

    page = at_desk("clerk").get(URL)
    with django_assert_max_num_queries(30):
        day = (timezone.now() - timedelta(days=20)).date()
        recent = said(at_desk("clerk").get(f"{URL}?since={day}&channel=fax"))
    deficient = said(at_desk("clerk").get(f"{URL}?state=deficient"))

    assert case.number in said(page)
    assert case.number in recent
    assert old.case.number not in recent
    assert old.case.number in deficient
    assert case.number not in deficient
    assert "No detainer fits" in said(at_desk("clerk").get(f"{URL}?channel=email"))
    assert "not a day of the calendar" in said(at_desk("clerk").get(f"{URL}?since=yesterday"))
    assert Access.objects.filter(action="register.listed").count() >= 4


def test_the_register_is_downloaded_safe_from_formulas_and_recorded(road, at_desk):
    road.register(road.case(), issuing_office="=HYPERLINK(1)", details=FormDetails(event_number="+EV-1"))

    answer = at_desk("clerk").get(f"{URL}?format=csv")

    text = answer.content.decode("utf-8-sig")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "'=HYPERLINK(1)" in text
    assert ",'+EV-1," in text
    assert "Sample" not in text
    assert Access.objects.get(action="register.exported").objects_shown


@pytest.mark.parametrize(
    ("cell", "kept"), [("=1", "'=1"), (" @x", "' @x"), ("-2", "'-2"), ("a=1", "a=1"), (None, ""), (3, "3")]
)
def test_a_cell_is_never_a_formula(cell, kept):
    assert safe(cell) == kept


def test_another_jail_s_detainers_are_not_in_it(road, at_desk):
    case = road.case()
    road.register(case)

    assert case.number not in said(at_desk("other_officer").get(URL))
    assert at_desk("examiner").get(URL).status_code == 403


def test_a_list_is_looked_at_kept_and_its_differences_decided(road, at_desk):
    client, day = at_desk("clerk"), ago(days=9).date()
    road.register(road.case(), issued_on=day, details=FormDetails(event_number="EV-1"))
    text = f"detainer_date,event_number,facility\n{day},EV-1,CEDARTX\n{day},EV-2,CEDARTX\nsoon,EV-3,CEDARTX\n"
    token = str(uuid4())

    preview = client.post(COMPARE, {"form_token": token, "refresh": "compare", "document": csv_file(text)})
    nothing = FederalList.objects.exists()
    kept = client.post(COMPARE, {"form_token": token})
    listed = said(client.get("/admin/federal-lists/"))

    assert preview.status_code == 200
    assert "What the list gives" in said(preview)
    assert "'soon' is no date" in said(preview)
    assert not nothing
    assert kept.status_code == 302, said(kept)
    assert "2 differences wait" in messages_of(kept)[-1]
    assert "line 3 of the file" in listed
    row = Difference.objects.get(kind="only_theirs")
    url = f"/admin/act/difference/{row.public_id}/"
    shown = said(client.get(url))
    without = client.post(url, {"form_token": str(uuid4()), "decision": "never_came"})
    mine = client.post(url, {"form_token": str(uuid4()), "decision": "mine"})
    done = client.post(url, {"form_token": str(uuid4()), "decision": "never_came", "reason": "Fax log"})
    row.refresh_from_db()

    assert "EV-2" in shown
    assert without.status_code == 400
    assert (mine.status_code, done.status_code) == (302, 302)
    assert (row.owner_label, row.decision) == ("Clerk", "never_came")
    assert "Decided on" in said(client.get(url))


def test_a_file_that_is_no_list_is_said_at_its_field(road, at_desk):
    client = at_desk("clerk")

    wrong = client.post(COMPARE, {"form_token": str(uuid4()), "document": csv_file("name\nx\n")})
    empty = client.post(COMPARE, {"form_token": str(uuid4())})

    assert wrong.status_code == 400
    assert 'id="id_document_error"' in said(wrong)
    assert "names no column detainer_date" in said(wrong)
    assert "Choose the file." in said(empty)
    assert not FederalList.objects.exists()
