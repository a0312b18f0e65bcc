import json
from base64 import b64encode
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from audit.models import Event
from cases.models import Booking, Case, Document
from cases.services import content_of
from integration.models import IdempotencyKey
from tests.integration.conftest import make_machine
from tests.matching.conftest import eft

URL = "/api/v1/bookings"


def fields_of(answer: Any) -> dict[str, str]:
    """Wrong fields of a problem and their codes."""
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"]
    return {item["field"]: item["code"] for item in body["errors"]}


@pytest.mark.django_db
def test_new_booking_answers_201_with_id_number_and_link(machine, booking):
    answer = machine.post(URL, booking())

    case = Case.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": str(case.public_id),
        "number": case.number,
        "outcome": "created",
        "links": {"case": f"/api/v1/cases/{case.public_id}"},
    }
    assert answer["Location"] == f"/api/v1/cases/{case.public_id}"
    assert case.agency == machine.made.client.agency
    assert Booking.objects.get().channel == "api"


@pytest.mark.django_db
def test_same_booking_again_answers_200_and_changes_nothing(machine, booking):
    body = booking()
    first = machine.post(URL, body)

    second = machine.post(URL, body)

    assert second.status_code == 200
    assert second.json() == first.json() | {"outcome": "unchanged"}
    assert Event.objects.filter(action="cases.booked").count() == 1


@pytest.mark.django_db
def test_new_charge_under_the_same_number_amends(machine, booking):
    body = booking()
    machine.post(URL, body)
    more = [*body["charges"], {"offence_code": "5212", "description": "Weapon", "offence_class": "felony"}]

    answer = machine.post(URL, body | {"charges": more})

    assert (answer.status_code, answer.json()["outcome"]) == (200, "amended")
    assert Case.objects.get().charges.count() == 2


@pytest.mark.django_db
def test_other_person_under_the_same_number_is_a_conflict(machine, booking):
    body = booking()
    machine.post(URL, body)

    answer = machine.post(URL, body | {"person": body["person"] | {"surname": "Other"}})

    assert answer.status_code == 409
    assert answer.json()["code"] == "booking_other_identity"


@pytest.mark.django_db
def test_same_number_of_another_jail_is_another_booking(machine, other_machine, booking):
    body = booking()

    answers = [machine.post(URL, body), other_machine.post(URL, body)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Case.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"booking_number": ""}, "booking_number", "blank"),
        ({"booked_at": "yesterday"}, "booked_at", "unreadable_time"),
        ({"booked_at": "2025-11-02T01:30"}, "booked_at", "ambiguous_local_time"),
        ({"booked_at": "2026-03-08 02:30"}, "booked_at", "nonexistent_local_time"),
        ({"booked_at": "2099-01-01T00:00:00Z"}, "booked_at", "future"),
        ({"person": {"given_names": "One", "sex": "F"}}, "person.surname", "required"),
        ({"person": {"surname": "A", "sex": "Q"}}, "person.sex", "invalid_choice"),
        ({"person": {"surname": "A", "sex": "F", "birth_date": "2099-01-01"}}, "person.birth_date", "future"),
        ({"charges": [{"offence_code": "12", "description": "x"}]}, "charges.0.offence_code", "invalid"),
        ({"charges": []}, "charges", "required"),
        ({"charges": "x"}, "charges", "not_a_list"),
        ({"eft": "@@@"}, "eft", "not_base64"),
        (
            {"grounds": [{"kind": "charge", "started_at": "2026-01-01T00:00Z"}]},
            "grounds.0.kind",
            "invalid_choice",
        ),
        ({"agency": "other"}, "agency", "unknown_field"),
        ({"person": {"surname": "A", "sex": "F", "name": "B"}}, "person.name", "unknown_field"),
    ],
)
def test_wrong_field_is_named_with_its_code(machine, booking, changes, field, code):
    answer = machine.post(URL, booking(**changes))

    assert answer.status_code == 400
    assert fields_of(answer).get(field) == code
    assert not Case.objects.exists()


@pytest.mark.django_db
def test_ambiguous_time_says_what_to_send(machine, booking):
    answer = machine.post(URL, booking(booked_at="2025-11-02T01:30"))

    message = answer.json()["errors"][0]["message"]
    assert "2025-11-02 01:30-05:00" in message
    assert "2025-11-02 01:30-06:00" in message


@pytest.mark.django_db
def test_wall_time_is_read_in_the_facilitys_zone_and_kept_as_written(machine, booking):
    machine.post(URL, booking(booked_at="2026-03-19T14:00"))

    stored = Booking.objects.get()
    assert stored.booked_at == datetime(2026, 3, 19, 19, 0, tzinfo=UTC)
    assert stored.booked_at_text == "2026-03-19T14:00"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ["[1]", '"x"', "{", "null", "[" * 100_000, '{"booking_number": NaN}', '{"booking_number": "\\ud800"}'],
)
def test_anything_but_one_object_is_a_problem(machine, body):
    answer = machine.post(URL, body)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_other_media_types_are_refused(machine):
    answer = machine.http.post(
        URL, "a=b", content_type="text/plain", headers={"Authorization": f"Bearer {machine.token}"}
    )

    assert answer.status_code == 415


