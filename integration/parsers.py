from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_BODY = 24 * 1024 * 1024
"""A print file of 16 MB in base64, and the booking around it."""


class BoundedJSONParser(JSONParser):
    """JSON of a size and depth that a booking can have."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MAX_BODY:
            raise ParseError(
                "The request is larger than 24 MB. Send the print file as an upload.", code="too_large"
            )
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
