from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Membership
from cases.models import Case, Document
from cases.services import content_of
from desk.acts.models import SentForm
from tests.desk.acts.conftest import act_url, events, messages_of, said, wall
from tests.matching.conftest import eft

TOKEN = "2b1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11"


@pytest.fixture
def typed():
    """A booking as somebody types it."""
    return {
        "form_token": TOKEN,
        "booking_number": "B-77",
        "booked_at": wall(timezone.now() - timedelta(minutes=10)),
        "surname": "Nguyễn",
        "given_names": "Văn An",
        "birth_date": "1990-05-17",
        "sex": "M",
        "birth_place": "vm",
        "charges-0-offence_code": "2399",
        "charges-0-description": "Larceny",
        "charges-0-offence_class": "misdemeanor",
        "charges-1-offence_class": "misdemeanor",
    }


def upload(content: bytes, name: str = "prints.eft") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def test_a_person_is_booked_through_the_page(cast, desk, typed):
    response = desk("officer").post(act_url("book"), typed)

    case = Case.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/admin/case/{case.public_id}/"
    assert (case.person.surname, case.person.given_names, case.person.birth_place) == (
        "Nguyễn",
        "Văn An",
        "VM",
    )
    assert case.booking.booked_at_text == typed["booked_at"]
    assert case.charges.get().offence_code == "2399"
    assert events("cases.booked") == 1
    assert case.number in messages_of(response)[0]


def test_a_print_file_comes_with_the_booking_and_starts_the_check(cast, desk, typed):
    content = eft()
    typed |= {"surname": "Sample", "given_names": "One", "sex": "F", "eft": upload(content)}

    response = desk("officer").post(act_url("book"), typed)

    assert response.status_code == 302, said(response)
    assert content_of(Case.objects.get().booking.document) == content
    assert events("matching.submission_opened") == 1
    assert SentForm.objects.get().content is None


def test_other_grounds_begin_with_the_booking_or_when_said(cast, desk, typed):
    earlier = wall(timezone.now() - timedelta(minutes=3))
    typed |= {
        "grounds-0-kind": "judicial_warrant",
        "grounds-0-description": "Bench warrant",
        "grounds-1-kind": "sentence",
        "grounds-1-description": "30 days",
        "grounds-1-started_at": earlier,
    }

    response = desk("officer").post(act_url("book"), typed)

    case = Case.objects.get()
    assert response.status_code == 302, said(response)
    assert case.grounds.get(kind="judicial_warrant").started_at == case.opened_at
    assert wall(case.grounds.get(kind="sentence").started_at) == earlier


def test_everything_wrong_is_told_at_once_kept_and_nothing_saved(cast, desk, typed):
    typed |= {
        "booking_number": "B 77!",
        "birth_date": "31.02.1990",
        "charges-0-offence_code": "23",
        "charges-2-description": "Trespass",
    }

    response = desk("officer").post(act_url("book"), typed)

    page = said(response)
    assert response.status_code == 400
    assert "This is not a day of the calendar." in page
    assert 'value="31.02.1990"' in page
    assert 'href="#id_charges-2-offence_code"' in page
    assert 'value="Trespass"' in page
    assert Case.objects.count() == 0


def test_the_service_s_sentences_land_at_their_rows(cast, desk, typed):
    typed |= {"booking_number": "B 77!", "charges-0-offence_code": "", "charges-0-description": ""}
    typed |= {"charges-1-offence_code": "9", "charges-1-description": "Trespass"}

    page = said(desk("officer").post(act_url("book"), typed))

    assert "Enter the jail's booking number" in page
    assert 'id="id_charges-1-offence_code_error"' in page
    assert "four digits, 0399 if none fits" in page
    assert 'id="id_charges-0-offence_code_error"' not in page


def test_a_booking_without_any_ground_is_refused_at_the_charges(cast, desk, typed):
    typed |= {"charges-0-offence_code": "", "charges-0-description": ""}

    response = desk("officer").post(act_url("book"), typed)

    assert response.status_code == 400
    assert "Enter at least one charge or another local ground to hold." in said(response)


def test_the_same_form_twice_books_once(cast, desk, typed):
    client = desk("officer")
    client.post(act_url("book"), typed)

    again = client.post(act_url("book"), typed)

    assert Case.objects.count() == 1
    assert "You sent this form before" in messages_of(again)[-1]


def test_the_same_booking_from_another_form_is_the_same_case(cast, desk, typed):
    client = desk("officer")
    client.post(act_url("book"), typed)

    again = client.post(act_url("book"), typed | {"form_token": ""})

    assert Case.objects.count() == 1
    assert "is case" in messages_of(again)[-1]
    assert "Nothing changed" in messages_of(again)[-1]


def test_another_person_under_the_same_number_is_a_conflict_on_the_page(cast, desk, typed):
    client = desk("officer")
    client.post(act_url("book"), typed)

    response = client.post(act_url("book"), typed | {"form_token": "", "surname": "Other"})

    page = said(response)
    assert response.status_code == 409
    assert "was used before for a person with other details" in page
    assert 'value="Other"' in page
    assert Case.objects.count() == 1


