"""An incident begins once, is told once, ends once, and each is in the audit trail."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from audit.models import Event
from desk.models import Incident
from desk.watchdog import incidents, pulse, signs, thread
from desk.watchdog.signs import Name
from detainers.models import SweepHeartbeat

pytestmark = pytest.mark.django_db


def swept(seconds_ago: float) -> None:
    SweepHeartbeat.objects.update_or_create(
        name="holds", defaults={"swept_at": timezone.now() - timedelta(seconds=seconds_ago)}
    )


def settle() -> None:
    incidents.settle(signs.read(pulse.take()))


def actions() -> list[str]:
    return list(
        Event.objects.filter(action__startswith="desk.").order_by("pk").values_list("action", flat=True)
    )


def test_a_late_sweep_begins_one_incident_and_its_return_ends_it():
    swept(31)
    settle()
    settle()
    assert Incident.objects.filter(name="sweep", ended_at__isnull=True).count() == 1
    assert actions() == ["desk.incident_began"]

    swept(1)
    settle()
    settle()
    (row,) = Incident.objects.all()
    assert row.ended_at is not None
    assert actions() == ["desk.incident_began", "desk.incident_ended"]


def test_the_database_refuses_a_second_open_incident():
    Incident.objects.create(name="sweep")

    with pytest.raises(IntegrityError, match="desk_one_open_incident"), transaction.atomic():
        Incident.objects.create(name="sweep")


def test_whoever_runs_the_system_is_told_once_with_what_to_do(settings):
    settings.ALERT_EMAILS = ["runs-it@example.org"]
    swept(31)
    settle()

    assert incidents.tell() == 1
    assert incidents.tell() == 0
    (message,) = mail.outbox
    assert message.to == ["runs-it@example.org"]
    assert "sweep" in message.subject
    assert "worker of the queue `clock`" in message.body


def test_a_mail_server_that_does_not_answer_is_noted_and_tried_again(settings):
    settings.ALERT_EMAILS = ["runs-it@example.org"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    swept(31)
    settle()

    assert incidents.tell() == 0
    row = Incident.objects.get()
    assert (row.tries, row.last_error, row.told_at) == (1, "ConnectionRefusedError", None)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert incidents.tell() == 1
    assert Incident.objects.get().last_error == ""


def test_without_addresses_nothing_is_sent_and_the_incident_waits(settings):
    settings.ALERT_EMAILS = []
    swept(31)
    settle()

    assert incidents.tell() == 0
    assert Incident.objects.get().told_at is None


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_see_it_at_once_begin_it_once():
    swept(31)
    found = signs.read(pulse.take())
    barrier, failures = threading.Barrier(2), []

    def both() -> None:
        try:
            barrier.wait(5)
            incidents.settle(found)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=both) for _ in range(2)]
    for item in threads:
        item.start()
    for item in threads:
        item.join(10)

    assert failures == []
    assert Incident.objects.count() == 1
    assert actions() == ["desk.incident_began"]


def test_a_look_keeps_what_it_saw_for_the_pages(monkeypatch):
    monkeypatch.setattr(thread, "_state", {})
    swept(31)

    seen = thread.look()

    assert [sign.name for sign in seen.late] == [Name.SWEEP]
    assert thread.latest() is seen
    assert not seen.is_stale
