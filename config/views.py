"""The pages that belong to no app: home, and what people see when something is wrong."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.bases import actor_of
from accounts.permissions import Permission

API_PREFIX = "/api/"


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Everybody to the door of their role: staff to the board, reviewers to the oversight site."""
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    actor = actor_of(request)
    if actor.enters_admin:
        return redirect("admin:index")
    if actor.may_somewhere(Permission.REVIEW_VIEW):
        return redirect("/oversight/")
    return render(request, "no_role.html", status=403)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _problem(
        request, 400, _("We could not read that request"), _("Go back, reload the page and try again.")
    )


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    said = str(exception) if exception and str(exception) else ""
    return _problem(
        request,
        403,
        _("Your role does not include this"),
        said or _("Ask an administrator of your agency if it should."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _problem(
        request,
        403,
        _("This form has expired"),
        _(
            "It was open too long, or you signed in again since. Go back, reload the page and enter it again. Nothing was saved."
        ),
    )


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _problem(
        request,
        404,
        _("There is no such page"),
        _(
            "It does not exist, or it belongs to an agency whose records you do not see. Check the address or search the cases."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _problem(
        request,
        500,
        _("Something failed on our side"),
        _(
            "What you entered may not have been saved: check the case before you enter it again. "
            "Clocks and alarms do not depend on this page and go on."
        ),
    )


def _problem(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    """The same problem for people and machines, with the number of the request to quote."""
    request_id = getattr(request, "request_id", "")
    if request.path.startswith(API_PREFIX):
        content = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": sentence,
            "request_id": request_id,
        }
        return JsonResponse(content, status=status, content_type="application/problem+json")
    context = {"status": status, "title": title, "sentence": sentence, "request_id": request_id}
    return render(request, f"{status}.html", context, status=status)
