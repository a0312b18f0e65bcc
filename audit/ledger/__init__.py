"""The ledger: every event and access gets a place in a chain and a tree of hashes, whose roots are signed and go out.

Everything outside reads sealed rows only. `docs/ledger.md` says what is sealed, how to check it and what that proves.
"""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from audit.ledger.forms import EVENT
from audit.ledger.place import Lag, lag, last_sealed_at
from audit.ledger.sealer import seal_due
from audit.models import Event, Seal

__all__ = ["Lag", "lag", "last_sealed_at", "last_seq", "page", "seal_due", "sealed", "seq_of"]


def sealed(events: "QuerySet[Event]") -> "QuerySet[Any]":
    """Those of the events that have a seal, each with its `seq`: what may be shown outside."""
    seals = Seal.objects.filter(kind=EVENT, row_id=OuterRef("pk")).values("seq")
    return events.annotate(seq=Subquery(seals)).filter(seq__isnull=False)


def page(events: "QuerySet[Event]", *, agency: UUID, after: int, limit: int) -> list[Any]:
    """The next sealed ones of these events of an agency after a place in the ledger, in its order; each has its `seq`."""
    joined = events.extra(
        select={"seq": "audit_seal.seq"},
        tables=["audit_seal"],
        where=[
            "audit_seal.kind = 'event' AND audit_seal.row_id = audit_event.id",
            "audit_seal.agency_id = %s AND audit_seal.seq > %s",
        ],
        params=[agency, after],
    )
    return list(joined.extra(order_by=["seq"])[:limit])


def seq_of(*, event_id: int, txid: int) -> int | None:
    """The place of an event that an earlier form of cursor names, or None when there is none (yet)."""
    return Seal.objects.filter(kind=EVENT, row_id=event_id, txid=txid).values_list("seq", flat=True).first()


def last_seq() -> int:
    """How many rows have been sealed."""
    return Seal.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
