"""When the rows in force in a jail change, by an act or because a day began, its open detainers are assessed again.

Nothing waits for it: whoever looks at a case assesses it by the rows of that day. It makes the record, and the end of a hold that
a new law forbids, come soon. It never lengthens a running hold: that hold keeps its earlier limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from accounts.actors import Actor, system
from accounts.models import Agency
from audit import record
from audit.record import Ref
from cases.models import Case
from detainers import events
from detainers.models import PlaceAssessed
from detainers.policy_book import place_digest, rulebook_in_force
from detainers.services.assess import reassess
from detainers.services.sweep import database_now

BATCH = 200
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class PlacesOutcome:
    """How many jails had other rows, how many cases were assessed, how many of those raised, and whether work is left."""

    places: int = 0
    cases: int = 0
    failed: int = 0
    left: bool = False


def assess_places(
    *, at: datetime | None = None, actor: Actor | None = None, seconds: float = 60
) -> PlacesOutcome:
    """Look at every jail once; stop taking up work after `seconds`, the next call goes on where this one stopped."""
    who, until, outcome = actor or system("policies"), time.monotonic() + seconds, PlacesOutcome()
    now = at or database_now()
    book = rulebook_in_force()
    known = {row.agency_id: row for row in PlaceAssessed.objects.all()}
    for jail in Agency.objects.filter(kind=Agency.Kind.JAIL).order_by("pk"):
        digest = place_digest(book, jail, now.astimezone(jail.zone).date())
        row = known.get(jail.pk)
        if row is None:
            PlaceAssessed.objects.get_or_create(agency=jail, defaults={"digest": digest, "assessed_at": now})
        elif row.digest != digest:
            outcome.places += 1
            _assess_place(jail, row, digest, who, now, until, outcome)
    return outcome


def _assess_place(
    jail: Agency,
    row: PlaceAssessed,
    digest: str,
    actor: Actor,
    at: datetime,
    until: float,
    outcome: PlacesOutcome,
) -> None:
    """All open detainers of one jail in batches; the digest is written when the last is done."""
    reached = row.reached if row.reaching == digest else 0
    while time.monotonic() < until:
        waiting = Case.objects.filter(agency=jail, custody_state="in_custody", pk__gt=reached)
        open_cases = waiting.filter(detainers__ended_at__isnull=True, detainers__isnull=False)
        keys = list(open_cases.order_by("pk").values_list("pk", flat=True).distinct()[:BATCH])
        for key in keys:
            _assess_case(key, actor, at, outcome)
        reached = keys[-1] if keys else reached
        done = len(keys) < BATCH
        _note(jail, digest, reached, done, actor, at, outcome.cases)
        if done:
            return
    outcome.left = True


def _assess_case(case_id: int, actor: Actor, at: datetime, outcome: PlacesOutcome) -> None:
    """One case in its own transaction; one that raises is named and stops no other."""
    try:
        with transaction.atomic():
            reassess(case_id=case_id, actor=actor, at=at)
        outcome.cases += 1
    except Exception:
        log.exception("policy_assessment_failed", case_id=case_id)
        outcome.failed += 1


def _note(
    jail: Agency, digest: str, reached: int, done: bool, actor: Actor, at: datetime, count: int
) -> None:
    with transaction.atomic():
        changes = {"reaching": "" if done else digest, "reached": 0 if done else reached}
        if done:
            changes |= {"digest": digest, "assessed_at": at}
        PlaceAssessed.objects.filter(agency=jail).update(**changes)
        if done:
            record.event(
                events.PLACE_ASSESSED,
                actor=actor,
                subject=Ref("agency", jail.public_id),
                agency=jail.public_id,
                occurred_at=at,
                facts={"count": count},
            )
