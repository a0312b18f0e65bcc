"""What a person decides when the ledger refuses to go on: everything without a seal is sealed, and counting begins anew."""

from collections.abc import Generator
from contextlib import ExitStack, closing
from heapq import merge
from uuid import uuid4

from django.db import connection, transaction

from audit import record
from audit.events import LEDGER_RESOLVED
from audit.ledger import rows
from audit.ledger.errors import LedgerAhead, LedgerNotAhead
from audit.ledger.forms import ACCESS, EVENT, KINDS
from audit.ledger.place import Place, place, refuse_if_ahead, settled_below
from audit.ledger.sealer import Due, append, as_due, hold_the_lock
from audit.models import LedgerEpoch
from audit.record import ActorLike, Ref

ALL = 2**62


def resolve_ahead(*, actor: ActorLike, reason: str) -> int:
    """Seal every row that has no seal and go on in the transaction ids of this server. Returns how many were sealed.

    1. Keep the sealer and, for a moment, writers out, so that no row can be missed or sealed twice. 2. Seal what has no seal,
    whatever its transaction id. 3. Write down from which transaction and which ids the new epoch counts. 4. Record it.
    Raises LedgerNotAhead when nothing needs resolving.
    """
    with transaction.atomic():
        hold_the_lock()
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE audit_event, audit_access IN SHARE MODE")
        at = place()
        _refuse_unless_ahead(at)
        with closing(_without_seal()) as due:
            sealed = append(at, due, limit=ALL)
        (number,) = _fetch("SELECT COALESCE(max(number), 0) + 1 FROM audit_ledgerepoch")
        epoch = LedgerEpoch.objects.create(
            number=number,
            after_seq=at.seq + sealed,
            event_floor=_highest_id(EVENT),
            access_floor=_highest_id(ACCESS),
            from_txid=settled_below(),
        )
        epoch.refresh_from_db(fields=["made_at"])
        record.event(
            LEDGER_RESOLVED,
            actor=actor,
            subject=Ref("ledger_epoch", uuid4()),
            occurred_at=epoch.made_at,
            reason=reason,
            facts={
                "epoch": number,
                "after_seq": epoch.after_seq,
                "sealed": sealed,
                "last_txid": at.txid,
                "from_txid": epoch.from_txid,
            },
        )
    return sealed


def _refuse_unless_ahead(at: Place) -> None:
    try:
        refuse_if_ahead(at)
    except LedgerAhead:
        return
    raise LedgerNotAhead(
        f"The ledger can go on by itself after seal {at.seq}: there is nothing to resolve. Run `manage.py seal_ledger`."
    )


def _without_seal() -> Generator[Due]:
    """Every row that has no seal, in the order of the ledger."""
    with ExitStack() as open_readings:
        streams = []
        for rank, kind in enumerate(KINDS):
            found = open_readings.enter_context(closing(rows.unsealed(kind)))
            streams.append(as_due(rank, kind, found))
        yield from merge(*streams, key=lambda due: due[:3])


def _highest_id(kind: str) -> int:
    """No row of the time before has a higher id: what the sequence gave out, or what was copied in past it."""
    (highest,) = _fetch(
        f"SELECT GREATEST((SELECT max(id) FROM {rows.TABLES[kind]}),"
        f" pg_sequence_last_value(pg_get_serial_sequence('{rows.TABLES[kind]}', 'id')), 0)"
    )
    return highest


def _fetch(sql: str) -> tuple[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: tuple[int] = cursor.fetchone()
    return found
