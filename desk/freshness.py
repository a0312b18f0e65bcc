"""Whether a board that somebody looks at is still right, without working it out again.

The web server has few workers and each serves one request at a time, so an event stream would take a worker away from
everybody else for as long as a board is open. The board asks every few seconds instead, and this answers most of the time
with one small read: the newest event of each agency in sight, and whether the sweep is late. Time alone changes a board
too, so a tag holds for a quarter of a minute at most; that also covers an event that is committed after a younger one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from django.db.models import OuterRef, Subquery
from django.utils.translation import get_language

from accounts.actors import Actor
from accounts.models import Agency
from audit.models import Event
from desk import heartbeat
from desk.filters import Filters
from detainers.models import SweepHeartbeat

HOLDS_SECONDS = 15


@dataclass(frozen=True)
class Look:
    """What one small read says: the agencies in sight, whether the sweep is alive, and the tag of the board."""

    tag: str
    agencies: tuple[Agency, ...]
    pulse: heartbeat.Pulse


def look(actor: Actor, filters: Filters, *, is_wall: bool, at: datetime) -> Look:
    """The ETag of this actor's board at this instant, and what else was read for it, so that it is not read again."""
    newest = Event.objects.filter(agency_id=OuterRef("public_id")).order_by("-id").values("id")[:1]
    swept = SweepHeartbeat.objects.order_by("-swept_at").values("swept_at")[:1]
    rows = Agency.objects.filter(pk__in={key for _permission, key in actor.grants})
    agencies = tuple(rows.annotate(newest=Subquery(newest), swept=Subquery(swept)).order_by("name", "pk"))
    pulse = heartbeat.Pulse(swept_at=agencies[0].swept if agencies else None, seen_at=at)
    parts = (
        actor.id,
        sorted(f"{permission} {key}" for permission, key in actor.grants),
        filters.query,
        is_wall,
        get_language(),
        [row.newest for row in agencies],
        pulse.is_late,
        int(at.timestamp()) // HOLDS_SECONDS,
    )
    digest = blake2b(repr(parts).encode(), digest_size=12).hexdigest()
    return Look(f'W/"{digest}"', agencies, pulse)
