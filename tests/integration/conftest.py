"""A machine of each jail, a revoked one, and a way to call the API as any of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actors import system
from integration.services import NewClient, create_client, revoke_client
from tests.actors import Cast


@dataclass(frozen=True)
class Machine:
    """One API client with its token."""

    made: NewClient
    token: str
    http: Client

    def get(self, path: str, **extra: Any) -> Any:
        return self.http.get(path, headers={"Authorization": f"Bearer {self.token}", **extra})

    def post(self, path: str, body: Any, **extra: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **extra}
        return self.http.post(path, body, content_type="application/json", headers=headers)


def token_for(made: NewClient) -> str:
    """A token asked for at the door, as a machine does."""
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    answer = Client().post("/api/v1/oauth/token", form)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def make_machine(cast: Cast, jail: str, *, label: str = "Jail system") -> Machine:
    made = create_client(agency=getattr(cast, jail), label=label, actor=system("set-up"))
    return Machine(made, token_for(made), Client())


@pytest.fixture
def machine(cast: Cast) -> Machine:
    """A machine of the cast's jail."""
    return make_machine(cast, "jail")


@pytest.fixture
def other_machine(cast: Cast) -> Machine:
    """A machine of the other jail."""
    return make_machine(cast, "other_jail")


@pytest.fixture
def revoked_machine(cast: Cast) -> Machine:
    """A machine whose client was revoked after it got its token."""
    machine = make_machine(cast, "jail", label="Old system")
    revoke_client(client_id=machine.made.client.pk, actor=system("set-up"), reason="Replaced")
    return machine


@pytest.fixture
def browser(cast: Cast) -> Client:
    """A booking officer's signed-in browser."""
    client = Client()
    client.force_login(cast.user("officer"), backend="accounts.backends.EmailBackend")
    return client


@pytest.fixture
def booking() -> Callable[..., dict[str, Any]]:
    """A booking as JSON, with changes."""

    def make(**changes: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "booking_number": "B-2026-777",
            "booked_at": (timezone.now() - timedelta(hours=3)).isoformat(),
            "person": {"surname": "Sample", "given_names": "One", "birth_date": "1990-05-17", "sex": "F"},
            "charges": [{"offence_code": "2399", "description": "Larceny"}],
        }
        return body | changes

    return make
