"""What a typed time means, for the page to read back while somebody types. Without script the page reads it back when sent."""

from typing import Any

from django.forms import ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.models import validate_time_zone
from accounts.permissions import Permission
from audit.sentences import local_time
from desk.acts.fields import LocalTimeField


class EchoView(ScopedView, View):
    """Reads a wall time in a zone; tells nothing of any record."""

    permission = Permission.DETAINER_VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        field = LocalTimeField(required=False)
        field.zone = request.GET.get("zone", "")
        try:
            validate_time_zone(field.zone)
        except ValidationError as error:
            raise Http404("There is no such time zone.") from error
        try:
            moment = field.clean(request.GET.get("text", ""))
        except ValidationError as error:
            return JsonResponse({"problem": " ".join(error.messages)})
        return JsonResponse({"echo": local_time(moment.at, field.zone) if moment else ""})
