from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """Pages by cursor: no page is skipped or repeated while rows arrive."""

    ordering: str | tuple[str, ...] = "pk"
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        """A page after a place; a cursor that names no place is refused, whatever it holds."""
        try:
            return super().paginate_queryset(queryset, *args, **kwargs)
        except (ValidationError, ValueError) as error:
            raise NotFound(self.invalid_cursor_message) from error


class NewestFirst(Cursor):
    """Cases as they are asked for most: by booking, newest first."""

    ordering = ("-opened_at", "-pk")
