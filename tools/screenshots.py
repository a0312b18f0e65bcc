"""Takes the pictures in docs/screenshots of a running demo: start `make run` first, then `.venv/bin/python tools/screenshots.py`.

Signs in with the demo logins, books one more person through the form (so that there are prints to compare), and photographs
the main pages light, dark and on a telephone.
"""

import argparse
import json
import re
import shutil
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from matching.samples.cast import sample  # noqa: E402 - the script is started from anywhere
from matching.samples.generate import DATA  # noqa: E402

MOST_BYTES = 300_000
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SEEN_BEFORE = "criminal-only-1"


class Look(NamedTuple):
    """One way of looking at a page."""

    suffix: str
    scheme: str
    size: dict[str, int]


LOOKS = (Look("light", "light", WIDE), Look("dark", "dark", WIDE), Look("390", "light", NARROW))


class Studio:
    """A browser in front of the demo."""

    def __init__(self, browser: Browser, url: str, password: str) -> None:
        self.browser, self.url, self.password = browser, url, password

    def page(self, who: str, look: Look) -> Page:
        """A page on which `who` is signed in."""
        context = self.browser.new_context(
            base_url=self.url, color_scheme=look.scheme, viewport=look.size, locale="en-US"
        )
        page = context.new_page()
        page.goto("/login/")
        page.get_by_label("E-mail").fill(f"{who}@clearhold.example")
        page.get_by_label("Password").fill(self.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda address: "/login/" not in address)
        return page


def book_again(studio: Studio) -> None:
    """Book a person whose prints the repository has, and wait until an examiner is asked."""
    page, told = studio.page("officer", LOOKS[0]), sample(SEEN_BEFORE)
    page.goto("/admin/act/book/")
    page.get_by_label("Print file (EFT)").set_input_files(DATA / told.file_name)
    page.get_by_label("Jail").select_option("Cedar County Jail")
    page.get_by_label("Booking number").fill(f"S26-{int(time.time()) % 10_000_000}")
    page.get_by_role("button", name="Read the file").click()
    page.get_by_text("Filled in from the file").wait_for()
    for number, charge in enumerate(told.charges):
        page.locator(f"#id_charges-{number}-offence_code").fill(charge.offence_code)
        page.locator(f"#id_charges-{number}-description").fill(charge.description)
        page.locator(f"#id_charges-{number}-offence_class").select_option(charge.offence_class)
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_url("**/admin/case/**")
    examiner = studio.page("examiner", LOOKS[0])
    for _ in range(60):
        examiner.goto("/admin/")
        if examiner.get_by_role("link", name=re.compile("^Compare the prints")).count():
            return
        time.sleep(1)
    raise SystemExit("No candidate came within a minute. Do the workers run?")


def to_board(page: Page) -> None:
    page.goto("/admin/")


def to_wall(page: Page) -> None:
    page.goto("/admin/?wall=1")


def to_work(page: Page) -> None:
    page.goto("/admin/work/?owner=none")


def to_handover(page: Page) -> None:
    page.goto("/admin/act/handover/write/")


def to_case(page: Page) -> None:
    """The person on a hold whose clock runs."""
    page.goto("/admin/")
    page.locator(".ch-row", has_text="Hold on a detainer ends").first.locator(".ch-who a").click()
    page.get_by_role("heading", name="The clock").wait_for()


def to_book(page: Page) -> None:
    page.goto("/admin/act/book/")


def to_register(page: Page) -> None:
    page.goto("/admin/")
    page.locator(".ch-row .ch-who a").last.click()
    page.get_by_role("link", name="Register a detainer").click()
    page.get_by_role("heading", name="Register a detainer").wait_for()


def to_release(page: Page) -> None:
    """Of the person held beyond authority."""
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("^Release")).first.click()
    page.get_by_role("heading", name="Record the release").wait_for()


def to_candidate(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("^Compare the prints")).first.click()
    page.get_by_role("heading", name="Your decision").wait_for()
    page.wait_for_load_state("networkidle")
    if page.viewport_size == NARROW:
        page.locator(".act-pair").first.evaluate("pair => pair.scrollIntoView()")
        page.wait_for_load_state("networkidle")


def to_oversight(page: Page) -> None:
    page.goto("/oversight/")


def to_reviewed_case(page: Page) -> None:
    page.goto("/oversight/?breach=yes")
    page.locator("table.cases tbody th a").first.click()
    page.get_by_role("heading", name="Review notes").wait_for()


SCENES: tuple[tuple[str, str, Callable[[Page], None]], ...] = (
    ("board", "supervisor", to_board),
    ("wall", "supervisor", to_wall),
    ("work", "supervisor", to_work),
    ("handover", "supervisor", to_handover),
    ("case", "supervisor", to_case),
    ("book", "officer", to_book),
    ("register-detainer", "clerk", to_register),
    ("release", "supervisor", to_release),
    ("candidate", "examiner", to_candidate),
    ("oversight-list", "reviewer", to_oversight),
    ("oversight-case", "reviewer", to_reviewed_case),
)


def small(picture: bytes) -> bytes:
    """The PNG in at most 256 colours where that is smaller."""
    sink = BytesIO()
    Image.open(BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        sink, "PNG", optimize=True
    )
    return min(picture, sink.getvalue(), key=len)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--url", default="http://127.0.0.1:8000", help="the running demo (default %(default)s)"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots", help="where pictures go")
    parser.add_argument("--only", default="", help="names of scenes, with commas between them")
    parser.add_argument("--whole", action="store_true", help="the whole length of each page, to look it over")
    options = parser.parse_args()
    password = json.loads((ROOT / ".data" / "demo-logins.json").read_text())["password"]
    only = set(filter(None, options.only.split(",")))
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )
        studio = Studio(browser, options.url, password)
        if not only & {name for name, _who, _go in SCENES} or "candidate" in only:
            examiner = studio.page("examiner", LOOKS[0])
            if not examiner.get_by_role("link", name=re.compile("^Compare the prints")).count():
                book_again(studio)
        for name, who, go in SCENES:
            for look in LOOKS if not only or name in only else ():
                page = studio.page(who, look)
                go(page)
                page.wait_for_timeout(300)
                picture = small(page.screenshot(full_page=options.whole))
                path = options.out / f"{name}-{look.suffix}.png"
                path.write_bytes(picture)
                print(f"{path.name}: {len(picture) // 1024} kB")
                if len(picture) > MOST_BYTES and not options.whole:
                    raise SystemExit(f"{path.name} is larger than {MOST_BYTES // 1000} kB.")
                page.context.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
