"""A process of the environment that does what people do, through the services: one JSON line in, one out.

Run as `python -m tests.faults.actor` in the checkout. Times are seconds since 1970, so that two of them can start together.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import close_old_connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.errors import ClearholdError  # noqa: E402
from accounts.rows import acting_for  # noqa: E402
from audit.ledger import signing  # noqa: E402
from audit.ledger.checks import as_json, verify  # noqa: E402
from cases import services as cases  # noqa: E402
from cases.booking import BookingRequest, ChargeFacts, PersonFacts  # noqa: E402
from cases.models import LocalGround  # noqa: E402
from config.celery import app  # noqa: E402
from config.demo import people  # noqa: E402
from detainers import services as detainers  # noqa: E402
from detainers.deficiency import EMPTY_BOXES  # noqa: E402
from detainers.models import Hold  # noqa: E402
from matching import services as matching  # noqa: E402

JAIL = "cedar_tx"


class Actor:
    """The commands, by name."""

    @cached_property
    def people(self) -> people.DemoPeople:
        return people.set_up()

    def begin(self) -> dict[str, str]:
        if settings.ROLE != "web":
            return {}
        return {
            "client_id": self.people.client_id,
            "secret": self.people.client_secret,
            "broker": settings.CELERY_BROKER_URL,
        }

    def served(self, number: str, seconds: float) -> dict[str, Any]:
        """A person on a detainer not yet served, whose hold would end in `seconds`."""
        at = timezone.now()
        eligible = at - timedelta(hours=48) + timedelta(seconds=seconds)
        case = cases.book(
            actor=self._is("officer"),
            agency=self.people.agencies[JAIL],
            request=BookingRequest(
                booking_number=number,
                booked_at=eligible - timedelta(hours=12),
                person=PersonFacts("Sample", "One", datetime(1990, 5, 17).date(), "F", "TX"),
                charges=(ChargeFacts("2399", "Larceny", "misdemeanor"),),
            ),
            at=at,
        ).case
        detainer = detainers.register_detainer(
            case_id=case.pk,
            actor=self._is("clerk"),
            at=eligible - timedelta(hours=2),
            channel="email",
            form=detainers.DetainerForm(
                edition="I-247A_2017",
                boxes={**EMPTY_BOXES, "basis": ["biometric_records_check"]},
                subject_surname="Sample",
                subject_given_names="One",
                subject_birth_date=datetime(1990, 5, 17).date(),
                notify_ice=True,
                issuing_office="Sample field office",
                officer_title="Deportation Officer",
                signature_present=True,
                issued_on=(eligible - timedelta(hours=2)).date(),
            ),
        )
        detainers.record_warrant(
            detainer_id=detainer.pk,
            actor=self._is("clerk"),
            at=eligible - timedelta(hours=2),
            kind="ADMIN_I200",
            signed_by_role="Supervisory officer",
        )
        return {"case": case.pk, "detainer": detainer.pk, "eligible": eligible.timestamp()}

    def hold(self, number: str, seconds: float) -> dict[str, Any]:
        """A person on a hold that ends in `seconds`."""
        made = self.served(number, seconds)
        self.serve(made["detainer"], at=made["eligible"] - 3600)
        self.eligible(made["case"], made["eligible"])
        hold = Hold.objects.get(case_id=made["case"])
        return {**made, "hold": hold.pk, "deadline": hold.deadline_at.timestamp()}

    def eligible(self, case: int, at: float) -> None:
        for ground in LocalGround.objects.filter(case_id=case, ended_at__isnull=True):
            cases.end_ground(
                ground_id=ground.pk,
                actor=self._is("officer"),
                at=_instant(at),
                reason=LocalGround.EndReason.BOND,
            )

    def serve(self, detainer: int, at: float, start: float = 0) -> None:
        _wait(start)
        detainers.serve_detainer(
            detainer_id=detainer, actor=self._is("officer"), at=_instant(at), language="es"
        )

    def release(self, case: int, start: float = 0) -> None:
        _wait(start)
        cases.release(
            case_id=case,
            actor=self._is("officer"),
            at=timezone.now(),
            reason="The test lets everybody go who is still here.",
        )

    def retry(self, transmission: int) -> None:
        matching.retry_transmission(
            transmission_id=transmission,
            actor=self._is("supervisor"),
            at=timezone.now(),
            reason="The file is sound; the worker was killed by a test.",
        )

    def publish(self, task: str, arguments: dict[str, Any], times: int) -> None:
        """The same message again and again, as a broker may deliver it."""
        for _ in range(times):
            app.send_task(task, kwargs=arguments, ignore_result=True)

    def sweep(self) -> dict[str, Any]:
        """One sweep of the clock in this process."""
        outcome = detainers.expire_due()
        back = outcome.went_back
        return {
            "expired": outcome.expired,
            "skipped": outcome.skipped,
            "busy": outcome.busy,
            "went_back": back.total_seconds() if back else None,
        }

    def ledger(self) -> dict[str, Any]:
        """What the verifier of the product finds in the ledger."""
        keys = [signing.raw_public(signing.signing_key().public_key())]
        return as_json(verify(keys=keys))

    def clock(self) -> float:
        return time.time()

    def _is(self, who: str) -> Any:
        return self.people.actor(who)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _wait(start: float) -> None:
    """Until that instant, so that two processes begin as one."""
    while (left := start - time.time()) > 0:
        time.sleep(left if left > 0.01 else 0)


def _scope(actor: Actor) -> AbstractContextManager[Any]:
    """Whoever acts is of this jail. Only the web server's role is kept to the rows of an agency, and only it reads the people."""
    return acting_for(actor.people.actor("officer")) if settings.ROLE == "web" else nullcontext()


def _answer(actor: Actor, line: str) -> dict[str, Any]:
    asked = json.loads(line)
    command: Callable[..., Any] = getattr(actor, asked.pop("do"))
    close_old_connections()
    try:
        with _scope(actor):
            return {"ok": command(**asked)}
    except ClearholdError as error:
        return {"refused": type(error).__name__, "words": error.message}
    except Exception as error:  # noqa: BLE001 - told to the test, which judges it
        return {"failed": type(error).__name__, "words": str(error)}


def main() -> None:
    actor = Actor()
    print(json.dumps({"ok": actor.begin()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(actor, line)), flush=True)


if __name__ == "__main__":
    main()
