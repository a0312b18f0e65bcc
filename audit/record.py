"""The two ways to write history: `event` for what happened, `access` for who looked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import connections, router

from audit import bus, failpoints, sentences
from audit.context import request_id
from audit.errors import NotInTransaction, UnknownAction
from audit.inserts import insert
from audit.models import Access, Event

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


class ActorLike(Protocol):
    """Whoever acts: a user, an API client or the system itself."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...


@dataclass(frozen=True)
class Ref:
    """What an event is about: a kind of thing and its public id."""

    type: str
    id: UUID


def event(
    action: str,
    *,
    actor: ActorLike,
    subject: Ref,
    occurred_at: datetime,
    case: UUID | None = None,
    agency: UUID | None = None,
    on_behalf_of: UUID | None = None,
    reason: str = "",
    changed: Sequence[str] = (),
    facts: Mapping[str, JsonValue] | None = None,
    using: str | None = None,
    carried: object = None,
) -> Event:
    """Record that something happened, in the caller's transaction, and tell the subscribers.

    Handlers with legal effect run here and now; deliveries are rows for a worker. Raises NotInTransaction outside
    a transaction and UnknownAction for an action without a sentence. `carried` is for the handlers alone: what the publisher
    has at hand and they would otherwise read again.
    """
    alias = using or router.db_for_write(Event)
    if not connections[alias].in_atomic_block:
        raise NotInTransaction(f"{action}: record events inside the transaction of the change they describe.")
    if not sentences.known(action):
        raise UnknownAction(f"{action} has no sentence; register one in the app's events.py.")
    row = Event(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        subject_type=subject.type,
        subject_id=subject.id,
        case_id=case,
        agency_id=agency,
        on_behalf_of=on_behalf_of,
        reason=reason,
        changed=list(changed),
        facts=dict(facts or {}),
        occurred_at=occurred_at,
        request_id=request_id.get(),
    )
    insert([row], using=alias)
    row.carried = carried
    bus.dispatch(row, using=alias)
    failpoints.reach(f"before_commit.{action}", subject.id)
    return row


def access(
    action: str,
    *,
    actor: ActorLike,
    objects: Sequence[UUID],
    object_type: str = "",
    case: UUID | None = None,
    agency: UUID | None = None,
    purpose: str = "",
    query: str = "",
    using: str | None = None,
) -> Access:
    """Record who looked at what. A page whose access cannot be recorded is not shown: let the error rise."""
    alias = using or router.db_for_write(Access)
    return Access.objects.using(alias).create(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        objects_shown=list(objects),
        object_type=object_type,
        case_id=case,
        agency_id=agency,
        purpose=purpose,
        query=query,
        request_id=request_id.get(),
    )
