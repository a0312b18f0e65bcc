"""The Merkle tree of the ledger in the database: which hashes are kept, and where proofs read them.

Hashes of complete subtrees of 2^BLOCK_LEVEL leaves and more are kept as rows when they become complete; smaller ones are
worked out from the leaves of one block. A proof reads at most a few blocks however long the ledger is.
"""

from collections.abc import Sequence

from django.db import connection

from audit.ledger import merkle
from audit.ledger.errors import LedgerDamaged, NothingSealed
from audit.ledger.merkle import Frontier

BLOCK_LEVEL = 10
BLOCK = 1 << BLOCK_LEVEL


class Reader:
    """Looks up complete subtrees, each block of leaves at most once."""

    def __init__(self) -> None:
        self._blocks: dict[int, list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree. Raises LedgerDamaged when something it needs is missing."""
        if level >= BLOCK_LEVEL:
            return _node(level, index)
        first = index << level
        leaves = self._block(first >> BLOCK_LEVEL)
        start = first % BLOCK
        part = leaves[start : start + (1 << level)]
        if len(part) != 1 << level:
            raise LedgerDamaged(
                f"Seals between {first + 1} and {first + (1 << level)} are missing. Run `manage.py verify_ledger`."
            )
        return merkle.collapsed(part)

    def _block(self, number: int) -> list[bytes]:
        if number not in self._blocks:
            self._blocks[number] = _leaves(number * BLOCK, BLOCK)
        return self._blocks[number]


def frontier(size: int) -> Frontier:
    """The right edge of the tree over the first `size` seals."""
    reader = Reader()
    return Frontier(size, [reader(level, index) for level, index in merkle.subtrees(0, size)])


def root_at(size: int) -> bytes:
    """The Merkle root over the first `size` seals."""
    return frontier(size).root()


def keep(nodes: Sequence[tuple[int, int, bytes]]) -> None:
    """Store those of the newly complete subtrees that are kept."""
    kept = [entry for entry in nodes if entry[0] >= BLOCK_LEVEL]
    if kept:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO audit_sealnode (level, index, hash) VALUES (%s, %s, %s)", kept)


def prove_inclusion(seq: int, size: int) -> list[bytes]:
    """The path from seal `seq` to the root over the first `size` seals. Raises NothingSealed when it is not among them."""
    if not 1 <= seq <= size:
        raise NothingSealed(f"Seal {seq} is not among the first {size}.")
    return merkle.inclusion_proof(seq - 1, size, Reader())


def prove_consistency(old: int, new: int) -> list[bytes]:
    """That the first `new` seals begin with the first `old` ones. Raises NothingSealed unless 1 <= old <= new."""
    if not 1 <= old <= new:
        raise NothingSealed(
            f"There is no proof from {old} to {new} seals: give the smaller number first, at least 1."
        )
    return merkle.consistency_proof(old, new, Reader())


def _leaves(start: int, count: int) -> list[bytes]:
    """Leaves from place `start` (0 for the first), as long as they are dense."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, leaf FROM audit_seal WHERE seq > %s AND seq <= %s ORDER BY seq",
            [start, start + count],
        )
        found = cursor.fetchall()
    return [bytes(leaf) for n, (seq, leaf) in enumerate(found) if seq == start + n + 1]


def _node(level: int, index: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM audit_sealnode WHERE level = %s AND index = %s", [level, index])
        found = cursor.fetchone()
    if found is None:
        raise LedgerDamaged(
            f"The kept hash of seals {(index << level) + 1} to {(index + 1) << level} is missing. Run `manage.py verify_ledger`."
        )
    return bytes(found[0])
