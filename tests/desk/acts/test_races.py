"""Two presses of one button, at the same time, on two connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.desk.acts.conftest import act_url, wall
from tests.factories import CaseFactory

TOKEN = "9c1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("press", range(3))
def test_two_presses_at_once_act_once(transactional_cast, press):
    case = CaseFactory(transactional_cast)()
    form = {"form_token": TOKEN, "kind": "sentence", "at": wall(timezone.now())}
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(transactional_cast.user("officer"), backend="accounts.backends.EmailBackend")
    together = Barrier(2)

    def send(client: Client) -> int:
        together.wait(timeout=10)
        try:
            return client.post(act_url("ground_add", case), form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(send, clients))

    assert statuses == [302, 302]
    assert case.grounds.filter(kind="sentence").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_different_forms_that_release_at_once_release_once(transactional_cast):
    case = CaseFactory(transactional_cast)()
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(transactional_cast.user("officer"), backend="accounts.backends.EmailBackend")
    together = Barrier(2)

    def send(client: Client) -> int:
        together.wait(timeout=10)
        try:
            return client.post(
                act_url("release", case), {"to": "street", "at": wall(timezone.now())}
            ).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(send, clients))

    assert statuses == [302, 409]
    assert case.custody_events.filter(kind="released").count() == 1
