"""Who calls the API: an OAuth client of one agency, and nobody else. A browser's session means nothing here."""

from functools import cache
from hashlib import sha256

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.actors import NOBODY, actor_for_client
from accounts.models import Agency
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
        client = _client_with_token(words[1])
        if client is None:
            raise AuthenticationFailed(
                "This token is not valid or has expired. Ask for a new one at /api/v1/oauth/token."
            )
        if not client.is_active:
            raise AuthenticationFailed("This client has been revoked. Ask the agency's administrator.")
        actor = actor_for_client(client_id=str(client.public_id), label=client.label, agency=client.agency)
        request._request.actor = become(actor)  # type: ignore[attr-defined]
        return client, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="clearhold"'


def _client_with_token(raw: bytes) -> ApiClient | None:
    """Whose token this is, or None when there is none with this value or it has run out. One look-up at each request, so that
    a token or a client that was taken back is refused at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_look_up(), [sha256(raw).hexdigest(), timezone.now()])
        row = cursor.fetchone()
    if row is None:
        return None
    ours, theirs = _names(ApiClient), _names(Agency)
    client = ApiClient.from_db(connection.alias, ours, row[: len(ours)])
    client.agency = Agency.from_db(connection.alias, theirs, row[len(ours) :])
    return client


@cache
def _look_up() -> str:
    """The query of every request, composed once."""
    columns = [
        f"{table}.{connection.ops.quote_name(field.column)}"
        for table, model in (("client", ApiClient), ("agency", Agency))
        for field in model._meta.concrete_fields
    ]
    token = get_access_token_model()._meta.db_table
    return (
        f"SELECT {', '.join(columns)} FROM {token} token "
        f"JOIN {ApiClient._meta.db_table} client ON client.application_id = token.application_id "
        f"JOIN {Agency._meta.db_table} agency ON agency.id = client.agency_id "
        "WHERE token.token_checksum = %s AND token.expires > %s"
    )


@cache
def _names(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)
