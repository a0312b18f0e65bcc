"""A correction walked in a real browser: asked for by one person, decided by another; every page for everybody."""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from desk.acts.fields import prefill
from detainers.models import SweepHeartbeat
from tests.actors import PASSWORD
from tests.browser.looks import NARROW, WIDE, check
from tests.detainers.builders import Road, ago
from tests.detainers.corrections import correct, second_supervisor
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("CLEARHOLD_PICTURES", "")


def look(page: Page, name: str) -> None:
    """Accessible light, dark and narrow; kept as a picture where somebody asked for pictures."""
    check(page)
    if PICTURES:
        for suffix, scheme, size in (
            ("light", "light", WIDE),
            ("dark", "dark", WIDE),
            ("390", "light", NARROW),
        ):
            page.emulate_media(color_scheme=scheme)
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            page.set_viewport_size(size)
            page.screenshot(path=Path(PICTURES) / f"{name}-{suffix}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.evaluate("document.documentElement.classList.remove('dark')")
        page.set_viewport_size(WIDE)


def test_two_people_move_an_end_of_authority(signed_in, transactional_cast):
    SweepHeartbeat.objects.update_or_create(name="clock", defaults={"swept_at": timezone.now()})
    road = Road(transactional_cast, CaseFactory(transactional_cast))
    case, _detainer = road.held(eligible_at=ago(hours=30))
    second = second_supervisor(transactional_cast)
    second.set_password(PASSWORD)
    second.save()
    correct(road, case, "claim" if case.status_claims.exists() else "booking", "arrested_at", ago(days=11))
    ground = case.grounds.get()
    page = signed_in("supervisor", f"/admin/case/{case.public_id}/")
    page.get_by_role("link", name="Correct…").click()
    look(page, "correctable")

    page.goto(
        reverse(
            "desk:correct",
            kwargs={
                "public_id": case.public_id,
                "kind": "ground",
                "subject": ground.public_id,
                "field": "ended_at",
            },
        )
    )
    page.get_by_label("Ended").fill(prefill(ago(hours=28), "America/Chicago"))
    page.get_by_label("The time was wrong").check()
    page.get_by_label("Why it is corrected").fill("The court's paper says two hours later.")
    page.get_by_role("button", name="Show what this does").click()
    expect(page.get_by_text("a second person must approve")).to_be_visible()
    look(page, "correct-preview")
    page.get_by_role("button", name="Ask a second person").click()
    page.wait_for_url(f"**/admin/case/{case.public_id}/**")
    expect(page.get_by_text("Waits for a second person").first).to_be_visible()

    other = signed_in("second_supervisor", reverse("desk:corrections"))
    look(other, "waiting")
    other.get_by_role("link", name="Decide").click()
    look(other, "decide")
    other.get_by_label("Approve").check()
    other.get_by_label("Why").fill("Seen on the court's paper.")
    other.get_by_role("button", name="Record the decision").click()
    other.wait_for_url(f"**/admin/case/{case.public_id}/**")
    expect(other.locator("#corrections")).to_be_visible()
    assert other.locator("del").count() >= 1
    look(other, "case")
