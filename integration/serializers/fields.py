"""Fields that the framework does not have."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.errors import Invalid
from accounts.times import parse_local

MAX_TIME = 60


@extend_schema_field({"type": "string", "examples": ["2026-03-19T14:00:00-05:00", "2026-03-19T14:00"]})
class InstantField(serializers.Field[datetime, str, datetime, Any]):
    """An RFC 3339 instant with its offset, or a wall time of the facility without one. Gives the instant in UTC.

    A wall time that does not exist or exists twice in the facility's zone is refused with what to send instead.
    """

    default_error_messages = {"not_text": "Send the time as text, such as 2026-03-19T14:00:00-05:00."}

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or len(data) > MAX_TIME:
            self.fail("not_text")
        try:
            return parse_local(data, self.context["zone"])
        except Invalid as error:
            raise serializers.ValidationError(error.message, code=error.code) from error


@extend_schema_field({"type": "string", "contentEncoding": "base64"})
class Base64Field(serializers.Field[bytes, str, bytes, Any]):
    """Bytes in standard base64, or as an uploaded file."""

    default_error_messages = {
        "not_base64": "This is not base64. Encode the file's bytes without changing them."
    }

    def to_internal_value(self, data: Any) -> bytes:
        if isinstance(data, UploadedFile):
            return bytes(data.read())
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except (AttributeError, binascii.Error, ValueError):
            self.fail("not_base64")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt optional field must not vanish in silence."""

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            message = serializers.ErrorDetail(
                "There is no such field. Check its spelling.", code="unknown_field"
            )
            errors = {name: [message] for name in data if name not in self.fields}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                raise serializers.ValidationError({**errors, **error.detail}) from error
            raise
        if errors:
            raise serializers.ValidationError(errors)
        return values
