"""The browser of `tests/browser`, for the act pages."""

from tests.browser.conftest import chromium, open_page, signed_in

__all__ = ["chromium", "open_page", "signed_in"]
