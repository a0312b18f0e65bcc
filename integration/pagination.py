from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """Pages by cursor: no page is skipped or repeated while rows arrive."""

    ordering: str | tuple[str, ...] = "pk"
    page_size_query_param = "page_size"
    max_page_size = 200


class NewestFirst(Cursor):
    """Cases as they are asked for most: by booking, newest first."""

    ordering = ("-opened_at", "-pk")
