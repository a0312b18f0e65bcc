"""Many events and their deliveries in one statement each: what a sweep over hundreds of rows needs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections, router

from audit import bus, sentences
from audit.context import request_id
from audit.errors import NotInTransaction, UnknownAction
from audit.models import Event
from audit.record import ActorLike, JsonValue, Ref

INSERT_EVENTS = """
    INSERT INTO audit_event (public_id, action, actor_kind, actor_id, actor_label, request_id, reason,
                             subject_type, subject_id, case_id, agency_id, changed, facts, occurred_at)
    SELECT gen_random_uuid(), x.action, %s, %s, %s, %s, '',
           x.subject_type, x.subject_id, x.case_id, x.agency_id, x.changed, x.facts, x.occurred_at
      FROM jsonb_to_recordset(%s::jsonb) AS x(
           n int, action text, subject_type text, subject_id uuid, case_id uuid, agency_id uuid,
           changed text[], facts jsonb, occurred_at timestamptz)
     ORDER BY x.n
    RETURNING id, action
"""
INSERT_DELIVERIES = """
    INSERT INTO audit_delivery (event_id, subscriber, state, attempts, last_error)
    SELECT x.event_id, x.subscriber, 'pending', 0, ''
      FROM jsonb_to_recordset(%s::jsonb) AS x(event_id bigint, subscriber text)
     ORDER BY x.event_id
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be recorded; the fields of `record.event`."""

    action: str
    subject: Ref
    occurred_at: datetime
    case: UUID | None = None
    agency: UUID | None = None
    changed: Sequence[str] = ()
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


def events(entries: Sequence[Entry], *, actor: ActorLike) -> None:
    """Record them in order with deliveries and handlers, in the caller's transaction. Raises as `record.event`."""
    alias = router.db_for_write(Event)
    if not connections[alias].in_atomic_block:
        raise NotInTransaction("Record events inside the transaction of the change they describe.")
    unknown = next((entry.action for entry in entries if not sentences.known(entry.action)), None)
    if unknown is not None:
        raise UnknownAction(f"{unknown} has no sentence; register one in the app's events.py.")
    if not entries:
        return
    rows = json.dumps([_row(n, entry) for n, entry in enumerate(entries)], default=str)
    with connections[alias].cursor() as cursor:
        cursor.execute(INSERT_EVENTS, [actor.kind, actor.id, actor.label, request_id.get(), rows])
        made = cursor.fetchall()
        deliveries = [
            {"event_id": key, "subscriber": name} for key, action in made for name in bus.subscribers(action)
        ]
        if deliveries:
            cursor.execute(INSERT_DELIVERIES, [json.dumps(deliveries)])
    heard = [key for key, action in made if bus.is_heard(action)]
    for event in Event.objects.using(alias).filter(pk__in=heard).order_by("pk"):
        bus.handle(event)


def _row(number: int, entry: Entry) -> dict[str, Any]:
    return {
        "n": number,
        "action": entry.action,
        "subject_type": entry.subject.type,
        "subject_id": entry.subject.id,
        "case_id": entry.case,
        "agency_id": entry.agency,
        "changed": list(entry.changed),
        "facts": dict(entry.facts),
        "occurred_at": entry.occurred_at.isoformat(),
    }
