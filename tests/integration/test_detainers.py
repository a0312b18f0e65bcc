from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from cases.services import content_of
from detainers.models import Detainer, Warrant
from detainers.services import details_of
from tests.integration.test_bookings import fields_of

URL = "/api/v1/detainers"
pytestmark = pytest.mark.django_db


@pytest.fixture
def case_id(machine, booking) -> str:
    return str(machine.post("/api/v1/bookings", booking()).json()["id"])


def detainer(case_id: str, **changes: Any) -> dict[str, Any]:
    """An I-247A as a machine sends it."""
    body: dict[str, Any] = {
        "case": case_id,
        "received_at": (timezone.now() - timedelta(hours=1)).isoformat(),
        "channel": "fax",
        "edition": "I-247A_2017",
        "issued_on": "2026-03-18",
        "subject": {
            "surname": "Sample",
            "given_names": "One",
            "birth_date": "1990-05-17",
            "citizenship": "Mexico",
        },
        "boxes": {"basis": ["final_order"]},
        "issuing_office": "ICE ERO, San Antonio",
        "event_number": "EV-1",
        "officer": {"name": "Officer Sample", "title": "Deportation officer", "has_signed": True},
        "notify_ice": True,
    }
    return body | changes


def test_a_detainer_is_registered_with_its_scan_and_warrant(machine, case_id):
    warrant = {"kind": "ADMIN_I200", "signed_by": "immigration_officer", "signed_at": "2026-03-18T00:00"}
    scan = b64encode(b"%PDF-1.7 scan").decode()

    answer = machine.post(URL, detainer(case_id, scan=scan, warrant=warrant))

    row = Detainer.objects.get()
    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "id": str(row.public_id),
        "state": "received",
        "deficiencies": [],
        "outcome": "created",
        "links": {"case": f"/api/v1/cases/{case_id}"},
    }
    assert (row.channel, content_of(row.document)) == ("fax", b"%PDF-1.7 scan")
    assert details_of(row).citizenship == "Mexico"
    assert Warrant.objects.get().signed_by_role == "immigration_officer"
    assert Event.objects.get(action="detainers.registered").actor_kind == "client"


def test_the_same_paper_again_is_the_same_answer_and_other_words_a_conflict(machine, case_id):
    first = machine.post(URL, detainer(case_id))

    again = machine.post(URL, detainer(case_id, received_at=timezone.now().isoformat()))
    other = machine.post(URL, detainer(case_id, issuing_office="ICE ERO, Dallas"))

    assert (again.status_code, again.json()) == (200, first.json() | {"outcome": "unchanged"})
    assert (other.status_code, other.json()["code"]) == (409, "detainer_registered_before")
    assert first.json()["id"] in other.json()["detail"]
    assert Detainer.objects.count() == 1


def test_a_key_gives_its_answer_again(machine, case_id):
    body = detainer(case_id, event_number="")
    first = machine.post(URL, body, **{"Idempotency-Key": "k-1"})

    again = machine.post(URL, body, **{"Idempotency-Key": "k-1"})

    assert again.status_code == 201
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert Detainer.objects.count() == 1


def test_a_deficient_form_is_registered_with_its_reasons(machine, case_id):
    answer = machine.post(URL, detainer(case_id, boxes={}, officer={}))

    assert (answer.status_code, answer.json()["state"]) == (201, "deficient")
    assert [item["code"] for item in answer.json()["deficiencies"]] == [
        "NO_BASIS",
        "NO_SIGNATURE",
        "NO_OFFICER_TITLE",
    ]


def test_what_cannot_be_accepted_is_said_at_its_field_and_nothing_is_kept(machine, case_id):
    future = (timezone.now() + timedelta(days=1)).isoformat()
    judge = {"kind": "JUDICIAL_CRIMINAL", "signed_by": "immigration_officer", "signed_at": "2026-03-18T00:00"}

    assert fields_of(machine.post(URL, detainer(case_id, received_at="2026-03-08T02:30"))) == {
        "received_at": "nonexistent_local_time"
    }
    assert fields_of(machine.post(URL, detainer(case_id, received_at=future))) == {"received_at": "future"}
    assert "warrant.signed_by" in fields_of(machine.post(URL, detainer(case_id, warrant=judge)))
    assert fields_of(machine.post(URL, detainer(case_id, boxes={"basis": ["x"]}))) == {"boxes": "invalid"}
    assert "scan" in fields_of(machine.post(URL, detainer(case_id, unreadable=True)))
    assert "colour" in fields_of(machine.post(URL, detainer(case_id, colour="red")))
    assert Detainer.objects.count() == 0


def test_another_jail_s_case_is_not_there(other_machine, case_id):
    assert other_machine.post(URL, detainer(case_id)).status_code == 404


def test_a_lift_ends_it_and_one_of_something_unknown_is_refused(machine, case_id):
    made = machine.post(URL, detainer(case_id)).json()
    body = {"lifted_at": timezone.now().isoformat(), "code": "U", "reason": "Fax"}

    lifted = machine.post(f"{URL}/{made['id']}/lift", body)
    twice = machine.post(f"{URL}/{made['id']}/lift", body)
    unknown = machine.post(f"{URL}/{case_id}/lift", body)
    early = machine.post(f"{URL}/{made['id']}/lift", body | {"code": "expired_48h"})

    row = Detainer.objects.get()
    assert (lifted.status_code, lifted.json()["outcome"]) == (200, "lifted")
    assert (row.state, row.lift_code) == ("lifted", "U")
    assert twice.status_code == 409
    assert unknown.status_code == 404
    assert "nothing to lift" in unknown.json()["detail"]
    assert "code" in fields_of(early)
