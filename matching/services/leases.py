"""Taking a row for a limited time, giving it back, and finding those whose worker vanished."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from matching import conf
from matching.models import LeasedWork, Mailbox, PrintSearch, Transmission
from matching.owners import is_certainly_gone
from matching.querysets import WorkQuerySet

log = structlog.get_logger(__name__)

LEASE_FIELDS = ["state", "lease_owner", "lease_until", "attempts", "deaths", "next_attempt_at", "hinted_at"]
ALL_FIELDS = [*LEASE_FIELDS, "last_error_code", "last_error"]
OUTAGE_SECONDS = 40.0
OUTAGE_PAUSE_SECONDS = 0.5


def take(
    queryset: WorkQuerySet, *, owner: str, at: datetime, lasts: timedelta, row_id: int | None = None
) -> Any:
    """Lock the row that has been due longest, or the one with this number, and lease it; None when there is none to be had.

    Two workers never get the same row: the loser skips the locked row, or no longer finds it due. The statement asks what
    `WorkQuerySet.due` asks, without composing it for each row. It writes the state out: a kept plan then finds the index of
    due rows.
    """
    table = queryset.model._meta.db_table
    which, values = ("AND id = %s", [row_id]) if row_id is not None else ("ORDER BY next_attempt_at", [])
    rows = queryset.model.objects.raw(
        f"UPDATE {table} SET state = %s, lease_owner = %s, lease_until = %s, attempts = attempts + 1 "
        f"WHERE id = (SELECT id FROM {table} WHERE state = '{queryset.ready_state}' AND next_attempt_at <= %s {which} "
        "LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
        [queryset.busy_state, owner, at + lasts, at, *values],
    )
    return next(iter(rows), None)


def put_back(row: LeasedWork, *, at: datetime, tries: int) -> datetime | None:
    """When the row is tried again after `tries` failures, or None when a person must look.

    Clears the lease.
    """
    row.forget_lease()
    row.hinted_at = None
    again = conf.backoff().next_attempt(tries, at=at, chance=random.random())
    if again is not None:
        row.next_attempt_at = again
    return again


def put_back_from_the_dead(row: LeasedWork, *, at: datetime) -> None:
    """The worker vanished: try again at once, for mostly it was killed or restarted. When it happens again, wait longer.

    It keeps its place: workers take what has been due longest, so it does not go behind what came later.
    """
    was_due = row.next_attempt_at
    put_back(row, at=at, tries=row.deaths)
    if row.deaths == 1:
        row.next_attempt_at = min(was_due, at)


def note_error(row: LeasedWork, code: str, sentence: str) -> None:
    """Keep the code and sentence of the last failure.

    Both are ours: nothing a peer or a file said about a person.
    """
    row.last_error_code, row.last_error = code[:40], sentence[:200]


def start_over(row: LeasedWork, *, at: datetime) -> None:
    """A person asked for another round of tries."""
    row.forget_lease()
    row.attempts = row.deaths = 0
    row.next_attempt_at = at
    row.hinted_at = at


def end_leases_of_the_gone(*, at: datetime) -> int:
    """End the leases of workers of this machine whose process has ended, so that the sweep need not wait for the time.

    Returns how many rows that were.
    """
    owners: set[str] = set()
    for model in (Transmission, PrintSearch):
        busy = model.objects.filter(state=model.objects.all().busy_state, lease_until__gt=at)
        owners |= set(busy.values_list("lease_owner", flat=True))
    return sum(_end_leases(owner, at) for owner in sorted(owners) if is_certainly_gone(owner))


def let_go_after_outage(*, owner: str, seconds: float = OUTAGE_SECONDS) -> bool:
    """The database went away under this worker: once it answers again, give back what the worker had taken.

    What was done meanwhile is done again with the same effect. False when the database stayed away: then the leases run out
    by themselves.
    """
    end = time.monotonic() + seconds
    while True:
        close_old_connections()
        try:
            _end_leases(owner, timezone.now())
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > end:
                log.error("database_stays_away", error=type(error).__name__)
                return False
            time.sleep(OUTAGE_PAUSE_SECONDS)
        else:
            return True


def _end_leases(owner: str, at: datetime) -> int:
    """The next sweep finds these rows abandoned; a mailbox is free at once."""
    ended = 0
    for model in (Transmission, PrintSearch):
        rows = model.objects.filter(
            state=model.objects.all().busy_state, lease_owner=owner, lease_until__gt=at
        )
        ended += rows.update(lease_until=at)
    Mailbox.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)
    return ended
