"""Where the ledger stands, read from what is append-only alone: there is no cursor that could be moved."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from audit.ledger.errors import LedgerAhead
from audit.ledger.forms import ACCESS, EMPTY_CHAIN, EVENT, KINDS

BEFORE, BEHIND = -1, 2**63 - 1
COUNT_LIMIT = 100_000
# Views without a person or an agency: the web process asks how far the sealer is behind when nobody is signed in.
MARKS = {EVENT: "audit_event_mark", ACCESS: "audit_access_mark"}


@dataclass(frozen=True)
class Place:
    """The last seal, and the row after which sealing goes on in the transaction ids of this database server."""

    seq: int = 0
    chain: bytes = EMPTY_CHAIN
    txid: int = BEFORE
    kind: str = EVENT
    row_id: int = BEFORE
    event_floor: int = 0
    access_floor: int = 0

    def after(self, kind: str) -> tuple[int, int]:
        """The place (txid, id) after which rows of a kind follow: rows of one transaction go events first."""
        if kind == self.kind:
            return self.txid, self.row_id
        return self.txid, BEHIND if kind == EVENT else BEFORE

    def floor(self, kind: str) -> int:
        return self.event_floor if kind == EVENT else self.access_floor


@dataclass(frozen=True)
class Lag:
    """How far the sealer is behind. `rows` stops counting at COUNT_LIMIT. Ages are None when nothing waits."""

    rows: int
    age: timedelta | None
    held_back: timedelta | None
    """Age of the oldest row without a seal, also of those that wait for a transaction that still runs."""


def place() -> Place:
    """Where sealing goes on. Raises nothing: whether it may go on says `refuse_if_ahead`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, chain, txid, kind, row_id FROM audit_seal ORDER BY seq DESC LIMIT 1")
        last = cursor.fetchone()
        cursor.execute(
            "SELECT after_seq, event_floor, access_floor, from_txid FROM audit_ledgerepoch ORDER BY number DESC LIMIT 1"
        )
        epoch = cursor.fetchone()
    seq, chain = (last[0], bytes(last[1])) if last else (0, EMPTY_CHAIN)
    floors = (epoch[1], epoch[2]) if epoch else (0, 0)
    if epoch and seq <= epoch[0]:
        return Place(seq, chain, epoch[3] - 1, ACCESS, BEHIND, *floors)
    if last:
        return Place(seq, chain, last[2], last[3], last[4], *floors)
    return Place()


def settled_below() -> int:
    """Every transaction with a lower id has ended: its rows are all visible, and no more of them can appear."""
    return _number("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def refuse_if_ahead(at: Place) -> None:
    """Raise LedgerAhead when the last seal belongs to a transaction that this database server has not reached."""
    reached = _number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    if at.txid >= reached:
        raise LedgerAhead(
            f"The ledger's last seal ({at.seq}) belongs to transaction {at.txid}, and this database server has only reached "
            f"{reached}: the database was restored into another server, or the server was set back. Nothing is sealed "
            "until somebody says so: check the ledger with `manage.py verify_ledger`, then run "
            '`manage.py resolve_ledger --reason "..."`.'
        )


def lag() -> Lag:
    """How many rows that could be sealed are not, and how old the oldest is."""
    at, below = place(), settled_below()
    with connection.cursor() as cursor:
        rows, ages, waiting = 0, [], []
        for kind in KINDS:
            after, floor = at.after(kind), at.floor(kind)
            cursor.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {MARKS[kind]} "
                "WHERE (txid, id) > (%s, %s) AND txid < %s AND id > %s LIMIT %s) AS unsealed",
                [*after, below, floor, COUNT_LIMIT],
            )
            rows += cursor.fetchone()[0]
            cursor.execute(
                f"SELECT clock_timestamp() - recorded_at, txid < %s FROM {MARKS[kind]} "
                "WHERE (txid, id) > (%s, %s) AND id > %s ORDER BY txid, id LIMIT 1",
                [below, *after, floor],
            )
            for age, is_settled in cursor.fetchall():
                waiting.append(age)
                ages += [age] if is_settled else []
    return Lag(min(rows, COUNT_LIMIT), max(ages, default=None), max(waiting, default=None))


def last_sealed_at() -> datetime | None:
    """When the newest seal was made, or None for an empty ledger. A quiet hour has no seals: ask `lag` whether any is due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_at FROM audit_seal ORDER BY seq DESC LIMIT 1")
        found = cursor.fetchone()
    return found[0] if found else None


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
