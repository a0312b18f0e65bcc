"""A walk over every address: no view outside the scoped bases but the few listed here, each with its reason."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.sites import AdminSite
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.bases import ScopedAPIView, ScopedModelAdmin, ScopedView, ScopedViewSet

# Address (as a route) -> why it needs no permission. Nothing here shows a case, a person or a document.
OPEN = {
    "": "sends people to their own door",
    "login/": "signing in",
    "logout/": "signing out",
    "health/live": "says that the process runs",
    "health/ready": "says whether the database answers",
    "health/domain": "says with the monitor's token whether sweep, sealer and queues are on time; counts only",
    "api/v1/oauth/token": "a client proves who it is here",
    "api/v1/schema": "the API document, no data",
    "api/v1/docs": "the API document as a page, no data",
    "admin/jsi18n/": "words of the admin's scripts",
    "admin/login/": "sends to the one sign-in page",
    "admin/logout/": "signing out",
    "i18n/setlang/": "chooses the language",
}
SCOPED = (ScopedView, ScopedAPIView, ScopedViewSet)


def every_address(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLResolver):
            yield from every_address(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def owner_of(callback: Any) -> Any:
    """The class behind a view: a class-based view, a viewset, a model admin, or the admin site."""
    for _ in range(5):
        found = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        if found is not None:
            return found
        bound = getattr(callback, "model_admin", None) or getattr(callback, "__self__", None)
        if bound is not None:
            return type(bound)
        inner = getattr(callback, "admin_site", None)
        callback = getattr(callback, "__wrapped__", callback)
        if inner is not None and callback is None:
            return type(inner)
    return None


def test_no_view_stands_outside_the_scoped_bases():
    strangers = []
    for route, callback in every_address():
        owner = owner_of(callback)
        if isinstance(owner, type) and issubclass(owner, (*SCOPED, ScopedModelAdmin)):
            assert owner.permission
            continue
        if route in OPEN or (isinstance(owner, type) and issubclass(owner, AdminSite)):
            continue
        strangers.append((route, owner))

    assert strangers == []


def test_every_open_address_exists():
    routes = {route for route, _ in every_address()}

    assert {"login/", "api/v1/oauth/token", "health/live"} <= routes


def test_every_registered_admin_is_scoped():
    from django.contrib import admin

    outside = [
        model for model, entry in admin.site._registry.items() if not isinstance(entry, ScopedModelAdmin)
    ]

    assert outside == []
