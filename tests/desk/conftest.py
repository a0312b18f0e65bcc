"""Somebody signed in at the desk, and cases at every stage made by walking the services."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from detainers.models import SweepHeartbeat
from tests.actors import Cast
from tests.detainers.builders import Road
from tests.factories import CaseFactory
from tests.matching.conftest import Checks

SignIn = Callable[[str], Client]


@pytest.fixture
def at_desk(cast: Cast) -> SignIn:
    """A browser in which one of the cast is signed in."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(cast.user(name), backend="accounts.backends.EmailBackend")
        return client

    return signed_in


@pytest.fixture
def road(cast: Cast, book: CaseFactory) -> Road:
    return Road(cast, book)


@pytest.fixture
def checks(cast: Cast) -> Checks:
    return Checks(cast)


@pytest.fixture
def swept(db: None) -> SweepHeartbeat:
    """The sweep has just run."""
    row, _ = SweepHeartbeat.objects.update_or_create(name="clock", defaults={"swept_at": timezone.now()})
    return row
