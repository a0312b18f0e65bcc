"""Many events in one statement each for events and deliveries: what a sweep over hundreds of rows needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connections, router

from audit import bus, sentences
from audit.context import request_id
from audit.errors import NotInTransaction, UnknownAction
from audit.models import Event
from audit.record import ActorLike, JsonValue, Ref


@dataclass(frozen=True)
class Entry:
    """One event to be recorded; the fields of `record.event`."""

    action: str
    subject: Ref
    occurred_at: datetime
    case: UUID | None = None
    agency: UUID | None = None
    changed: Sequence[str] = ()
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


def events(entries: Sequence[Entry], *, actor: ActorLike) -> list[Event]:
    """Record them in order with deliveries and handlers, in the caller's transaction. Raises as `record.event`."""
    alias = router.db_for_write(Event)
    if not connections[alias].in_atomic_block:
        raise NotInTransaction("Record events inside the transaction of the change they describe.")
    unknown = next((entry.action for entry in entries if not sentences.known(entry.action)), None)
    if unknown is not None:
        raise UnknownAction(f"{unknown} has no sentence; register one in the app's events.py.")
    rows = Event.objects.using(alias).bulk_create(
        Event(
            action=entry.action,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label,
            subject_type=entry.subject.type,
            subject_id=entry.subject.id,
            case_id=entry.case,
            agency_id=entry.agency,
            changed=list(entry.changed),
            facts=dict(entry.facts),
            occurred_at=entry.occurred_at,
            request_id=request_id.get(),
        )
        for entry in entries
    )
    bus.dispatch_many(rows, using=alias)
    return rows
