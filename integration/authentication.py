"""Who calls the API: an OAuth client of one agency, and nobody else. A browser's session means nothing here."""

from hashlib import sha256
from typing import Any

from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.actors import NOBODY, actor_for_client
from accounts.rows import become
from integration.models import ApiClient


class ClientAuthentication(BaseAuthentication):
    """A bearer token of the client-credentials grant, taken from the header only: the body is not read for strangers."""

    def authenticate(self, request: Request) -> tuple[ApiClient, object] | None:
        request._request.actor = become(NOBODY)  # type: ignore[attr-defined]
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Send 'Authorization: Bearer' and one token.")
        token = _valid_token(words[1])
        client = getattr(token.application, "api_client", None) if token and token.application else None
        if token is None or client is None:
            raise AuthenticationFailed(
                "This token is not valid or has expired. Ask for a new one at /api/v1/oauth/token."
            )
        if not client.is_active:
            raise AuthenticationFailed("This client has been revoked. Ask the agency's administrator.")
        actor = actor_for_client(client_id=str(client.public_id), label=client.label, agency=client.agency)
        request._request.actor = become(actor)  # type: ignore[attr-defined]
        return client, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="clearhold"'


def _valid_token(raw: bytes) -> Any:
    """The stored token with this value, or None when there is none or it has run out."""
    tokens = get_access_token_model().objects.select_related("application__api_client__agency")
    token = tokens.filter(token_checksum=sha256(raw).hexdigest()).first()
    return token if token is not None and token.expires and token.expires > timezone.now() else None
