"""The pages of duties, telling ICE, checking a claim and convictions, in a real browser: for everybody, light and dark."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from detainers import services
from detainers.models import Duty, StatusCheck
from tests.browser.looks import check
from tests.detainers.builders import Road, ago
from tests.factories import CaseFactory

PICTURES = os.environ.get("CLEARHOLD_PICTURES", "")
"""A folder for screenshots, for whoever wants to look; the test does not depend on it."""


@pytest.fixture
def owed(transactional_cast):
    """A case in California with every kind of duty at some stage, and one in custody with a claim."""
    cast = transactional_cast
    cast.jail.state = "CA"
    cast.jail.save()
    road = Road(cast, CaseFactory(cast))
    case = road.case()
    detainer = road.register(case, at=ago(days=2))
    road.serve(detainer)
    row = Duty.objects.get(detainer=detainer, code="INTERVIEW_CONSENT")
    services.record_duty(
        duty_id=row.pk, actor=cast.actor("clerk"), at=ago(hours=30), method="in_person", language="es",
        outcome="refused", witness="Badge 112", statement="Would not take the form; it lies in the folder",
    )  # fmt: skip
    services.tell_ice(
        detainer_id=detainer.pk, actor=cast.actor("clerk"), at=ago(hours=2), kind="release", method="telephone",
        office="Field Office, (555) 010-0100", statement="Release time 14:00 today", basis="Gov. Code 7282.5(a)(1)",
    )  # fmt: skip
    road.register(road.case(), at=timezone.now() - timedelta(hours=20))
    cast.jail.state = "TX"
    cast.jail.save()
    claimed = road.case()
    held = road.register(claimed, at=ago(days=1))
    road.serve(held)
    services.claim_status(
        case_id=claimed.pk, actor=cast.actor("officer"), at=ago(hours=1), kind="citizenship"
    )
    return case, detainer, claimed


def addresses(case, detainer, claimed) -> dict[str, str]:
    intent = Duty.objects.get(detainer=detainer, code="STATE_INTENT")
    log = Duty.objects.get(detainer=detainer, code="LOG_AND_REPORT")
    notice = Duty.objects.get(detainer=detainer, code="WRITTEN_RELEASE_NOTICE")
    return {
        "board": "/admin/",
        "duties": "/admin/act/duties/",
        "case": f"/admin/case/{case.public_id}/",
        "claimed": f"/admin/case/{claimed.public_id}/",
        "intent": f"/admin/act/duty/{intent.public_id}/",
        "log": f"/admin/act/duty/{log.public_id}/",
        "notice": f"/admin/act/duty/{notice.public_id}/",
        "tell": f"/admin/act/detainer/{detainer.public_id}/tell/",
        "check": f"/admin/act/check/{StatusCheck.objects.get().public_id}/",
        "conviction": f"/admin/act/case/{case.public_id}/conviction/",
    }


def picture(page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_every_page_of_duties_is_for_everybody(signed_in, owed):
    page = signed_in("supervisor", "/admin/")
    for name, path in addresses(*owed).items():
        page.goto(path)
        page.wait_for_timeout(150)
        picture(page, name)

        check(page)


@pytest.mark.parametrize(("look", "width", "dark"), [("dark", 1440, True), ("390", 390, False)])
def test_the_pages_open_dark_and_on_a_telephone(signed_in, owed, look, width, dark):
    page = signed_in("supervisor", "/admin/", width=width, dark=dark)
    for name, path in addresses(*owed).items():
        page.goto(path)
        page.wait_for_timeout(150)
        picture(page, f"{name}-{look}")

        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name


def test_an_intent_is_stated_with_the_keyboard_and_a_mistake_is_said(signed_in, owed):
    case, detainer, _claimed = owed
    page = signed_in("clerk", addresses(*owed)["intent"])

    page.get_by_role("button", name="State the intent").click()
    assert page.get_by_text("Choose done or refused.").count() > 0
    picture(page, "intent-errors")
    page.get_by_label("Done", exact=True).check()
    page.get_by_label("This jail will not comply with the request").check()
    page.get_by_label("In person").check()
    page.get_by_label("Language", exact=True).select_option("es")
    page.get_by_label("Proof").fill("Form in the folder")
    page.get_by_role("button", name="State the intent").press("Enter")
    page.wait_for_url(f"**/admin/case/{case.public_id}/")

    assert page.get_by_text("Recorded: Statement of intent").count() == 1
    assert Duty.objects.get(detainer=detainer, code="STATE_INTENT").state == "done"
