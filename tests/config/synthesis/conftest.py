"""A small synthetic installation, loaded once by the real command's steps and committed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from rich.console import Console

from config.synthesis.command import Told, Wanted, synthesise

CASES = 400


@pytest.fixture
def synthetic(transactional_db: None) -> Iterator[Told]:
    """Four hundred cases of two jails: one where holds are required, one where they need an order."""
    yield synthesise(Wanted(cases=CASES, agencies=2, processes=1, variants=1), Console(quiet=True))
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA synthesis CASCADE")
