"""People signed in at the desk, and the hands that fill in a form."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from tests.actors import Cast

Desk = Callable[[str], Client]


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """A browser in which one of the cast is signed in."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(cast.user(name), backend="accounts.backends.EmailBackend")
        return client

    return signed_in


@pytest.fixture
def send() -> Callable[..., Any]:
    """Fill in an act form and send it, each time as a new form."""

    def fill_in(client: Client, name: str, about: Any = None, /, **typed: Any) -> Any:
        return client.post(act_url(name, about), {"form_token": str(uuid4()), **typed})

    return fill_in


def act_url(name: str, *about: Any) -> str:
    """The address of an act about a case, a detainer, a ground, two people..."""
    return reverse(f"desk:{name}", args=[thing.public_id for thing in about if thing is not None])


def wall(moment: datetime, zone: str = "America/Chicago") -> str:
    """An instant as somebody types it."""
    from desk.acts.fields import prefill

    return prefill(moment, zone)


def said(response: Any) -> str:
    """The page without its tags' noise, for looking for sentences."""
    from html import unescape

    return unescape(response.content.decode())


def events(action: str) -> int:
    return Event.objects.filter(action=action).count()


def messages_of(response: Any) -> list[str]:
    """What the person is told after an act."""
    from django.contrib.messages import get_messages

    return [str(message) for message in get_messages(response.wsgi_request)]
