"""The events feed: what happened in one agency, in the order of the ledger.

Only sealed events are shown. Their places in the ledger have no gap and never change, and what is sealed later always comes
later, so a client that keeps the last cursor never misses an event and never sees one twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.errors import Invalid
from audit import ledger
from audit.models import Event

PREFIXES = ("cases.", "detainers.", "matching.")
WITHHELD = frozenset(
    {
        "cases.conviction_recorded",
        "cases.record_added",
        "cases.record_ended",
        "cases.document_received",
        "cases.document_quarantined",
        "cases.note_written",
        "cases.owner_named",
        "cases.owner_gone",
        "cases.work_offered",
        "cases.work_answered",
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
        "answer", "before_at", "breach", "cancelled_at", "channel", "charges", "code", "deadline_at",
        "decision", "destination", "detainer", "disclosure", "document", "done_at", "due_at", "duty",
        "edition", "eligible_at", "end_reason", "ended_at", "from_at", "governing_limit", "hold", "kind",
        "lifted_at", "minutes", "move", "offence_code", "other_case", "other_person", "person", "policy",
        "received_at", "rule", "served_at", "source", "started_at", "state", "submission", "told_at",
        "tot", "transmission", "until_at", "verdict", "version", "warrant",
    }
)  # fmt: skip
"""Names of facts that may leave. Case numbers, control numbers and words of people are not among them."""

_CURSOR = re.compile(r"^(\d{1,18})$")
_OLD_CURSOR = re.compile(r"^(\d{1,18})-(\d{1,18})$")
_CODE = re.compile(r"^[A-Za-z0-9_.:+-]{1,60}$")


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in the feed, given to clients as opaque text: that of the ledger."""

    seq: int = 0

    def __str__(self) -> str:
        return str(self.seq)

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read back what an earlier page gave, also one of the time before events were sealed. Raises Invalid."""
        if not text:
            return cls()
        old = _OLD_CURSOR.match(text)
        if old is not None:
            return cls._from_old(txid=int(old[1]), event_id=int(old[2]))
        found = _CURSOR.match(text)
        if found is None:
            raise Invalid(
                "This is no cursor. Use `next` of an earlier page, or leave it out to begin.", field="after"
            )
        if int(found[1]) > ledger.last_seq():
            raise Invalid(
                "This cursor lies behind the newest event: the records here are older than when it was given. "
                "Ask the office whether a backup was restored, and leave the cursor out to begin again.",
                field="after",
            )
        return cls(int(found[1]))

    @classmethod
    def _from_old(cls, *, txid: int, event_id: int) -> "Cursor":
        if (txid, event_id) == (0, 0):
            return cls()
        seq = ledger.seq_of(event_id=event_id, txid=txid)
        if seq is None:
            raise Invalid(
                "This cursor is of an earlier form and its event is not sealed (yet). Try again in a minute; if it is "
                "refused again, leave it out to begin again.",
                field="after",
            )
        return cls(seq)


def page(*, agency: UUID, after: Cursor, limit: int) -> list[Any]:
    """The next events of an agency after a cursor, oldest first, each with its `seq`."""
    return ledger.page(published(), agency=agency, after=after.seq, limit=limit)


def published() -> "QuerySet[Event]":
    """Events whose action may leave."""
    beginnings = "|".join(f"^{re.escape(prefix)}" for prefix in PREFIXES)
    return Event.objects.filter(action__regex=beginnings).exclude(action__in=WITHHELD)


def is_published(action: str) -> bool:
    """Whether events of this action are in the feed."""
    return action.startswith(PREFIXES) and action not in WITHHELD


def cursor_of(event: Any) -> Cursor:
    """The cursor after an event of a page."""
    return Cursor(event.seq)


def public_facts(facts: Mapping[str, Any]) -> dict[str, str | int | bool | None]:
    """The facts that may leave: known names, and values that are codes, ids, times or small numbers. Never words."""
    return {name: value for name, value in facts.items() if name in FACTS and _is_code(value)}


def _is_code(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_CODE.match(value))
    return value is None or isinstance(value, bool | int)
