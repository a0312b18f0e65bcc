"""The board, the case and the worklists as people use them: few clicks, by keyboard, without script, on the wall, on paper."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import services
from cases.models import Case
from detainers.models import SweepHeartbeat
from matching.gateways import bureau
from tests.browser import looks
from tests.detainers.builders import Road, ago
from tests.factories import CaseFactory, person_facts

NAMES = (
    ("Nguyễn", "Thị Hồng Ánh"),
    ("الحسيني", "عبد الرحمن بن محمد"),
    (
        "Wolfeschlegelsteinhausenbergerdorff" * 2,
        "Adolph Blaine Charles David Earl Frederick Gerald Hubert Irvin",
    ),
    ("O'Neil-Þórsdóttir", ""),
)


@pytest.fixture
def road(transactional_cast: Any) -> Road:
    SweepHeartbeat.objects.update_or_create(
        name="clock", defaults={"swept_at": timezone.now() + timedelta(minutes=5)}
    )
    return Road(transactional_cast, CaseFactory(transactional_cast))


@pytest.fixture
def jail(road, transactional_cast):
    """A shift with every urgency, difficult names, units and owners."""
    cases = []
    for surname, given_names in NAMES:
        person = person_facts(surname=surname, given_names=given_names)
        cases.append(road.register(road.case(person=person, unit="Unit 3"), subject_surname=surname).case)
    late = road.eligible(road.case(person=person_facts(surname="Late")), at=ago(minutes=22))
    case = road.case(person=person_facts(surname="Held"))
    road.serve(road.register(case, subject_surname="Held"))
    road.eligible(case, at=ago(hours=45))
    services.claim_case(case_id=case.pk, actor=transactional_cast.actor("supervisor"), at=timezone.now())
    return [late, case, *cases]


def test_from_the_board_to_a_recorded_release_in_three_clicks_with_every_gateway_down(
    signed_in, jail, monkeypatch
):
    def down(*arguments, **options):
        raise AssertionError("a release asked a gateway")

    monkeypatch.setattr(bureau, "shared_bureau", down)
    page = signed_in("officer", "/admin/?stage=over")

    page.get_by_role("link", name="Release").first.click()
    page.get_by_label("Set free").check()
    page.get_by_role("button", name="Record the release").click()

    page.wait_for_url("**/admin/?stage=over")
    expect(page.get_by_role("status").first).to_contain_text("Release recorded")
    assert Case.objects.get(pk=jail[0].pk).custody_state == "released"


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/?unit=Unit+3&owner=none",
        "/admin/?unit=Nowhere",
        "/admin/?wall=1",
        "/admin/work/",
        "/admin/work/?owner=none",
        "/admin/work/?owner=team",
        "/admin/act/handover/",
        "/admin/act/handover/write/",
        "/admin/act/filter/",
        "/admin/act/filter/keep/?board=unit%3DUnit%2B3",
    ],
)
def test_pages_of_work_are_for_everybody(signed_in, jail, path):
    page = signed_in("supervisor", path)
    page.wait_for_timeout(200)

    looks.check(page)


def test_every_part_of_a_case_is_for_everybody_and_is_said(signed_in, jail):
    page = signed_in("supervisor", f"/admin/case/{jail[1].public_id}/")
    parts = page.locator(".ch-tabs a")
    for number in range(parts.count()):
        parts.nth(number).focus()
        page.keyboard.press("Enter")

        expect(page.locator(".ch-tabs a[aria-current]")).to_have_count(1)
        expect(parts.nth(number)).to_have_attribute("aria-current", "true")
        assert page.locator(".ch-panel:visible").count() == 1
        looks.check(page)


def test_a_part_of_a_case_has_an_address_and_needs_no_script(signed_in, jail):
    page = signed_in("officer", "/admin/", script=False)

    page.goto(f"/admin/case/{jail[1].public_id}/#tab-detainers")
    expect(page.get_by_role("heading", name="Detainers", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="What happened")).to_be_hidden()
    page.get_by_role("link", name="Notes").click()

    expect(page.get_by_role("heading", name="Notes of staff")).to_be_visible()
    expect(page.get_by_role("heading", name="Detainers", exact=True)).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_head_of_a_case_stays(signed_in, jail, width):
    page = signed_in("supervisor", f"/admin/case/{jail[1].public_id}/", width=width)

    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")

    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    expect(page.locator(".ch-case-clock")).to_be_in_viewport()


def test_a_choice_is_an_address_and_stays_with_script_and_without(signed_in, jail):
    page = signed_in("officer", "/admin/")
    page.get_by_label("Unit").select_option("Unit 3")
    page.wait_for_url("**unit=Unit+3**")
    assert page.locator(".ch-rows > li").count() == len(NAMES)

    plain = signed_in("clerk", "/admin/", script=False)
    plain.get_by_label("Unit").select_option("Unit 3")
    plain.get_by_role("button", name="Show").click()
    assert plain.locator(".ch-rows > li").count() == len(NAMES)


def test_the_wall_has_no_names_and_nothing_to_press_but_the_way_out(signed_in, jail):
    page = signed_in("officer", "/admin/?wall=1")

    assert not any(surname.upper() in page.content() for surname, _given in NAMES)
    assert page.locator("main a, main button:visible").all_inner_texts() == [
        "Full screen",
        "Leave it on a wall",
        "Leave the wall view",
    ]


def test_the_remaining_time_runs_on_without_asking_the_server(signed_in, jail):
    page = signed_in("officer", "/admin/")
    left = page.locator("[data-until][data-down]").first
    before = left.text_content()

    page.route("**fragment=1**", lambda route: route.abort())
    page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 3 * 60000; })()")

    expect(left).not_to_have_text(before or "")


def pages_of(pdf: bytes) -> int:
    return len(pypdfium2.PdfDocument(BytesIO(pdf)))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_board_prints_on_one_page(signed_in, jail, road, paper):
    for number in range(40):
        road.register(
            road.case(person=person_facts(surname=f"Many{number}")), subject_surname=f"Many{number}"
        )
    page = signed_in("officer", "/admin/")

    assert pages_of(page.pdf(format=paper)) == 1


def test_one_box_ticks_them_all_and_several_are_assigned_by_keyboard(signed_in, jail, transactional_cast):
    page = signed_in("supervisor", "/admin/work/?owner=none")

    page.get_by_label("All", exact=True).press("Space")
    page.get_by_role("button", name="Assign…").press("Enter")
    page.get_by_label("To whom").select_option(label=transactional_cast.user("clerk").name)
    looks.check(page)
    page.get_by_role("button", name="Assign", exact=True).press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("cases were changed.")
    looks.check(page)
