"""What the log says of a request."""

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


class RequestLog(RequestMiddleware):  # type: ignore[misc]
    """One line when a request begins and one when it ends: method and path, never the query, in which people type names."""

    def format_request(self, request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
