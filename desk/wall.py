"""A session that can only show the wall: it may stay open for days, because there is nothing in it to misuse.

A screen on a wall is not idle, it is read; but a session that outlives half an hour and could act would be an open door.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.permissions import Permission
from audit import record
from desk.filters import Filters

KEY = "wall"
ALLOWED = ("/static/", "/logout/")


def is_wall(request: HttpRequest) -> bool:
    """Whether this session is for a wall alone."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and KEY in request.session


def url(request: HttpRequest) -> str:
    """The wall this session was opened for."""
    query = request.session.get(KEY, "")
    return f"/admin/?{query}&wall=1" if query else "/admin/?wall=1"


class WallMiddleware:
    """Sends a wall's session back to its wall, whatever it asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_wall(request) and not self._is_allowed(request):
            return HttpResponseRedirect(url(request))
        return self.get_response(request)

    def _is_allowed(self, request: HttpRequest) -> bool:
        is_board = request.path == "/admin/" and request.GET.get("wall") == "1"
        return (request.method in ("GET", "HEAD") and is_board) or request.path.startswith(ALLOWED)


class WallStartView(ScopedView, View):
    """Turns this session into one for the wall. Signing out is the only way back."""

    permission = Permission.BOARD_VIEW
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        query = Filters.parse(request.POST.get("board", "")).query
        record.access("wall.started", actor=self.actor, objects=[], object_type="case")
        request.session.cycle_key()
        request.session[KEY] = query
        messages.info(request, _("This screen now shows the wall and nothing else until you sign out."))
        return HttpResponseRedirect(url(request))
