"""How the tests are shared among the processes of pytest-xdist, each of which has a database of its own."""

import pytest
from django.test import TestCase, TransactionTestCase

REAL_PROCESSES = ("faults", "embedded", "browser")


def share(items: list[pytest.Item]) -> None:
    """Keep each file in one process, and the tests that start whole installations or browsers after one another.

    The long ones come first, so that no process waits for another at the end. Within a process, tests that commit follow those
    that roll back, as pytest-django has them: emptying the tables also takes away the rows that migrations made.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=_rank)


def _group(item: pytest.Item) -> str:
    place = "processes" if _is_heavy(item) else item.path.relative_to(item.config.rootpath).as_posix()
    return f"{place}:{_rank(item)}"


def _rank(item: pytest.Item) -> int:
    if _commits(item):
        return 2 if _is_heavy(item) else 3
    if _is_heavy(item):
        return 0
    return 1 if _uses_database(item) else 4


def _is_heavy(item: pytest.Item) -> bool:
    return item.path.parent.name in REAL_PROCESSES


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
