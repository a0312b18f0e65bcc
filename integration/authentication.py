from typing import Any

from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.actors import actor_for_client
from integration.models import ApiClient


class ClientAuthentication(OAuth2Authentication):
    """OAuth client credentials: the token names an application, the application its agency."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        result = super().authenticate(request)
        if result is None:
            return None
        token = result[1]
        client = ApiClient.objects.select_related("agency").filter(application=token.application, is_active=True).first()
        if client is None:
            raise AuthenticationFailed("This client is not active. Ask the agency's administrator.")
        request._request.actor = actor_for_client(  # type: ignore[attr-defined]
            client_id=str(client.public_id), label=client.label, agency=client.agency
        )
        request._request.api_client = client  # type: ignore[attr-defined]
        return client, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="clearhold"'
