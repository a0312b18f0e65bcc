"""The sweep: what the broker forgot, what a dead worker left, and what is late. Running it twice changes nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import Error as DatabaseError

from matching import conf, hints
from matching.models import PrintSearch, Transmission
from matching.services import leases
from matching.services.answers import mark_overdue
from matching.services.searches import give_back_abandoned_search
from matching.services.transmissions import give_back_abandoned_transmission

log = structlog.get_logger(__name__)
AT_ONCE = 200
NUDGES = 4  # workers woken for each kind of work by one sweep; each takes what is due until nothing is


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    given_back: int
    overdue: int
    hinted: int


def sweep_matching(*, at: datetime) -> Swept:
    """1 give back what dead workers hold; 2 note late answers; 3 tell the broker of due work it may have lost."""
    return Swept(given_back=sweep_leases(at=at), overdue=mark_overdue(at=at), hinted=hint_due(at=at))


def sweep_leases(*, at: datetime) -> int:
    """Queue again, or set aside, every row whose worker is gone or whose lease has run out.

    Returns how many rows were moved.
    """
    moved = 0
    leases.end_leases_of_the_gone(at=at)
    for transmission_id in list(Transmission.objects.abandoned(at).values_list("pk", flat=True)[:AT_ONCE]):
        moved += _guarded("transmission", transmission_id, at)
    for search_id in list(PrintSearch.objects.abandoned(at).values_list("pk", flat=True)[:AT_ONCE]):
        moved += _guarded("print_search", search_id, at)
    return moved


def _guarded(kind: str, row_id: int, at: datetime) -> int:
    """One row in its own transaction: a row that cannot be moved is logged and does not stop the next."""
    try:
        if kind == "transmission":
            return int(give_back_abandoned_transmission(transmission_id=row_id, at=at) is not None)
        return int(give_back_abandoned_search(search_id=row_id, at=at) is not None)
    except DatabaseError as error:
        log.error("row_not_swept", kind=kind, row=row_id, error=type(error).__name__)
        return 0


def hint_due(*, at: datetime) -> int:
    """Wake workers when due rows were not begun although their hint should have come by now: the broker lost it, or the
    worker that fetched it died. The oldest rows first, those that were given back among them.

    Never more than a few for each sweep, and they expire: behind a long queue they cost next to nothing.
    Returns how many hints the broker took.
    """
    if not conf.gives_hints():
        return 0
    given = 0
    for task, queryset in ((hints.SEND, Transmission.objects), (hints.SEARCH, PrintSearch.objects)):
        rows = queryset.unhinted(at, before=at - conf.hint_again_after()).order_by("next_attempt_at")
        for row_id in list(rows.values_list("pk", flat=True)[:NUDGES]):
            if not hints.nudge(task, row_id):
                return given
            queryset.filter(pk=row_id).update(hinted_at=at)
            given += 1
    return given
