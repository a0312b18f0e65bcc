"""The Merkle tree over the leaves, as in RFC 6962: roots, inclusion and consistency proofs. Pure.

A *complete subtree* at (level, index) covers the 2^level leaves from index * 2^level on. It never changes once all of them
exist, so every proof is made of a few such hashes, which `complete` looks up.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from audit.ledger.forms import NODE

Complete = Callable[[int, int], bytes]


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(NODE + left + right).digest()


def subtrees(start: int, size: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees (level, index) that make up `size` leaves from `start`, from left to right.

    `start` must be a multiple of the smallest power of two that is not below `size`, as it is in every RFC 6962 split.
    """
    while size:
        level = size.bit_length() - 1
        yield level, start >> level
        start, size = start + (1 << level), size - (1 << level)


def folded(hashes: Iterable[bytes]) -> bytes:
    """The root over complete subtrees given from the largest to the smallest. Raises IndexError for none."""
    found = list(hashes)
    root = found.pop()
    while found:
        root = node(found.pop(), root)
    return root


def range_root(start: int, size: int, complete: Complete) -> bytes:
    """MTH(D[start:start+size]) of RFC 6962 for a range that one of its splits gives; `size` at least 1."""
    return folded(complete(level, index) for level, index in subtrees(start, size))


def collapsed(leaves: Sequence[bytes]) -> bytes:
    """The root of a complete subtree over all its leaves (a power of two of them)."""
    row = list(leaves)
    while len(row) > 1:
        row = [node(row[n], row[n + 1]) for n in range(0, len(row), 2)]
    return row[0]


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: its size and the hashes of its complete subtrees from left to right."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf. Returns the inner nodes (level, index, hash) that are complete now, lowest first."""
        made, hash_, level, index = [], leaf, 0, self.size
        while index & 1:
            hash_ = node(self.hashes.pop(), hash_)
            level, index = level + 1, index >> 1
            made.append((level, index, hash_))
        self.hashes.append(hash_)
        self.size += 1
        return made

    def root(self) -> bytes:
        """The root over all leaves so far; that of the empty tree is the hash of nothing."""
        return folded(self.hashes) if self.hashes else sha256(b"").digest()


def inclusion_proof(index: int, size: int, complete: Complete) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, section 2.1.1. Raises ValueError when the leaf is not in the tree."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    proof, start = [], 0
    while size > 1:
        split = 1 << (size - 1).bit_length() - 1
        if index < start + split:
            proof.append(range_root(start + split, size - split, complete))
            size = split
        else:
            proof.append(range_root(start, split, complete))
            start, size = start + split, size - split
    return proof[::-1]


def consistency_proof(old: int, new: int, complete: Complete) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962, section 2.1.2. Raises ValueError unless 1 <= old <= new."""
    if not 1 <= old <= new:
        raise ValueError(f"There is no consistency proof from size {old} to {new}.")
    proof, start, size, known = [], 0, new, True
    while old != size:
        split = 1 << (size - 1).bit_length() - 1
        if old <= split:
            proof.append(range_root(start + split, size - split, complete))
            size = split
        else:
            proof.append(range_root(start, split, complete))
            start, size, old, known = start + split, size - split, old - split, False
    if not known:
        proof.append(range_root(start, size, complete))
    return proof[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf at `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree begins with the whole old tree (RFC 9162, 2.1.4.2)."""
    if not 1 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(sibling, first), node(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
