"""Shared fixtures. PostgreSQL and Valkey are the embedded ones; nothing is mocked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection

from tests import as_web, sharing
from tests.actors import Cast, make_cast
from tests.factories import CaseFactory


def pytest_configure() -> None:
    """Every request is served as the role of the web process."""
    as_web.install()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sharing.put_in_order(items)


@pytest.fixture
def cast(db: None) -> Cast:
    """Agencies and people of two jails, a bureau, a federal office, an oversight body, and a stranger."""
    return make_cast()


@pytest.fixture
def transactional_cast(transactional_db: None) -> Cast:
    """The same, committed, for tests with several connections."""
    return make_cast()


@pytest.fixture
def book(cast: Cast) -> CaseFactory:
    """Books people in the cast's jail by walking the real services."""
    return CaseFactory(cast)


@pytest.fixture(autouse=True, scope="session")
def _append_only_tables_can_be_emptied_between_tests() -> Iterator[None]:
    """Transactional tests end with TRUNCATE, which the audit tables refuse: lift the triggers for just that statement.

    Only the owner of the tables can do this; `tests/audit` proves that every other role and statement is refused.
    """
    original: Callable[..., Any] = flush.Command.handle

    def handle(self: flush.Command, **options: Any) -> Any:
        tables = [t for t in connection.introspection.table_names() if not t.startswith("django_")]
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        try:
            return original(self, **options)
        finally:
            with connection.cursor() as cursor:
                for table in tables:
                    cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')

    flush.Command.handle = handle
    yield
    flush.Command.handle = original