def test_reading_the_file_fills_what_is_empty_and_leaves_what_was_typed(cast, desk):
    client = desk("officer")

    response = client.post(
        act_url("book"),
        {
            "form_token": TOKEN,
            "refresh": "file",
            "surname": "Typed",
            "booked_at": "as typed",
            "eft": upload(eft()),
        },
    )

    page = said(response)
    assert response.status_code == 200
    assert 'value="Typed"' in page
    assert 'value="as typed"' in page
    assert 'value="1990-05-17"' in page
    assert 'value="LARCENY"' in page
    assert "Filled in from the file: given names, date of birth, sex code" in page
    assert 'role="alert"' not in page
    assert Case.objects.count() == Document.objects.count() == 0


def test_a_file_read_once_need_not_be_chosen_again(cast, desk, typed):
    client, content = desk("officer"), eft()
    page = said(
        client.post(act_url("book"), {"form_token": TOKEN, "refresh": "file", "eft": upload(content)})
    )

    response = client.post(act_url("book"), typed | {"surname": "Sample", "given_names": "One", "sex": "F"})

    assert "Kept from before: prints.eft" in page
    assert response.status_code == 302
    assert content_of(Case.objects.get().booking.document) == content


def test_a_kept_file_can_be_dropped(cast, desk, typed):
    client = desk("officer")
    client.post(act_url("book"), {"form_token": TOKEN, "refresh": "file", "eft": upload(eft())})

    client.post(act_url("book"), typed | {"drop_file": "1"})

    assert Case.objects.get().booking.document is None


def test_a_wrong_file_tells_each_field_and_is_kept_in_quarantine(cast, desk, typed):
    wrong = eft().replace(b"2.024:F", b"2.024:?")
    typed |= {"surname": "Sample", "given_names": "One", "sex": "F", "eft": upload(wrong)}

    response = desk("officer").post(act_url("book"), typed)

    page = said(response)
    assert response.status_code == 400
    assert "2.024 SEX" in page
    assert 'href="#id_eft"' in page
    assert Case.objects.count() == 0
    assert Document.objects.get().quarantined_at is not None
    assert "Kept from before: prints.eft" in page


@pytest.mark.parametrize("content", [b"", b"not an EFT", b"\x00" * 5000])
def test_no_file_breaks_the_page(cast, desk, typed, content):
    client = desk("officer")

    read = client.post(act_url("book"), typed | {"refresh": "file", "eft": upload(content)})
    sent = client.post(act_url("book"), typed | {"form_token": "", "eft": upload(content)})

    assert read.status_code == 200
    assert 'role="alert"' in said(read)
    assert sent.status_code == 400
    assert Case.objects.count() == 0


def test_a_file_of_another_person_is_refused_at_the_fields(cast, desk, typed):
    typed |= {"surname": "Other", "birth_date": "1991-01-01", "sex": "F", "eft": upload(eft())}

    page = said(desk("officer").post(act_url("book"), typed))

    assert "The print file (2.018 NAM) has another surname." in page
    assert "The print file (2.022 DOB) has another date of birth." in page
    assert Case.objects.count() == 0


def test_a_row_is_added_without_script(cast, desk, typed):
    before = said(desk("officer").get(act_url("book")))

    page = said(
        desk("officer").post(
            act_url("book"), typed | {"refresh": "charges", "charges-2-description": "Third"}
        )
    )

    assert "charges-2-offence_code" in before
    assert "charges-3-offence_code" not in before
    assert "charges-3-offence_code" in page
    assert 'value="Third"' in page
    assert 'role="alert"' not in page


def test_an_officer_of_two_jails_chooses_and_times_are_read_there(cast, desk, typed):
    cast.other_jail.time_zone = "America/New_York"
    cast.other_jail.save()
    Membership.objects.create(user=cast.user("officer"), agency=cast.other_jail, role="booking_officer")
    typed |= {"agency": str(cast.other_jail.public_id), "booked_at": "2026-03-19 14:00"}

    desk("officer").post(act_url("book"), typed)

    case = Case.objects.get()
    assert case.agency == cast.other_jail
    assert case.opened_at.isoformat() == "2026-03-19T18:00:00+00:00"


def test_booking_for_a_jail_of_others_is_not_found_and_a_role_without_it_is_refused(cast, desk, typed):
    elsewhere = desk("officer").post(act_url("book"), typed | {"agency": str(cast.other_jail.public_id)})
    refused = desk("clerk").post(act_url("book"), typed)

    assert elsewhere.status_code == 404
    assert refused.status_code == 403
    assert desk("clerk").get(act_url("book")).status_code == 403
    assert Case.objects.count() == 0


def test_an_hour_that_does_not_exist_is_refused_at_its_field(cast, desk, typed):
    response = desk("officer").post(act_url("book"), typed | {"booked_at": "2026-03-08 02:30"})

    assert response.status_code == 400
    assert "does not exist in America/Chicago" in said(response)
    assert 'id="id_booked_at_error"' in said(response)


def test_files_nobody_sent_are_forgotten_after_a_day(cast, desk):
    client = desk("officer")
    client.post(act_url("book"), {"form_token": TOKEN, "refresh": "file", "eft": upload(eft())})
    SentForm.objects.update(opened_at=timezone.now() - timedelta(hours=25))

    client.post(act_url("book"), {"refresh": "file", "eft": upload(eft())})

    assert SentForm.objects.get(token=TOKEN).content is None


def test_the_day_of_birth_is_echoed_in_words(cast, desk, typed):
    page = said(desk("officer").post(act_url("book"), typed | {"booking_number": ""}))

    assert f"Read as {date(1990, 5, 17):%d %B %Y}." in page
