"""Every refusal of the API as `application/problem+json` (RFC 9457), with a code, the wrong fields and the request id."""

from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from accounts.bases import problem_of
from accounts.errors import ClearholdError

log = structlog.get_logger(__name__)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: our own refusals, DRF's, and nothing else (a bug stays a 500 with an id)."""
    request: Request = context["request"]
    if isinstance(error, ClearholdError):
        status, problem = problem_of(error)
    elif isinstance(error, OperationalError | InterfaceError):
        log.error("database_not_reached", error=type(error).__name__)
        status, problem = 503, _database_away()
    else:
        response = exception_handler(error, context)
        if response is None:
            return None
        status, problem = response.status_code, _from_framework(error, response)
    body = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Refused"),
        "status": status,
        **problem,
        "request_id": getattr(request, "request_id", ""),
    }
    answer = Response(body, status=status, content_type="application/problem+json")
    if status == 503:
        answer["Retry-After"] = "5"
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="clearhold"'
    return answer


_TITLES = {
    400: "The request has wrong fields",
    401: "Sign in first",
    403: "Not permitted",
    404: "Not found",
    405: "Not allowed on this address",
    409: "Conflict",
    415: "Unknown media type",
    429: "Too many requests",
    503: "Not available now",
}


def _database_away() -> dict[str, Any]:
    return {
        "code": "database_not_reached",
        "detail": "The database does not answer, so nothing can be said of this request. Send it again with the same "
        "Idempotency-Key: it has one effect.",
        "errors": [],
    }


def _from_framework(error: Exception, response: Response) -> dict[str, Any]:
    detail = getattr(error, "detail", None)
    code = getattr(error, "default_code", "invalid")
    if isinstance(detail, dict | list):
        return {
            "code": "invalid",
            "detail": "One or more fields cannot be accepted; see errors.",
            "errors": list(_flat(detail)),
        }
    return {"code": getattr(detail, "code", code), "detail": str(detail), "errors": []}


def _flat(detail: Any, path: str = "") -> Any:
    """DRF's nested errors as a flat list of field, code and message."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            inner = "" if key == api_settings.NON_FIELD_ERRORS_KEY else str(key)
            yield from _flat(value, ".".join(part for part in (path, inner) if part))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            yield from _flat(value, f"{path}.{index}" if isinstance(value, dict | list) else path)
    else:
        yield {
            "field": _sendable(path),
            "code": getattr(detail, "code", "invalid"),
            "message": _sendable(str(detail)),
        }


def _sendable(text: str) -> str:
    """Text that repeats what was sent, without half characters, which no answer can carry."""
    return text.encode("utf-8", "replace").decode()
