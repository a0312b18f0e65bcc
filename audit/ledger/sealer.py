"""The sealer: gives settled rows their place in the ledger. Any number may run at once; one at a time works.

Writers never wait for it: it reads rows of transactions that have ended, takes no lock on them, and writes to its own tables.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from heapq import merge
from struct import Struct
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction

from audit import failpoints
from audit.ledger import forms, rows, tree
from audit.ledger.forms import CURRENT, KINDS, SALT_BYTES, Form, Value
from audit.ledger.place import Place, place, refuse_if_ahead, settled_below

LOCK = "clearhold:ledger"
COPY = "COPY audit_seal (seq, kind, row_id, txid, agency_id, form, salt, leaf, chain, sealed_at) FROM STDIN (FORMAT BINARY)"
COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = b"\xff\xff"
_FIELDS = 10
_HEAD, _KIND, _LONG = Struct(">hiq"), Struct(">i"), Struct(">iq")
_TAIL = Struct(">ihi16si32si32siq")
_NULL = b"\xff\xff\xff\xff"
# PostgreSQL counts microseconds from 2000-01-01, Unix from 1970-01-01.
_NOW = f"""
    SELECT {rows.INSTANT.format("t")}, (extract(epoch FROM t) * 1000000)::bigint - 946684800000000
      FROM clock_timestamp() AS t
"""

Due = tuple[int, int, int, Form, Sequence[Value]]
"""A row to be sealed: transaction, rank of its kind, id, form, values without `sealed_at`."""


@dataclass(frozen=True)
class Moment:
    """The instant of one batch, as text of the canonical form and as PostgreSQL's number."""

    text: str
    number: int


def seal_due(limit: int = 20_000) -> int:
    """Seal up to `limit` settled rows and return how many.

    Returns 0 at once while another sealer works. Raises LedgerAhead when the transaction ids do not go on from the last seal,
    and LedgerDamaged when the ledger cannot be continued; nothing is written then.
    """
    with transaction.atomic():
        if not _alone():
            return 0
        at = place()
        refuse_if_ahead(at)
        # Asked once, before the rows are read: what the two readings see may differ, what they give may not.
        below = settled_below()
        with closing(due_rows(at, below=below, limit=limit)) as due:
            sealed = append(at, due, limit=limit)
        failpoints.reach("seal.written" if sealed else "seal.nothing_due")
        return sealed


def due_rows(at: Place, *, below: int, limit: int) -> Generator[Due]:
    """Settled rows after a place, in the order in which they are sealed: by transaction, events first, then by id."""

    with ExitStack() as open_readings:
        streams = []
        for rank, kind in enumerate(KINDS):
            found = rows.due(kind, after=at.after(kind), floor=at.floor(kind), below=below, limit=limit)
            streams.append(as_due(rank, kind, open_readings.enter_context(closing(found))))
        yield from merge(*streams, key=lambda due: due[:3])


def as_due(rank: int, kind: str, found: Iterable[Sequence[Value]]) -> Iterator[Due]:
    """Rows with what they are ordered by."""
    for row in found:
        yield int(cast(str, row[2])), rank, int(cast(str, row[0])), CURRENT[kind], row


def append(at: Place, due: Iterable[Due], *, limit: int) -> int:
    """Seal rows after a place, in the caller's transaction and under its lock. Returns how many."""
    moment, salts = _moment(), b""
    seq, chain, edge = at.seq, at.chain, None
    packed: list[bytes] = []
    nodes: list[tuple[int, int, bytes]] = []
    for txid, _, row_id, form, row in due:
        if edge is None:
            edge = tree.frontier(at.seq)
        if not salts:
            salts = os.urandom(SALT_BYTES * 512)
        salt, salts = salts[:SALT_BYTES], salts[SALT_BYTES:]
        leaf = forms.leaf(form, rows.with_sealed_at(form, row, moment.text), salt)
        seq += 1
        chain = forms.link(chain, seq, leaf)
        nodes += edge.append(leaf)
        agency = row[form.clear.index("agency_id")]
        packed.append(_packed(seq, form, row_id, txid, agency, (salt, leaf, chain), moment))
        if len(packed) == limit:
            break
    _copy(packed)
    tree.keep(nodes)
    return len(packed)


def hold_the_lock() -> None:
    """Wait until no sealer works and keep others out until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        return bool(cursor.fetchone()[0])


def _moment() -> Moment:
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        return Moment(*cursor.fetchone())


def _packed(
    seq: int,
    form: Form,
    row_id: int,
    txid: int,
    agency: Value,
    hashes: tuple[bytes, bytes, bytes],
    moment: Moment,
) -> bytes:
    """One seal as a row of PostgreSQL's binary COPY: number of fields, then each with its length."""
    kind = form.kind.encode()
    salt, leaf, chain = hashes
    return b"".join(
        (
            _HEAD.pack(_FIELDS, 8, seq),
            _KIND.pack(len(kind)) + kind,
            _LONG.pack(8, row_id),
            _LONG.pack(8, txid),
            _NULL if agency is None else b"\0\0\0\x10" + UUID(agency).bytes,
            _TAIL.pack(2, form.number, 16, salt, 32, leaf, 32, chain, 8, moment.number),
        )
    )


def _copy(packed: Sequence[bytes]) -> None:
    if not packed:
        return
    raw = cast(Any, connection.connection)
    with raw.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(COPY_BEGIN)
        for start in range(0, len(packed), 1000):
            copy.write(b"".join(packed[start : start + 1000]))
        copy.write(COPY_END)
