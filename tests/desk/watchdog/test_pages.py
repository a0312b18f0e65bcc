"""What the staff's pages and an outside monitor are told."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from config.roles import WEB
from desk.models import Incident
from desk.watchdog import pulse, signs, thread
from desk.watchdog.thread import Look
from detainers.models import SweepHeartbeat
from tests import as_web
from tests.desk.watchdog.test_signs import WELL
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sees(monkeypatch):
    def set_look(pulse=WELL, *, seconds_ago=0.0):
        look = Look(signs.late(pulse), time.monotonic() - seconds_ago, True)
        monkeypatch.setattr(thread, "_state", {"look": look})

    return set_look


def test_pages_say_nothing_while_all_is_on_time(client, cast, sees):
    sees()
    client.force_login(cast.user("officer"))

    assert "ch-banner" not in client.get("/admin/cases/case/").content.decode()


def test_every_page_of_the_desk_says_that_the_sealer_is_late(client, cast, sees):
    sees(signs.Pulse(**{**vars(WELL), "unsealed_since": WELL.seen_at - timedelta(seconds=61)}))
    client.force_login(cast.user("officer"))

    for address in ("/admin/cases/case/", "/admin/"):
        assert "The sealing of the audit ledger is late." in client.get(address).content.decode()


def test_a_full_outbox_is_no_matter_for_the_desk(client, cast, sees):
    sees(signs.Pulse(**{**vars(WELL), "deliveries_waiting_since": WELL.seen_at - timedelta(hours=1)}))
    client.force_login(cast.user("officer"))

    assert "Notifications wait" not in client.get("/admin/cases/case/").content.decode()


def test_the_board_says_once_that_the_sweep_is_late(client, cast, sees):
    sees(signs.Pulse(**{**vars(WELL), "swept_at": None}))
    client.force_login(cast.user("officer"))

    assert client.get("/admin/").content.decode().count('class="ch-banner"') == 1


def test_a_silent_watchdog_is_said_too(client, cast, sees):
    sees(seconds_ago=3600)
    client.force_login(cast.user("officer"))

    assert "The watchdog of this server is silent." in client.get("/admin/cases/case/").content.decode()


def test_the_monitor_sees_each_sign_with_its_bound_and_503_when_one_is_late(client):
    SweepHeartbeat.objects.create(name="holds", swept_at=timezone.now() - timedelta(seconds=45))

    response = client.get("/health/domain")

    said = response.json()
    sweep = said["signs"][0]
    assert (response.status_code, said["status"]) == (503, "late")
    assert (sweep["name"], sweep["late"], sweep["bound_seconds"]) == ("sweep", True, 30)
    assert sweep["behind_seconds"] >= 45
    assert "clock" in sweep["do"]
    assert said["counts"] == {"open_breaches": 0, "failed_deliveries": 0, "quarantined_replies": 0}


def test_the_monitor_sees_200_when_all_is_within_its_bound(client):
    SweepHeartbeat.objects.create(name="holds", swept_at=timezone.now())

    response = client.get("/health/domain")

    assert (response.status_code, response.json()["status"]) == (200, "well")
    assert "title" not in response.json()["signs"][0]


@pytest.mark.parametrize(("sent", "status"), [("", 403), ("Bearer wrong", 403), ("Bearer right-token", 503)])
def test_with_a_token_set_only_its_holder_is_answered(client, settings, sent, status):
    settings.HEALTH_TOKEN = "right-token"

    assert client.get("/health/domain", headers={"Authorization": sent}).status_code == status


def test_in_production_it_is_closed_until_a_token_is_set(client, settings):
    settings.PRODUCTION, settings.HEALTH_TOKEN = True, ""

    response = client.get("/health/domain")

    assert response.status_code == 403
    assert "HEALTH_TOKEN" in response.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_the_web_role_sees_with_nobody_signed_in_that_rows_wait_to_be_sealed(transactional_cast, monkeypatch):
    """Committed rows of a jail are out of its reach then; their number and age are not."""
    monkeypatch.setattr(thread, "_state", {})
    CaseFactory(transactional_cast)()

    with as_web.acting_as(WEB):
        taken = pulse.take()
        seen = thread.look()

    assert taken.unsealed_since is not None
    assert taken.seen_at - taken.unsealed_since < timedelta(minutes=5)
    assert [sign.name for sign in seen.late] == [signs.Name.SWEEP]
    assert Incident.objects.get().name == "sweep"
