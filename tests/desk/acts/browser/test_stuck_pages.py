"""What is stuck, in quarantine or missing, in a real browser: accessible, and no wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import Agency
from tests.desk.acts.conftest import act_url
from tests.detainers.builders import Road
from tests.factories import CaseFactory
from tests.matching.conftest import Checks, receive, sre

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def things(transactional_cast):
    """What each page is about, and who opens it."""
    cast = transactional_cast
    Agency.objects.filter(pk=cast.jail.pk).update(state="NJ")
    cast.jail.refresh_from_db()
    checks, road = Checks(cast), Road(cast, CaseFactory(cast))
    submission = checks.open()
    detainer = road.register(road.case())
    reply = receive(sre(submission, "fbi", "I", oca="ANOTHER1")).reply
    return {
        "transmission_retry": ("supervisor", checks.transmission("failed")),
        "reply_attach": ("supervisor", reply),
        "reply_dismiss": ("supervisor", reply),
        "warrant_record": ("officer", detainer),
        "condition_record": ("supervisor", detainer),
    }


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_pages_are_accessible_and_fit_empty_and_with_their_errors(signed_in, things, width, dark):
    for name, (who, thing) in things.items():
        page = signed_in(who, act_url(name, thing), width=width, dark=dark)
        for _ in ("empty", "with its errors"):
            problems = Axe().run(page).response["violations"]
            assert [(name, item["id"], item["nodes"][0]["html"][:120]) for item in problems] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.locator(".act-actions button").click()
            expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_the_front_page_lists_what_is_stuck(signed_in, things, width, dark):
    page = signed_in("supervisor", "/admin/", width=width, dark=dark)

    expect(page.get_by_role("heading", name="Stopped, and waiting for you")).to_be_visible()
    expect(page.get_by_role("link", name="Find its check")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
