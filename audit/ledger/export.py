"""The ledger as JSON lines for people outside: every seal with what may be seen of its row, and the roots at their places.

Blind fields appear as digests, so nothing in an export is a name, a word of a person or an exact instant. A field can be opened
by giving its key and value; only the fields named for opening are.
"""

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from audit.ledger import forms, place, roots, rows, tree
from audit.ledger.errors import LedgerError, NothingSealed
from audit.ledger.forms import EMPTY_CHAIN, FORMS, Form, Value
from audit.models import LedgerRoot

VERSION = "clearhold-ledger-export/1"
BATCH = 5_000
SEALS = f"""
    SELECT seq, kind, row_id, txid, agency_id::text, form, salt, leaf, chain, {rows.INSTANT.format("sealed_at")}
      FROM audit_seal WHERE seq > %s AND seq <= %s ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal with the row it seals, or None where the row is gone. `values` include `sealed_at`."""

    seq: int
    kind: str
    row_id: int
    txid: int
    agency_id: str | None
    form: Form | None
    salt: bytes
    leaf: bytes
    chain: bytes
    values: Sequence[Value] | None


def seals(first: int, last: int) -> Generator[Sealed]:
    """Seals first..last that exist, in order, each with its row as it is now; read in batches."""
    for start in range(first - 1, last, BATCH):
        with connection.cursor() as cursor:
            cursor.execute(SEALS, [start, min(start + BATCH, last)])
            found = cursor.fetchall()
        by_form: dict[tuple[str, int], list[int]] = {}
        for entry in found:
            by_form.setdefault((entry[1], entry[5]), []).append(entry[2])
        live = {key: rows.by_id(FORMS[key], ids) for key, ids in by_form.items() if key in FORMS}
        for seq, kind, row_id, txid, agency, number, salt, leaf, chain, sealed_at in found:
            form, row = FORMS.get((kind, number)), live.get((kind, number), {}).get(row_id)
            values = rows.with_sealed_at(form, row, sealed_at) if form and row else None
            hashes = bytes(salt), bytes(leaf), bytes(chain)
            yield Sealed(seq, kind, row_id, txid, agency, form, *hashes, values)


def lines(
    *, first: int = 1, last: int | None = None, opened: Collection[str] = ()
) -> Generator[dict[str, Any]]:
    """The lines of an export: a head, seals with roots after the last seal they cover, an end.

    Everything is read in one snapshot. Raises NothingSealed when `first` is not in the ledger, LedgerError for a field that does
    not exist.
    """
    unknown = set(opened) - {name for form in FORMS.values() for name in form.blind}
    if unknown:
        raise LedgerError(f"There is no blind field {', '.join(sorted(unknown))} to open.")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        at = place.place()
        last = at.seq if last is None else min(last, at.seq)
        if not 1 <= first <= last:
            raise NothingSealed(f"There is nothing to export from seal {first} on: the ledger has {at.seq}.")
        yield _head(first, last, at.seq)
        signed = list(LedgerRoot.objects.order_by("number"))
        # A root before the export is checked against what the head starts from; one behind it is of no use yet.
        waiting = [root for root in signed if root.seq < first]
        yield from map(roots.as_json, waiting)
        rest = [root for root in signed if root.seq >= first]
        for entry in seals(first, last):
            while rest and rest[0].seq < entry.seq:
                yield roots.as_json(rest.pop(0))
            yield _line(entry, opened)
        # Roots that claim more than the whole ledger holds are shown: that is what a cut tail looks like.
        yield from (roots.as_json(root) for root in rest if root.seq <= last or last == at.seq)
        yield {"type": "end", "last": last}


def _head(first: int, last: int, size: int) -> dict[str, Any]:
    before = first - 1
    chain = EMPTY_CHAIN
    if before:
        with connection.cursor() as cursor:
            cursor.execute("SELECT chain FROM audit_seal WHERE seq = %s", [before])
            found = cursor.fetchone()
        if found is None:
            raise NothingSealed(f"Seal {before} is missing: run `manage.py verify_ledger`.")
        chain = bytes(found[0])
    edge = [hash_.hex() for hash_ in tree.frontier(before).hashes]
    return {
        "type": "ledger",
        "version": VERSION,
        "first": first,
        "last": last,
        "size": size,
        "chain_before": chain.hex(),
        "tree_before": edge,
    }


def _line(entry: Sealed, opened: Collection[str]) -> dict[str, Any]:
    line: dict[str, Any] = {"type": "seal", "seq": entry.seq, "kind": entry.kind, "row": entry.row_id}
    line |= {"leaf": entry.leaf.hex(), "chain": entry.chain.hex()}
    if entry.form is None or entry.values is None:
        return line | {"missing": True}
    form, split = entry.form, len(entry.form.clear)
    leaf_salt, *own = forms.keys(form, entry.salt)
    blind = dict(zip(form.blind, zip(own, entry.values[split:], strict=True), strict=True))
    line |= {
        "form": form.number,
        "salt": leaf_salt.hex(),
        "clear": dict(zip(form.clear, entry.values[:split], strict=True)),
        "blind": {name: forms.blinded(key, value).hex() for name, (key, value) in blind.items()},
    }
    shown = {name: [key.hex(), value] for name, (key, value) in blind.items() if name in opened}
    return line | {"opened": shown} if shown else line
