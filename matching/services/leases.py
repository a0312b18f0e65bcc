"""Taking a row for a limited time, giving it back, and finding those whose worker vanished."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from matching import conf
from matching.models import LeasedWork, PrintSearch, Transmission
from matching.querysets import WorkQuerySet

LEASE_FIELDS = ["state", "lease_owner", "lease_until", "attempts", "deaths", "next_attempt_at", "hinted_at"]
ALL_FIELDS = [*LEASE_FIELDS, "last_error_code", "last_error"]


def take(queryset: WorkQuerySet, *, owner: str, at: datetime, lasts: timedelta) -> Any:
    """Lock the first row of a queryset of due rows and lease it, or None when others have them all.

    Two workers never get the same row: the loser skips the locked row, or no longer finds it due.
    """
    with transaction.atomic():
        row: Transmission | PrintSearch | None = (
            queryset.due(at).select_for_update(skip_locked=True, of=("self",)).first()
        )
        if row is None:
            return None
        row.state = queryset.busy_state
        row.lease_owner, row.lease_until = owner, at + lasts
        row.attempts += 1
        row.save(update_fields=LEASE_FIELDS)
    return row


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
