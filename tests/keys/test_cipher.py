"""Sealed bytes open with their key, at their place, whole and unchanged, or not at all."""

import os
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.keys import cipher
from audit.keys.cipher import Secret
from audit.keys.errors import Damaged


def secret() -> Secret:
    return Secret(uuid4(), os.urandom(32))


def opened(blob: bytes, key: Secret) -> bytes:
    """As a reader does: first whose key it is, then open."""
    cipher.key_id_of(blob)
    return cipher.open_sealed(blob, secret=key, context="t.c:1")


@given(plaintext=st.binary(max_size=500), context=st.text(max_size=60))
def test_what_is_sealed_opens_again_and_shows_nothing(plaintext: bytes, context: str) -> None:
    key = secret()

    blob = cipher.seal(plaintext, secret=key, context=context)

    assert cipher.open_sealed(blob, secret=key, context=context) == plaintext
    assert len(blob) == len(plaintext) + cipher.OVERHEAD
    assert cipher.key_id_of(blob) == key.public_id
    assert len(plaintext) < 8 or plaintext not in blob


@given(data=st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    key = secret()
    blob = bytearray(cipher.seal(b"ridge flow", secret=key, context="t.c:1"))
    position = data.draw(st.integers(0, len(blob) - 1))
    blob[position] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(Damaged):
        opened(bytes(blob), key)


@given(cut=st.integers(1, 60))
def test_a_truncated_blob_is_refused(cut: int) -> None:
    key = secret()
    blob = cipher.seal(b"ridge flow", secret=key, context="t.c:1")[:-cut]

    with pytest.raises(Damaged):
        opened(blob, key)


def test_another_key_and_another_place_are_refused_with_a_sentence() -> None:
    key = secret()
    blob = cipher.seal(b"ridge flow", secret=key, context="cases_document.content:1")

    with pytest.raises(Damaged, match=r"cases_document.content:1 were changed, or moved"):
        cipher.open_sealed(
            blob, secret=Secret(key.public_id, os.urandom(32)), context="cases_document.content:1"
        )
    with pytest.raises(Damaged, match="restore the row from a backup"):
        cipher.open_sealed(blob, secret=key, context="cases_document.content:2")


def test_a_wrapped_key_opens_only_for_its_own_row_and_key() -> None:
    kek, data = os.urandom(32), os.urandom(32)
    wrapped = cipher.wrap(data, kek=kek, context="data key 1")

    assert cipher.unwrap(wrapped, kek=kek, context="data key 1") == data
    assert len(wrapped) == cipher.WRAPPED_BYTES
    for other_kek, context in ((os.urandom(32), "data key 1"), (kek, "data key 2")):
        with pytest.raises(Damaged, match="does not open"):
            cipher.unwrap(wrapped, kek=other_kek, context=context)


def test_secrets_are_never_shown() -> None:
    key = secret()

    assert key.data.hex() not in repr(key)
    assert repr(key.data) not in repr(key)
