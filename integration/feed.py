"""The events feed: what happened in one agency, in an order that never leaves a gap.

A row is shown once every transaction that began before its own has ended. Rows are ordered by transaction and id, and what
appears later always sorts later, so a client that keeps the last cursor never misses an event and never sees one twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Func, QuerySet

from accounts.errors import Invalid
from audit.models import Event

PREFIXES = ("cases.", "detainers.", "matching.")
WITHHELD = frozenset(
    {
        "cases.document_received",
        "cases.document_quarantined",
        "matching.candidate_proposed",
        "matching.candidate_first_reviewed",
        "matching.candidate_rejected",
        "matching.candidate_disputed",
        "matching.prints_searched",
        "matching.print_search_failed",
        "matching.print_search_retried",
        "matching.reply_quarantined",
        "matching.reply_dismissed",
    }
)
"""Actions that never leave: undecided candidates point at other people, and quarantine is the staff's own work."""

FACTS = frozenset(
    {
        "answer", "before_at", "breach", "cancelled_at", "channel", "charges", "deadline_at", "decision",
        "destination", "detainer", "document", "edition", "eligible_at", "end_reason", "ended_at", "from_at",
        "governing_limit", "hold", "kind", "lifted_at", "minutes", "offence_code", "other_case", "policy",
        "received_at", "rule", "served_at", "source", "started_at", "state", "submission", "tot", "transmission",
        "until_at", "verdict", "version", "warrant",
    }
)  # fmt: skip
"""Names of facts that may leave. Case numbers, control numbers and words of people are not among them."""

_CURSOR = re.compile(r"^(\d{1,19})-(\d{1,19})$")
_CODE = re.compile(r"^[A-Za-z0-9_.:+-]{1,60}$")


class OldestRunning(Func):
    """The id of the oldest transaction that still runs; every lower one has ended and is wholly visible."""

    template = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in the feed, given to clients as opaque text."""

    txid: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.txid}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read back what an earlier page gave. Raises Invalid."""
        if not text:
            return cls()
        found = _CURSOR.match(text)
        if found is None:
            raise Invalid(
                "This is no cursor. Use `next` of an earlier page, or leave it out to begin.", field="after"
            )
        return cls(int(found[1]), int(found[2]))


def page(*, agency: UUID, after: Cursor, limit: int) -> list[Event]:
    """The next events of an agency after a cursor, oldest first."""
    return list(settled(agency).extra(where=["(txid, id) > (%s, %s)"], params=[after.txid, after.id])[:limit])


def settled(agency: UUID) -> "QuerySet[Event]":
    """Events of an agency that may leave and before which nothing can appear any more."""
    published = [f"^{re.escape(prefix)}" for prefix in PREFIXES]
    rows = Event.objects.filter(agency_id=agency, txid__lt=OldestRunning(), action__regex="|".join(published))
    return rows.exclude(action__in=WITHHELD).order_by("txid", "id")


def is_published(action: str) -> bool:
    """Whether events of this action are in the feed."""
    return action.startswith(PREFIXES) and action not in WITHHELD


def cursor_of(event: Event) -> Cursor:
    return Cursor(event.txid, event.pk)


def public_facts(facts: Mapping[str, Any]) -> dict[str, str | int | bool | None]:
    """The facts that may leave: known names, and values that are codes, ids, times or small numbers. Never words."""
    return {name: value for name, value in facts.items() if name in FACTS and _is_code(value)}


def _is_code(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_CODE.match(value))
    return value is None or isinstance(value, bool | int)
