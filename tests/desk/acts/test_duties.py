"""Duties at the desk: one form each, the worklist, what ICE was told, and the check of a claim."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from detainers import services
from detainers.models import Duty, DutyOutcome, IceDisclosure, StatusCheck
from tests.actors import Cast
from tests.desk.acts.conftest import Desk, act_url, messages_of, said, wall
from tests.detainers.builders import Road, ago
from tests.factories import CaseFactory

Send = Callable[..., Any]


@pytest.fixture
def road(cast: Cast, book: CaseFactory) -> Road:
    return Road(cast, book)


def in_state(road: Road, state: str) -> None:
    road.cast.jail.state = state
    road.cast.jail.save()


def typed(**changes: Any) -> dict[str, Any]:
    fields = {
        "at": wall(timezone.now() - timedelta(hours=1)),
        "outcome": "done",
        "answer": "declines",
        "method": "in_person",
        "language": "es",
        "statement": "Form in the folder",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def test_a_duty_is_done_in_one_form(road: Road, desk: Desk, send: Send) -> None:
    in_state(road, "CA")
    case = road.case()
    duty = Duty.objects.get(detainer=road.register(case), code="STATE_INTENT")
    client = desk("clerk")

    page = said(client.get(act_url("duty", duty)))
    assert "Tell the person in writing whether this jail will comply" in page
    assert duty.citation in page

    response = send(client, "duty", duty, **typed(refused_to_sign="on", witness="Badge 12"))

    assert response.status_code == 302
    assert "Statement of intent" in messages_of(response)[0]
    row = DutyOutcome.objects.get(duty=duty)
    assert (row.answer, row.language, row.refused_to_sign, row.witness) == (
        "declines",
        "es",
        True,
        "Badge 12",
    )
    assert "This was done on" in said(client.get(act_url("duty", duty)))
    on_case = said(client.get(f"/admin/case/{case.public_id}/"))
    assert "Done" in on_case
    assert "by Clerk, in person, language es" in on_case


def test_what_is_missing_is_said_at_its_field_and_nothing_is_saved(
    road: Road, desk: Desk, send: Send
) -> None:
    in_state(road, "CA")
    duty = Duty.objects.get(detainer=road.register(road.case()), code="STATE_INTENT")

    response = send(
        desk("clerk"), "duty", duty, **typed(answer=None, language="", statement="", refused_to_sign="on")
    )

    assert response.status_code == 400
    page = said(response)
    for sentence in (
        "Choose what came of it.",
        "Choose the language",
        "Write what was done and where the proof is",
        "Enter who witnessed the refusal",
    ):
        assert sentence in page
    assert not DutyOutcome.objects.exists()


def test_a_duty_of_staff_asks_nothing_of_the_person(road: Road, desk: Desk, send: Send) -> None:
    in_state(road, "MA")
    duty = Duty.objects.get(detainer=road.register(road.case()), code="LOG_AND_REPORT")
    client = desk("clerk")

    page = said(client.get(act_url("duty", duty)))
    assert 'name="language"' not in page
    assert 'name="outcome"' not in page
    response = send(client, "duty", duty, at=wall(ago(hours=1)), method="in_writing", statement="Log 12")

    assert response.status_code == 302
    duty.refresh_from_db()
    assert duty.state == "done"


def test_the_worklist_shows_what_is_overdue_first_and_only_ours(road: Road, desk: Desk) -> None:
    in_state(road, "CA")
    late = road.register(road.case(), at=ago(days=3))
    soon = road.register(road.case(), at=ago(hours=2))
    url = reverse("desk:duties")

    page = said(desk("clerk").get(url))

    first, last = late.case.number, soon.case.number
    assert page.index(first) < page.index(last)
    assert "Overdue" in page
    theirs = said(desk("other_officer").get(url))
    assert "No duty is due." in theirs
    assert first not in theirs
    assert desk("reviewer").get(url).status_code in (302, 403)


def test_the_board_counts_duties_and_offers_the_next_one(road: Road, desk: Desk) -> None:
    in_state(road, "MA")
    detainer = road.register(road.case(), at=ago(days=3))
    road.serve(detainer)

    page = said(desk("clerk").get("/admin/"))

    assert "1 duty due today" in page
    assert "Log and report: not done. It was due" in page
    duty = Duty.objects.get(detainer=detainer, code="LOG_AND_REPORT")
    assert act_url("duty", duty) in page


def test_what_ice_was_told_is_recorded_and_what_is_forbidden_cannot_be_chosen(
    road: Road, desk: Desk, send: Send
) -> None:
    in_state(road, "IL")
    case = road.case()
    detainer = road.register(case)
    client = desk("clerk")
    fields = {
        "at": wall(ago(minutes=10)),
        "method": "fax",
        "office": "Field Office",
        "statement": "Asked for the status on file.",
    }

    page = said(client.get(act_url("tell_ice", detainer)))
    assert "5 ILCS 805" in page
    assert 'value="release"' not in page
    assert send(client, "tell_ice", detainer, kind="release", **fields).status_code == 400
    assert send(client, "tell_ice", detainer, kind="status", **fields).status_code == 302

    assert IceDisclosure.objects.get().kind == "status"
    assert "Told to ICE" in said(client.get(f"/admin/case/{case.public_id}/"))


def test_a_claim_stands_on_the_board_and_its_check_is_one_form(road: Road, desk: Desk, send: Send) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))
    client = desk("officer")
    services.claim_status(
        case_id=case.pk, actor=road.cast.actor("officer"), at=ago(hours=1), kind="citizenship"
    )
    check = StatusCheck.objects.get()

    assert "The person says to be a citizen. Check it by" in said(client.get("/admin/"))
    assert "To be checked by" in said(client.get(f"/admin/case/{case.public_id}/"))
    fields = {"outcome": "confirmed", "basis": "Passport seen", "at": wall(timezone.now())}
    assert send(client, "status_check", check, **(fields | {"basis": ""})).status_code == 400
    assert send(client, "status_check", check, **fields).status_code == 302

    assert "Proved" in said(client.get(f"/admin/case/{case.public_id}/"))
    assert "This claim was checked on" in said(client.get(act_url("status_check", check)))


def test_a_conviction_is_recorded_and_its_level_shown(road: Road, desk: Desk, send: Send) -> None:
    case = road.case()
    client = desk("clerk")

    page = said(client.get(f"/admin/case/{case.public_id}/"))
    assert "No conviction is known." in page
    response = send(
        client,
        "conviction",
        case,
        convicted_on="2005-03-01",
        offence_class="felony",
        category="violent",
        max_sentence_days="3650",
        source="FBI rap sheet",
    )

    assert response.status_code == 302
    page = said(client.get(f"/admin/case/{case.public_id}/"))
    assert "1 March 2005: Felony, violent, up to 3650 days" in page.replace("3,650", "3650")
    assert "no published tiers" in page
