import json

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views.base import TokenView

GRANT = "client_credentials"


@method_decorator(csrf_exempt, name="dispatch")
class ClientTokenView(TokenView):
    """The one OAuth address: client credentials in, a token of one hour out. Every other grant is refused."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.POST.get("grant_type") != GRANT:
            body = {"error": "unsupported_grant_type", "error_description": f"Use grant_type={GRANT}."}
            return HttpResponse(json.dumps(body), status=400, content_type="application/json")
        if any("\x00" in value for value in request.POST.values()):
            body = {"error": "invalid_request", "error_description": "A value holds a NUL character."}
            return HttpResponse(json.dumps(body), status=400, content_type="application/json")
        response: HttpResponse = self.authorization_flow_token_response(request, *args, **kwargs)
        return response
