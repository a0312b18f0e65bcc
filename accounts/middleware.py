"""Gives every request its actor, its id, and the rows that are in reach of the actor."""

from collections.abc import Callable
from urllib.parse import unquote_plus
from uuid import uuid4

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.actors import NOBODY, actor_for_user
from accounts.rows import acting_for, become
from audit.context import request_id


class ActorMiddleware:
    """Sets `request.actor` (worked out on first use) and the request id used in audit rows and error pages.

    Until the actor is asked for, the database shows no row of a person.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        request.request_id = str(uuid4())  # type: ignore[attr-defined]
        if "\x00" in request.path_info or "\x00" in unquote_plus(request.META.get("QUERY_STRING", "")):
            # PostgreSQL keeps no such character, so no record can have it; said once here instead of failing everywhere.
            raise SuspiciousOperation("The address holds a NUL character.")
        token = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            with acting_for(NOBODY):
                response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


def _actor(request: HttpRequest) -> object:
    user = getattr(request, "user", None)
    return become(actor_for_user(user) if user is not None and user.is_authenticated else NOBODY)