@pytest.mark.django_db
def test_print_file_comes_as_base64_or_as_upload(machine, booking):
    first, second = eft(seed=1), eft(seed=2)
    upload = {
        "booking": json.dumps(booking(booking_number="B-2")),
        "eft": SimpleUploadedFile("prints.eft", second),
    }

    answers = [
        machine.post(URL, booking(eft=b64encode(first).decode())),
        machine.http.post(URL, upload, headers={"Authorization": f"Bearer {machine.token}"}),
    ]

    assert [answer.status_code for answer in answers] == [201, 201], [answer.content for answer in answers]
    kept = {content_of(row) for row in Document.objects.filter(kind="booking_eft")}
    assert kept == {first, second}


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["{", "[]", ""])
def test_upload_without_a_booking_says_which_part_is_wrong(machine, part):
    answer = machine.http.post(URL, {"booking": part}, headers={"Authorization": f"Bearer {machine.token}"})

    assert "booking" in fields_of(answer)


@pytest.mark.django_db
def test_prints_of_somebody_else_are_refused(machine, booking):
    answer = machine.post(URL, booking(eft=b64encode(eft(surname="Other")).decode()))

    assert fields_of(answer) == {"person.surname": "eft_disagrees"}


@pytest.mark.django_db
def test_other_prints_under_the_same_number_are_a_conflict(machine, booking):
    machine.post(URL, booking(eft=b64encode(eft(seed=1)).decode()))

    answer = machine.post(URL, booking(eft=b64encode(eft(seed=2)).decode()))

    assert (answer.status_code, answer.json()["code"]) == (409, "booking_other_prints")


@pytest.mark.django_db
def test_unreadable_print_file_is_refused_and_kept_in_quarantine(machine, booking):
    answer = machine.post(URL, booking(eft="YnJva2Vu"), **{"Idempotency-Key": "k"})

    assert all(name.startswith("eft") for name in fields_of(answer))
    assert Document.objects.get().quarantined_at is not None
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db
def test_key_repeats_the_first_answer(machine, booking):
    body = booking()
    first = machine.post(URL, body, **{"Idempotency-Key": "abc"})

    second = machine.post(URL, body, **{"Idempotency-Key": "abc"})

    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first


@pytest.mark.django_db
def test_key_with_other_content_is_a_conflict(machine, booking):
    machine.post(URL, booking(), **{"Idempotency-Key": "abc"})

    answer = machine.post(URL, booking(booking_number="B-9"), **{"Idempotency-Key": "abc"})

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_other_body")
    assert Case.objects.count() == 1


@pytest.mark.django_db
def test_same_key_of_another_client_is_another_key(machine, other_machine, booking):
    answers = [item.post(URL, booking(), **{"Idempotency-Key": "abc"}) for item in (machine, other_machine)]

    assert [answer.status_code for answer in answers] == [201, 201]


@pytest.mark.django_db
def test_refusal_gives_the_key_back(machine, booking):
    refused = machine.post(URL, booking(charges=[]), **{"Idempotency-Key": "abc"})

    answer = machine.post(URL, booking(), **{"Idempotency-Key": "abc"})

    assert (refused.status_code, answer.status_code) == (400, 201)


@pytest.mark.django_db
def test_key_that_is_too_long_is_refused(machine, booking):
    answer = machine.post(URL, booking(), **{"Idempotency-Key": "x" * 101})

    assert answer.status_code == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["same-key", ""])
def test_two_senders_at_once_have_one_effect(cast, booking, key):
    machine, body = make_machine(cast, "jail"), booking()
    barrier, answers = Barrier(2), []

    def send() -> None:
        barrier.wait()
        headers = {"Authorization": f"Bearer {machine.token}", **({"Idempotency-Key": key} if key else {})}
        answers.append(Client().post(URL, body, content_type="application/json", headers=headers))
        connection.close()

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    statuses = sorted(answer.status_code for answer in answers)
    assert Case.objects.count() == 1
    assert Event.objects.filter(action="cases.booked").count() == 1
    if key:
        assert statuses in ([201, 201], [201, 409])
    else:
        assert statuses == [200, 201]


@pytest.mark.django_db
@pytest.mark.parametrize("body", ['{"\\ud800": 1}', '{"person": {"sex": "\\ud800"}}'])
def test_half_a_character_is_refused_with_a_problem(machine, body):
    answer = machine.post(URL, body)

    assert answer.status_code == 400
    assert fields_of(answer)
