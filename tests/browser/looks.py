"""What every page owes everybody: no broken rule of WCAG 2 A and AA, light and dark, nothing beyond the edge of a telephone."""

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

EVERY_RULE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
RULES_OF_COLOUR = {"runOnly": ["color-contrast", "link-in-text-block"]}
COLOURS = "getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def broken_rules(page: Page, rules: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The rules this page breaks, with where."""
    found = Axe().run(page, options=rules).response["violations"]
    return [(rule["id"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found]


def check(page: Page) -> None:
    """Fails where the page, as it is shown now, is not for everybody."""
    assert broken_rules(page, EVERY_RULE) == [], page.url
    _wear(page, "dark")
    found = broken_rules(page, RULES_OF_COLOUR)
    assert found == [], (page.url, "dark", found)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, page.url
    page.set_viewport_size(WIDE)
    _wear(page, "light")


def _wear(page: Page, scheme: Literal["light", "dark"]) -> None:
    """The colours as the computer is set, and as the desk's own switch does it, which asks only when a page is opened."""
    before = page.evaluate(COLOURS)
    page.emulate_media(color_scheme=scheme)
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
    page.wait_for_timeout(150)
    assert page.evaluate(COLOURS) != before, f"{page.url} looks the same light and dark"
