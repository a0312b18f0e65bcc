"""Roots and proofs against the recursive definitions of RFC 6962, written as the RFC writes them."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from audit.ledger import merkle
from audit.ledger.merkle import Frontier


def leaves(count: int) -> list[bytes]:
    return [sha256(bytes([0]) + n.to_bytes(4, "big")).digest() for n in range(count)]


def split_of(count: int) -> int:
    """The largest power of two below `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(data: list[bytes]) -> bytes:
    if not data:
        return sha256().digest()
    if len(data) == 1:
        return data[0]
    k = split_of(len(data))
    return sha256(b"\1" + mth(data[:k]) + mth(data[k:])).digest()


def path(m: int, data: list[bytes]) -> list[bytes]:
    if len(data) <= 1:
        return []
    k = split_of(len(data))
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def subproof(m: int, data: list[bytes], whole: bool) -> list[bytes]:
    if m == len(data):
        return [] if whole else [mth(data)]
    k = split_of(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole), mth(data[k:])]
    return [*subproof(m - k, data[k:], False), mth(data[:k])]


def lookup(data: list[bytes]) -> merkle.Complete:
    def complete(level: int, index: int) -> bytes:
        part = data[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees may be asked for"
        return merkle.collapsed(part)

    return complete


sizes = st.integers(1, 130)


@st.composite
def two_sizes(draw: st.DrawFn) -> tuple[int, int]:
    new = draw(sizes)
    return draw(st.integers(1, new)), new


@given(st.integers(0, 130))
def test_a_growing_tree_has_the_root_of_the_definition(size: int):
    frontier, made = Frontier(), {}
    for leaf in leaves(size):
        made |= {(level, index): hash_ for level, index, hash_ in frontier.append(leaf)}

    assert frontier.root() == mth(leaves(size))
    assert all(hash_ == lookup(leaves(size))(*place) for place, hash_ in made.items())
    assert len(made) == sum(size >> level for level in range(1, 9))


@given(two_sizes())
def test_inclusion_proof_is_that_of_the_definition_and_holds(pair: tuple[int, int]):
    index, size = pair[0] - 1, pair[1]
    data = leaves(size)

    proof = merkle.inclusion_proof(index, size, lookup(data))

    assert proof == path(index, data)
    assert merkle.includes(data[index], index, size, proof, mth(data))


@given(two_sizes())
def test_consistency_proof_is_that_of_the_definition_and_holds(pair: tuple[int, int]):
    old, new = pair
    data = leaves(new)

    proof = merkle.consistency_proof(old, new, lookup(data))

    assert proof == subproof(old, data, True)
    assert merkle.is_consistent(old, new, mth(data[:old]), mth(data), proof)


@given(two_sizes(), st.data())
def test_a_changed_leaf_a_wrong_place_or_a_damaged_proof_does_not_hold(
    pair: tuple[int, int], data: st.DataObject
):
    index, size = pair[0] - 1, pair[1]
    all_leaves = leaves(size)
    root, proof = mth(all_leaves), merkle.inclusion_proof(index, size, lookup(all_leaves))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index) if size > 1 else st.just(1))
    damaged = [*proof[:-1], bytes(32)] if proof else [bytes(32)]

    assert not merkle.includes(bytes(32), index, size, proof, root)
    assert not merkle.includes(all_leaves[index], other, size, proof, root)
    assert not merkle.includes(all_leaves[index], index, size, damaged, root)
    assert not merkle.includes(all_leaves[index], index, size, [*proof, bytes(32)], root)


@given(two_sizes(), st.data())
def test_a_history_that_was_rewritten_is_never_consistent(pair: tuple[int, int], data: st.DataObject):
    old, new = pair
    before, after = leaves(new), leaves(new)
    changed = data.draw(st.integers(0, old - 1))
    after[changed] = bytes(32)

    proof = merkle.consistency_proof(old, new, lookup(after))

    assert not merkle.is_consistent(old, new, mth(before[:old]), mth(after), proof)
    assert merkle.is_consistent(old, new, mth(after[:old]), mth(after), proof)
