"""The order of the tests, where pytest-xdist shares them among processes that each have a database of their own."""

import pytest
from django.test import TestCase, TransactionTestCase

REAL_PROCESSES = ("faults", "embedded", "browser")


def put_in_order(items: list[pytest.Item]) -> None:
    """Tests that start whole installations or browsers come first among their like: no process waits for them at the end.

    Tests that commit follow those that roll back, as pytest-django has them: emptying the tables also takes away the rows that
    migrations made.
    """
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    is_heavy = item.path.parent.name in REAL_PROCESSES
    if _commits(item):
        return 2 if is_heavy else 3
    if is_heavy:
        return 0
    return 1 if _uses_database(item) else 4


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    kind = getattr(item, "cls", None)
    return (
        bool(marker and marker.kwargs.get("transaction"))
        or bool({"transactional_db", "live_server"} & set(_fixtures(item)))
        or bool(kind and issubclass(kind, TransactionTestCase) and not issubclass(kind, TestCase))
    )


def _uses_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or "db" in _fixtures(item)


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", []))
