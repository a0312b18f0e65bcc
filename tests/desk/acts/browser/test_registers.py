"""The pages of forms, registers and lists in a real browser: accessible, light, dark and narrow."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from detainers import services
from detainers.formdata import FormDetails
from tests.browser.looks import NARROW, WIDE, check
from tests.desk.acts.conftest import act_url
from tests.detainers.builders import Road, ago
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("CLEARHOLD_PICTURES", "")


def look(page: Page, name: str) -> None:
    """Accessible light, dark and narrow; kept as a picture where somebody asked for pictures."""
    check(page)
    if not PICTURES:
        return
    for suffix, scheme, size in (("light", "light", WIDE), ("dark", "dark", WIDE), ("390", "light", NARROW)):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
        page.set_viewport_size(size)
        page.screenshot(path=Path(PICTURES) / f"{name}-{suffix}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.set_viewport_size(WIDE)


@pytest.fixture
def road(transactional_cast) -> Road:
    return Road(transactional_cast, CaseFactory(transactional_cast))


def test_a_deficient_form_is_confirmed_and_a_new_version_registered(signed_in, road):
    case = road.case()
    page = signed_in("clerk", act_url("detainer_register", case))
    look(page, "register-detainer")

    page.get_by_label("Fax").check()
    page.get_by_label("Surname").fill("Sample")
    page.get_by_label("FROM: issuing office").fill("ICE ERO, San Antonio")
    page.get_by_label("Title of the officer").fill("Deportation officer")
    page.get_by_role("button", name="Register the detainer").last.click()
    expect(page.get_by_role("alert")).to_be_focused()
    look(page, "register-detainer-lacks")
    page.get_by_label("I have compared it with the paper").check()
    page.get_by_role("button", name="Register the detainer").last.click()
    page.wait_for_url("**/admin/case/**")
    expect(page.get_by_text("deficient on its face").first).to_be_visible()
    look(page, "case-with-deficient")

    page.get_by_role("link", name="Register a new version").click()
    expect(page.get_by_label("Surname")).to_have_value("Sample")
    look(page, "amend")


def test_the_register_and_a_list_with_its_differences(signed_in, road, tmp_path):
    day = ago(days=9).date()
    road.register(road.case(), issued_on=day, details=FormDetails(event_number="EV-1"))
    first = road.register(road.case(), signature_present=False)
    lifted = road.register(road.case(), at=ago(days=8))
    services.lift_detainer(detainer_id=lifted.pk, actor=road.cast.actor("clerk"), at=ago(days=7), code="U")
    page = signed_in("clerk", "/admin/register/")
    expect(page.get_by_text(first.case.number).first).to_be_visible()
    look(page, "register")
    page.goto("/admin/register/?channel=email")
    look(page, "register-empty")
    file = tmp_path / "list.csv"
    file.write_text(
        f"detainer_date,event_number,facility\n{day},EV-1,CEDARTX\n{day},EV-2,CEDARTX\nsoon,EV-3,\n"
    )

    page.goto("/admin/federal-lists/")
    look(page, "lists-empty")
    page.get_by_role("link", name="Compare a list").click()
    page.get_by_label("The list, as CSV").set_input_files(file)
    page.get_by_role("button", name="Look at the result first").click()
    expect(page.get_by_role("heading", name="What the list gives")).to_be_visible()
    look(page, "list-compare")
    page.get_by_role("button", name="Keep the list").click()
    page.wait_for_url("**/admin/federal-lists/")
    look(page, "lists")
    page.get_by_role("link", name="Decide…").first.click()
    look(page, "difference")
    page.get_by_label("It never reached this jail").check()
    page.get_by_label("How you know").fill("Log of the fax")
    page.get_by_role("button", name="Record").click()
    page.wait_for_url("**/admin/federal-lists/")

    expect(page.get_by_text("It never reached this jail")).to_be_visible()
