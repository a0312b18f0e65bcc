"""A jail whose cases are granted to an oversight body, and a reviewer's browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actors import system
from oversight.models import OversightCase, ReviewGrant
from oversight.services import grant_review
from tests.actors import Cast
from tests.detainers.builders import Road
from tests.factories import CaseFactory

BOTH = pytest.mark.django_db(transaction=True, databases=["default", "oversight"])


@pytest.fixture
def road(cast: Cast, book: CaseFactory) -> Road:
    """A case's way from booking to release, by the real services."""
    return Road(cast, book)


@pytest.fixture
def grant(cast: Cast) -> Callable[..., ReviewGrant]:
    """Lets the cast's oversight body read a jail, by default from a day ago."""

    def make(jail: str = "jail", **changes: Any) -> ReviewGrant:
        now = timezone.now()
        times = {"at": now, "starts_at": now - timedelta(days=1)} | changes
        return grant_review(
            oversight_agency=cast.watch, jail_agency=getattr(cast, jail), actor=system("set-up"), **times
        )

    return make


def browser(cast: Cast, who: str) -> Client:
    """Somebody's signed-in browser."""
    client = Client()
    client.force_login(cast.user(who), backend="accounts.backends.EmailBackend")
    return client


@pytest.fixture
def reviewer(cast: Cast) -> Client:
    return browser(cast, "reviewer")


def seen(case: Any) -> OversightCase:
    """A case as the view has it."""
    return OversightCase.objects.using("oversight").get(case_id=case.public_id)
