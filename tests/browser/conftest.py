"""A real headless Chromium against the live test server. Skipped, with the reason, only where there is no Chromium."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.actors import PASSWORD, Cast

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file of tests. Gone with it: two at once, or its event loop left behind, would spoil later tests."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright's synchronous interface runs an event loop in this thread; Django would refuse its own queries there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            # On the build server a missing browser is a broken set-up, never a reason to look green.
            absent = pytest.fail if os.environ.get("CI") else pytest.skip
            absent("there is no chromium on this machine: `make browser` installs it")
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=arguments)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


Opener = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[Opener]:
    """Opens pages of the live server; `width`, `dark`, `script` as options. Any error in the page's console fails the test."""
    contexts, complaints = [], []

    def opener(path: str = "/", *, width: int = 1440, dark: bool = False, script: bool = True) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            locale="en-US",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.goto(path)
        return page

    yield opener
    for context in contexts:
        context.close()
    refused = (
        "status of 400",
        "status of 401",
        "status of 403",
        "status of 404",
        "status of 409",
        "status of 429",
    )
    assert [text for text in complaints if not any(code in text for code in refused)] == []


@pytest.fixture
def signed_in(open_page: Opener, transactional_cast: Cast) -> Opener:
    """Opens a page as one of the cast, who signs in at the door like anybody else."""

    def opener(name: str, path: str = "/", **options: Any) -> Page:
        page = open_page("/login/", **options)
        page.get_by_label("E-mail").fill(transactional_cast.user(name).email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login/" not in url)
        if path != "/" and not page.url.endswith(path):
            page.goto(path)
        return page

    return opener
