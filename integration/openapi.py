"""What the API document says besides views and serializers: how a client signs in, and what a refusal looks like."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


class ClientScheme(OpenApiAuthenticationExtension):
    """OAuth 2 client credentials, with the one token address."""

    target_class = "integration.authentication.ClientAuthentication"
    name = "client_credentials"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = {"clearhold": "Book people and read the client's own agency"}
        return {
            "type": "oauth2",
            "description": "Each client belongs to one jail and acts and reads only there.",
            "flows": {"clientCredentials": {"tokenUrl": "/api/v1/oauth/token", "scopes": scopes}},
        }


class WrongFieldSerializer(serializers.Serializer[Any]):
    """One field that cannot be accepted, with what to do."""

    field = serializers.CharField(
        help_text="Path of the field, such as `person.birth_date`; empty for the whole request"
    )
    code = serializers.CharField(help_text="Stable word for programs")
    message = serializers.CharField(help_text="Sentence for people")


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457, `application/problem+json`)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable word for programs")
    detail = serializers.CharField(help_text="Sentence for people")
    errors = WrongFieldSerializer(many=True)
    request_id = serializers.CharField(help_text="Name this when you ask for help")


_WORDS = {
    400: "One or more fields cannot be accepted",
    401: "No valid token, or a revoked client",
    403: "The client's role does not include this",
    404: "Not there, or of another agency",
    409: "It contradicts what is here: the same number, paper or key for something else, or an act that no longer fits",
    415: "Neither JSON nor multipart",
}


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """Responses of a view for these refusals."""
    media = "application/problem+json"
    return {
        (status, media): OpenApiResponse(ProblemSerializer, description=_WORDS[status]) for status in statuses
    }
