"""The whole ledger checked against the live database: every row, seal, kept hash and root. Reports, and repairs nothing."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from audit.ledger import export, forms, place, roots, rows, signing, tree
from audit.ledger.errors import LedgerError
from audit.ledger.export import Sealed
from audit.ledger.forms import EMPTY_CHAIN, KINDS
from audit.ledger.merkle import Frontier
from audit.models import LedgerEpoch, LedgerRoot, SealNode

MOST = 20
"""Findings after which looking stops: the first is what matters, and everything after a break can be wrong."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a code, the seal and row it is at where there is one, and the sentence."""

    code: str
    sentence: str
    seq: int | None = None
    row: str = ""


@dataclass
class Report:
    """What was checked and what was found, in the order of the ledger."""

    seals: int = 0
    roots: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, sentence: str, *, seq: int | None = None, row: str = "") -> None:
        self.findings.append(Finding(code, sentence, seq, row))

    @property
    def is_full(self) -> bool:
        return len(self.findings) >= MOST


@dataclass(frozen=True)
class Claim:
    """A root to be checked: one of the database, or one that somebody kept."""

    name: str
    text: signing.RootText
    signature: bytes

    @classmethod
    def stored(cls, root: LedgerRoot) -> "Claim":
        return cls(f"Root {root.number}", roots.text_of(root), bytes(root.signature))

    @classmethod
    def kept(cls, path: Path) -> "Claim":
        """A root file as it went out. Raises LedgerError when it is none."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            text = signing.RootText(
                number=int(found["number"]),
                seq=int(found["seq"]),
                chain=bytes.fromhex(found["chain"]),
                tree=bytes.fromhex(found["tree"]),
                previous=bytes.fromhex(found["previous"]),
                made_at=rows.parsed(found["made_at"]),
                key_id=str(found["key"]),
            )
            return cls(f"Root {text.number}, which was kept,", text, bytes.fromhex(found["signature"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{path.name} cannot be read as a root file: give a root-*.json as it went out."
            ) from error


def verify(*, keys: Collection[bytes], kept: Sequence[Claim] = ()) -> Report:
    """Check the whole ledger in one snapshot. `keys` are the public keys (32 bytes) that roots may be signed with."""
    report = Report()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        stored = list(LedgerRoot.objects.order_by("number"))
        claims = [*map(Claim.stored, stored), *kept]
        _Walk(report, claims).run()
        _check_signatures(report, claims, {signing.key_id(key): key for key in keys})
        _check_sequence(report, stored)
        _find_unsealed(report)
    report.roots = len(stored)
    return report


class _Walk:
    """One pass over the seals in order, carrying the chain and the right edge of the tree."""

    def __init__(self, report: Report, claims: Sequence[Claim]) -> None:
        self.report = report
        self.claims = sorted(claims, key=lambda claim: claim.text.seq)
        self.chain, self.edge = EMPTY_CHAIN, Frontier()
        self.before = (place.BEFORE, 0, 0)
        self.epochs = {epoch.after_seq for epoch in LedgerEpoch.objects.all()}
        self.is_whole = True

    def run(self) -> None:
        last = place.place().seq
        for entry in export.seals(1, last):
            self._density(entry)
            self._row(entry)
            self._order(entry)
            self._grow(entry)
            self._roots()
            self.report.seals += 1
            if self.report.is_full:
                return
        for claim in self.claims:
            if claim.text.seq > last:
                self.report.add(
                    "tail_missing",
                    f"{claim.name} covers {claim.text.seq} seals and the ledger ends at {last}: its tail was cut off.",
                    seq=last + 1,
                )

    def _density(self, entry: Sealed) -> None:
        expected = self.edge.size + 1
        if entry.seq == expected:
            return
        missing = (
            f"Seal {expected} is" if entry.seq == expected + 1 else f"Seals {expected} to {entry.seq - 1} are"
        )
        self.report.add("seal_missing", f"{missing} missing: removed from the ledger.", seq=expected)
        self.edge.size, self.is_whole = entry.seq - 1, False

    def _row(self, entry: Sealed) -> None:
        """The seal's own hash against its row, and its chain hash against the seal before."""
        name, report = f"{entry.kind} {entry.row_id}", self.report
        where = f"Seal {entry.seq} ({name})"
        is_linked = forms.link(self.chain, entry.seq, entry.leaf) == entry.chain
        if entry.form is None:
            report.add(
                "form_unknown", f"{where}: sealed in a form that does not exist.", seq=entry.seq, row=name
            )
        elif entry.values is None:
            report.add("row_missing", f"{where}: the row is gone: it was deleted.", seq=entry.seq, row=name)
        elif forms.leaf(entry.form, entry.values, entry.salt) != entry.leaf:
            if is_linked:
                said = "the row is not what was sealed: it, or the seal's salt, was changed afterwards."
                report.add("row_changed", f"{where}: {said}", seq=entry.seq, row=name)
            else:
                said = "the seal's leaf hash was changed."
                report.add("leaf_changed", f"{where}: {said}", seq=entry.seq, row=name)
        elif not self._copies_agree(entry):
            said = "the transaction or agency noted in the seal is not that of its row."
            report.add("seal_changed", f"{where}: {said}", seq=entry.seq, row=name)
        elif not is_linked and self.is_whole:
            said = "the chain breaks: a seal here was changed, moved, put in or recomputed."
            report.add("chain_broken", f"{where}: {said}", seq=entry.seq, row=name)
        self.chain = entry.chain

    def _copies_agree(self, entry: Sealed) -> bool:
        assert entry.form is not None
        assert entry.values is not None
        values = dict(zip(entry.form.clear, entry.values, strict=False))
        return (values["txid"], values["agency_id"]) == (str(entry.txid), entry.agency_id)

    def _order(self, entry: Sealed) -> None:
        if entry.kind not in KINDS:
            return
        here = (entry.txid, KINDS.index(entry.kind), entry.row_id)
        is_new_epoch = entry.seq - 1 in self.epochs
        # Rows that a decision sealed are in an order of their own: they end at an epoch's last seal.
        is_resolved = any(entry.seq <= after for after in self.epochs)
        if here <= self.before and not is_new_epoch and not is_resolved:
            self.report.add(
                "order",
                f"Seal {entry.seq} ({entry.kind} {entry.row_id}): out of order: its transaction comes before "
                "that of the seal before.",
                seq=entry.seq,
                row=f"{entry.kind} {entry.row_id}",
            )
        self.before = here

    def _grow(self, entry: Sealed) -> None:
        if not self.is_whole:
            self.edge.size = entry.seq
            return
        for level, index, hash_ in self.edge.append(entry.leaf):
            if level < tree.BLOCK_LEVEL:
                continue
            kept = SealNode.objects.filter(level=level, index=index).values_list("hash", flat=True).first()
            if kept is None or bytes(kept) != hash_:
                first, last = (index << level) + 1, (index + 1) << level
                said = "is missing" if kept is None else "is not that of the seals"
                self.report.add("node", f"The kept hash of seals {first} to {last} {said}.", seq=last)

    def _roots(self) -> None:
        while self.claims and self.claims[0].text.seq <= self.edge.size:
            claim = self.claims.pop(0)
            text = claim.text
            if not self.is_whole or text.seq != self.edge.size:
                continue
            if text.chain != self.chain or text.tree != self.edge.root():
                self.report.add(
                    "root_differs",
                    f"{claim.name} does not agree with the ledger: something at or before seal {text.seq} was changed after it "
                    "was signed, or the root was.",
                    seq=text.seq,
                )


