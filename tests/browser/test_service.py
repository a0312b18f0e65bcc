"""Serving a copy in a real browser, with a notice that nobody has reviewed and with one that counts."""

import os
from pathlib import Path

import pytest

from tests.browser.looks import check
from tests.detainers.builders import Road, ago
from tests.factories import CaseFactory

PICTURES = os.environ.get("CLEARHOLD_PICTURES", "")
"""A folder for screenshots, for whoever wants to look; the test does not depend on it."""


@pytest.fixture
def received(transactional_cast):
    road = Road(transactional_cast, CaseFactory(transactional_cast))
    return road.register(road.case(), at=ago(days=1))


def picture(page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("look", "width", "dark"), [("light", 1440, False), ("dark", 1440, True), ("390", 390, False)]
)
def test_a_notice_that_nobody_reviewed_is_said_not_to_count(signed_in, received, look, width, dark):
    address = f"/admin/act/detainer/{received.public_id}/serve/"
    page = signed_in("clerk", address, width=width, dark=dark)
    page.get_by_role("button", name="Record the service").click()
    assert page.get_by_text("Choose the language of the notice that was given.").count() > 0
    picture(page, f"serve-errors-{look}")
    page.get_by_label("Language in which it was explained").select_option("es")
    page.get_by_label("Language of the notice that was given with it").select_option("es")
    page.get_by_label("In person").check()
    if look == "light":
        check(page)
    picture(page, f"serve-{look}")

    page.get_by_role("button", name="Record the service").click()
    page.wait_for_url(f"**/admin/case/{received.case.public_id}/**")
    assert page.get_by_text("It does not count as service").count() > 0
    picture(page, f"served-{look}")
    page.goto(f"/admin/case/{received.case.public_id}/#tab-detainers")
    picture(page, f"case-{look}")

    assert page.get_by_text("This does not count as service").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    if look == "light":
        check(page)
