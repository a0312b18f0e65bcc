from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from detainers.models import SweepHeartbeat


def test_live_asks_nothing_of_the_database(client):
    assert client.get("/health/live").json() == {"status": "live"}


@pytest.mark.django_db
def test_ready_says_that_no_sweep_ran_yet(client):
    said = client.get("/health/ready").json()

    assert (said["status"], said["sweep"], said["last_sweep_at"]) == ("ready", "late", None)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "word"), [(3, "on time"), (40, "late")])
def test_ready_says_whether_the_sweep_is_late(client, seconds, word):
    SweepHeartbeat.objects.update_or_create(
        name="clock", defaults={"swept_at": timezone.now() - timedelta(seconds=seconds)}
    )

    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json()["sweep"] == word


def test_ready_is_503_without_a_database(client, monkeypatch):
    def no_answer(**_):
        raise OperationalError("gone")

    monkeypatch.setattr("config.health.connection.cursor", no_answer)

    assert client.get("/health/ready").status_code == 503


@pytest.mark.django_db
def test_an_unknown_address_says_so_to_people_and_machines(client):
    page, machine = client.get("/nothing/"), client.get("/api/v1/nothing")

    assert page.status_code == machine.status_code == 404
    assert "There is no such page" in page.content.decode()
    assert page["X-Request-ID"] in page.content.decode()
    assert machine["Content-Type"] == "application/problem+json"
    assert machine.json()["request_id"] == machine["X-Request-ID"]


@pytest.mark.django_db
def test_a_failure_shows_the_number_to_quote_and_nothing_else(monkeypatch):
    def broken(**_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("config.health.heartbeat.read", broken)
    response = Client(raise_request_exception=False).get("/health/ready")

    page = response.content.decode()
    assert response.status_code == 500
    assert "Something failed on our side" in page
    assert response["X-Request-ID"] in page
    assert "secret detail" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/nothing/"])
def test_pages_carry_a_strict_policy_and_are_not_stored(client, path):
    response = client.get(path)

    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert response["Cache-Control"] in (
        "no-store",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    assert response["X-Frame-Options"] == "DENY"
