"""Act pages in a real browser: what only a browser can show."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from cases.models import Case
from tests.desk.acts.conftest import act_url
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_release_is_three_clicks_from_the_case_and_errors_get_the_focus(signed_in, transactional_cast):
    case = CaseFactory(transactional_cast).eligible()
    page = signed_in("officer", act_url("release", case))

    page.get_by_role("button", name="Record the release").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Where the person goes").click()
    expect(page.get_by_label("Set free")).to_be_focused()
    page.get_by_label("Set free").check()
    page.get_by_role("button", name="Record the release").click()

    page.wait_for_url(f"**/admin/case/{case.public_id}/**")
    expect(page.get_by_text("A breach of").first).to_be_visible()


def test_a_double_click_books_once_and_rows_are_added_by_script(signed_in):
    page = signed_in("officer", act_url("book"))
    page.get_by_label("Booking number").fill("DC-1")
    page.get_by_label("Surname", exact=True).fill("Sample")
    page.get_by_label("Sex code").select_option("F")
    page.get_by_role("button", name="Add a charge").click()
    code = page.locator("#id_charges-3-offence_code")
    expect(code).to_be_focused()
    code.fill("2399")
    page.locator("#id_charges-3-description").fill("Larceny")

    page.get_by_role("button", name="Book", exact=True).dblclick()

    page.wait_for_url("**/admin/case/**")
    assert Case.objects.count() == 1


@pytest.mark.parametrize("script", [True, False])
def test_a_row_can_be_added_with_and_without_script(signed_in, script):
    page = signed_in("officer", act_url("book"), script=script)
    page.get_by_label("Surname", exact=True).fill("Typed before")

    page.get_by_role("button", name="Add a charge").click()

    expect(page.locator("#id_charges-3-offence_code")).to_be_visible()
    expect(page.get_by_label("Surname", exact=True)).to_have_value("Typed before")


def test_a_typed_time_is_read_back_while_it_is_typed(signed_in):
    page = signed_in("officer", act_url("book"))
    echo = page.locator("#id_booked_at ~ .act-echo")

    page.get_by_label("Booked at").fill("03/19/2026 2:00 PM")
    expect(echo).to_have_text("Read as Thu 19 Mar 2026, 14:00 CDT.")
    page.get_by_label("Booked at").fill("2026-03-08 02:30")

    expect(echo).to_contain_text("does not exist in America/Chicago")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
@pytest.mark.parametrize("name", ["book", "release", "detainer_register"])
def test_act_pages_are_accessible_and_fit(signed_in, transactional_cast, name, width, dark):
    case = CaseFactory(transactional_cast).eligible()
    page = signed_in("officer", act_url(name, None if name == "book" else case), width=width, dark=dark)

    for _ in ("empty", "with its errors"):
        problems = Axe().run(page).response["violations"]
        assert [(item["id"], item["nodes"][0]["html"][:120]) for item in problems] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator(".act-actions button").click()
        expect(page.get_by_role("alert")).to_be_visible()
