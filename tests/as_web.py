"""Requests of every test run in the database as the role that serves them, under its grants and its row-level security.

The test database belongs to the owner, and so does what a test does itself. Between the first middleware and the answer the
connection is `clearhold_web`, and the connection of the oversight site `clearhold_oversight`, by the same means that hands
the row scope over: it comes back after savepoints and transactions, in any thread, and goes when the request has gone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.postgresql.base import DatabaseWrapper
from config.roles import OVERSIGHT, WEB

ROLES = {"default": WEB, "oversight": OVERSIGHT}
MIDDLEWARE = "tests.as_web.AsWeb"
_roles: ContextVar[dict[str, str] | None] = ContextVar("tests_roles", default=None)
_settings = DatabaseWrapper.settings_now


class AsWeb:
    """The outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _roles.set(ROLES)
        try:
            return self.get_response(request)
        finally:
            _roles.reset(token)


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    """What this block asks of the database, it asks as `role`."""
    token = _roles.set({"default": role})
    try:
        yield
    finally:
        _roles.reset(token)


def settings_with_role(wrapper: DatabaseWrapper) -> tuple[tuple[str, str], ...]:
    """What the backend sets before a statement, with the role of the request."""
    role = (_roles.get() or {}).get(wrapper.alias, "none")
    return (*_settings(wrapper), ("role", role))


def install() -> None:
    """Once per test run, before the first request is served."""
    from django.conf import settings

    DatabaseWrapper.settings_now = settings_with_role  # type: ignore[method-assign, assignment]
    if MIDDLEWARE not in settings.MIDDLEWARE:
        settings.MIDDLEWARE.insert(0, MIDDLEWARE)
