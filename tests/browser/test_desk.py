from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from audit.models import Access
from detainers.models import SweepHeartbeat
from tests.detainers.builders import Road, ago
from tests.factories import CaseFactory, person_facts


@pytest.fixture
def road(transactional_cast: Any) -> Road:
    SweepHeartbeat.objects.update_or_create(
        name="clock", defaults={"swept_at": timezone.now() + timedelta(minutes=5)}
    )
    return Road(transactional_cast, CaseFactory(transactional_cast))


@pytest.fixture
def shown(road):
    """One person overdue, one on a hold, one to be served."""
    road.eligible(road.case(person=person_facts(surname="Late")), at=ago(minutes=22))
    case = road.case(person=person_facts(surname="Held"))
    road.serve(road.register(case, subject_surname="Held"))
    road.eligible(case, at=ago(hours=45))
    road.register(road.case(person=person_facts(surname="Served")), subject_surname="Served")
    return case


def problems(page):
    """Rules of WCAG 2 A and AA that the page breaks, with where."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
    found = Axe().run(page, options=options).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_sign_in_page_is_accessible(open_page, width, dark):
    page = open_page("/login/", width=width, dark=dark)

    assert problems(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_board_case_and_list_are_accessible(signed_in, shown, width, dark):
    page = signed_in("supervisor", "/admin/", width=width, dark=dark)
    for path in ("/admin/", f"/admin/case/{shown.public_id}/", "/admin/cases/case/"):
        page.goto(path)
        page.wait_for_timeout(200)

        assert problems(page) == [], path
        assert overflow(page) <= 0, path


def test_an_empty_board_is_accessible(signed_in, road):
    page = signed_in("officer", "/admin/")

    assert page.get_by_text("Nobody is held past a clock").is_visible()
    assert problems(page) == []


def test_from_the_door_over_the_board_to_the_act_by_keyboard_alone(open_page, road):
    road.eligible(road.case(), at=ago(minutes=22))
    page = open_page("/login/")
    page.wait_for_function("document.activeElement.tagName === 'INPUT'")

    page.keyboard.type("officer@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    for _ in range(40):  # a refresh of the rows may take the focus back to the top once
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Release"):
            page.keyboard.press("Enter")
            page.wait_for_timeout(500)
        if "/release/" in page.url:
            break

    page.wait_for_url("**/release/**")


def test_a_new_person_appears_by_itself_and_is_recorded_once(signed_in, road):
    page = signed_in("officer", "/admin/")
    road.eligible(road.case(person=person_facts(surname="Newcomer")), at=ago(minutes=1))

    page.get_by_text("NEWCOMER, One").wait_for(timeout=15_000)
    page.wait_for_timeout(6_000)

    assert list(Access.objects.order_by("id").values_list("action", flat=True)) == [
        "board.opened",
        "board.refreshed",
    ]


def test_rows_do_not_move_while_the_pointer_does(signed_in, road):
    road.register(road.case(person=person_facts(surname="First")), subject_surname="First")
    page = signed_in("officer", "/admin/")
    road.eligible(road.case(person=person_facts(surname="Newcomer")), at=ago(minutes=1))
    row = page.locator(".ch-row").first.bounding_box()

    for step in range(70):
        page.mouse.move(row["x"] + 20 + step, row["y"] + 20)
        page.wait_for_timeout(100)
    assert page.get_by_text("NEWCOMER, One").count() == 0

    page.get_by_text("NEWCOMER, One").wait_for(timeout=15_000)


def test_without_script_everything_is_there_and_renews_by_itself(signed_in, shown):
    page = signed_in("officer", "/admin/", script=False)

    assert page.get_by_text("LATE, One").is_visible()
    assert page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]").count() == 1
    page.get_by_role("link", name="HELD, One").click()
    assert page.get_by_role("heading", name="The clock").is_visible()


def test_the_clock_on_the_case_page_ticks(signed_in, shown):
    page = signed_in("officer", f"/admin/case/{shown.public_id}/")
    clock = page.locator("[data-tick]")

    before = clock.text_content()
    page.wait_for_timeout(2_100)

    assert before != clock.text_content()
    assert clock.text_content().endswith("left")


def test_slash_goes_to_the_search(signed_in, road):
    page = signed_in("officer", "/admin/")

    page.keyboard.press("/")
    page.keyboard.type("2026")
    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/cases/case/?q=2026")


def test_a_printed_case_has_no_buttons(signed_in, shown):
    page = signed_in("officer", f"/admin/case/{shown.public_id}/")

    page.emulate_media(media="print")

    assert not page.get_by_role("link", name="Release or pickup").is_visible()
    assert not page.get_by_role("navigation", name="Main").is_visible()
    assert page.get_by_role("heading", name="What happened").is_visible()


def test_dark_is_chosen_in_the_menu_and_stays(signed_in, road):
    page = signed_in("officer", "/admin/")

    page.get_by_text("Officer", exact=True).click()
    page.get_by_role("button", name="Dark").click()
    page.reload()

    assert "dark" in page.locator("html").get_attribute("class")
