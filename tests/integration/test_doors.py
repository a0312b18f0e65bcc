"""Who gets in where: every address, verb and caller, by hand."""

import re
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.actors import system
from accounts.errors import Invalid, NotPermitted
from audit.models import Event
from integration.models import ApiClient
from integration.services import create_client, revoke_client
from tests.actors import make_agency
from tests.integration.conftest import token_for

CASE = "cases/{case}"
OPEN = {"schema", "docs"}
ALLOWED = {
    "bookings": {"post": (400, 400)},
    "cases": {"get": (200, 200)},
    CASE: {"get": (200, 404)},
    "detainers": {"post": (400, 400)},
    "detainers/{case}/lift": {"post": (404, 404)},
    f"{CASE}/document": {"get": (400, 404)},
    "events": {"get": (200, 200)},
    "schema": {"get": (200, 200)},
    "docs": {"get": (200, 200)},
}
"""Address -> verb -> what our machine and the other jail's machine get. A 400: an empty booking, a document without its name."""

CALLERS = ("own", "other", "revoked", "none", "browser", "nonsense", "other_scheme")
VERBS = ("get", "post", "put", "patch", "delete")


def expected(address: str, verb: str, caller: str) -> int:
    allowed = ALLOWED[address]
    if address in OPEN:
        return allowed[verb][0] if verb in allowed else 405
    if caller not in ("own", "other"):
        return 401
    if verb not in allowed:
        return 405
    return allowed[verb][0 if caller == "own" else 1]


@pytest.fixture
def callers(machine, other_machine, revoked_machine, browser) -> dict[str, tuple[Client, dict[str, str]]]:
    def bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    return {
        "own": (machine.http, bearer(machine.token)),
        "other": (other_machine.http, bearer(other_machine.token)),
        "revoked": (revoked_machine.http, bearer(revoked_machine.token)),
        "none": (Client(), {}),
        "browser": (browser, {}),
        "nonsense": (Client(), bearer("not-a-token")),
        "other_scheme": (Client(), {"Authorization": f"Token {machine.token}"}),
    }


@pytest.mark.django_db
def test_every_address_verb_and_caller(callers, book):
    case = book()
    wrong = []

    for address, verb, caller in product(ALLOWED, VERBS, CALLERS):
        http, headers = callers[caller]
        path = f"/api/v1/{address.format(case=case.public_id)}"
        answer: Any = getattr(http, verb)(path, content_type="application/json", headers=headers)
        if answer.status_code != expected(address, verb, caller):
            wrong.append((address, verb, caller, answer.status_code))

    assert wrong == []


def test_table_names_every_address():
    prefix = next(item for item in get_resolver().url_patterns if str(item.pattern) == "api/v1/")
    names = {re.sub(r"<uuid:public_id>", "{case}", str(item.pattern)) for item in prefix.url_patterns}

    assert names == set(ALLOWED) | {"oauth/token"}


@pytest.mark.django_db
def test_refusal_without_token_says_how_to_sign_in():
    answer = Client().get("/api/v1/cases")

    assert answer["WWW-Authenticate"] == 'Bearer realm="clearhold"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Sign in first"


@pytest.mark.django_db
def test_stranger_with_a_broken_body_is_a_stranger_first():
    answer = Client().post("/api/v1/bookings", "{", content_type="application/json")

    assert answer.status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"grant_type": "password", "username": "officer@example.org", "password": "correct horse battery"},
        {"grant_type": "authorization_code", "code": "x"},
        {"grant_type": ""},
        {"client_secret": "wrong"},
        {"client_id": "unknown"},
    ],
)
def test_token_is_refused(machine, change):
    form = {
        "grant_type": "client_credentials",
        "client_id": machine.made.client_id,
        "client_secret": machine.made.secret,
    }

    answer = Client().post("/api/v1/oauth/token", form | change)

    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()


@pytest.mark.django_db
def test_revoked_client_gets_no_new_token(cast):
    made = create_client(agency=cast.jail, label="Jail system", actor=system("set-up"))
    token_for(made)

    revoke_client(client_id=made.client.pk, actor=system("set-up"), reason="Replaced")

    with pytest.raises(AssertionError):
        token_for(made)
    revoke_client(client_id=made.client.pk, actor=system("set-up"), reason="Again")
    assert Event.objects.filter(action="integration.client_revoked").count() == 1


@pytest.mark.django_db
def test_secret_and_token_are_stored_only_as_digests(cast):
    from oauth2_provider.models import AccessToken

    made = create_client(agency=cast.jail, label="Jail system", actor=system("set-up"))
    token = token_for(made)

    assert made.secret not in made.client.application.client_secret
    assert AccessToken.objects.get().token != token
    assert Event.objects.get(action="integration.client_created").agency_id == cast.jail.public_id


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["officer", "supervisor", "other_supervisor", "reviewer", "stranger"])
def test_clients_are_made_by_administrators_only(cast, who):
    with pytest.raises(NotPermitted):
        create_client(agency=cast.jail, label="Jail system", actor=cast.actor(who))

    assert not ApiClient.objects.exists()
    assert create_client(agency=cast.jail, label="Jail system", actor=cast.actor("administrator")).client.pk


@pytest.mark.django_db
@pytest.mark.parametrize("label", ["", "x" * 101])
def test_client_needs_a_label_and_a_jail(cast, label):
    with pytest.raises(Invalid):
        create_client(agency=cast.jail, label=label, actor=system("set-up"))
    with pytest.raises(Invalid):
        create_client(
            agency=make_agency("oversight_body", "Watch", time_zone="UTC", state="TX"),
            label="Jail system",
            actor=system("set-up"),
        )


@pytest.mark.django_db
def test_a_nul_character_at_the_token_address_is_a_bad_request():
    form = {"grant_type": "client_credentials", "client_id": "\x00", "client_secret": "x"}

    assert Client().post("/api/v1/oauth/token", form).status_code == 400