def _check_signatures(report: Report, claims: Sequence[Claim], keys: dict[str, bytes]) -> None:
    for claim in claims:
        if claim.text.key_id not in keys:
            report.add(
                "root_key",
                f"{claim.name} is signed with key {claim.text.key_id}, which is not trusted here: give its public key with --key "
                "if it is an earlier key of yours.",
                seq=claim.text.seq,
            )
        elif not signing.is_signed(claim.text.message(), claim.signature, keys[claim.text.key_id]):
            report.add(
                "root_signature",
                f"{claim.name} has a wrong signature: it was changed, or never signed here.",
                seq=claim.text.seq,
            )


def _check_sequence(report: Report, stored: Sequence[LedgerRoot]) -> None:
    """Roots are numbered without gap, and each names the digest of the one before."""
    previous, number = bytes(32), 0
    for root in stored:
        if root.number != number + 1:
            report.add("root_missing", f"Root {number + 1} is missing.", seq=root.seq)
        elif bytes(root.previous) != previous:
            report.add(
                "root_replaced",
                f"Root {root.number} does not follow root {number}: one was replaced.",
                seq=root.seq,
            )
        number, previous = root.number, roots.digest_of(root)


def _find_unsealed(report: Report) -> None:
    """Rows at places that the sealer has passed: put in afterwards, with an old transaction id, and never sealed."""
    at = place.place()
    reached = _reached()
    for kind in KINDS:
        after, floor = at.after(kind), at.floor(kind)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT r.id, r.txid FROM {rows.TABLES[kind]} r WHERE (NOT ((r.txid, r.id) > (%s, %s) AND r.id > %s) "
                "OR r.txid >= %s) AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.kind = %s AND s.row_id = r.id) "
                "ORDER BY r.txid, r.id LIMIT %s",
                [*after, floor, reached, kind, MOST],
            )
            for row_id, txid in cursor.fetchall():
                said = (
                    "has no seal, though sealing has passed its place: it was put in later."
                    if txid < reached
                    else f"claims transaction {txid}, which this database server has not reached: it was put in or restored."
                )
                name = f"{kind} {row_id}"
                report.add("row_unsealed", f"{name.capitalize()} {said}", row=name)


def _reached() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs."""
    return {
        "ok": not report.findings,
        "seals": report.seals,
        "roots": report.roots,
        "findings": [vars(finding) for finding in report.findings],
    }
