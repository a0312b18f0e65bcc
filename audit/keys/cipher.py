"""AES-256-GCM and the shape of sealed bytes. Pure: no database, no settings.

A sealed blob says by itself how it is opened:

    2 bytes "CH" | 1 byte version 1 | 16 bytes id of the data key | 12 bytes nonce | ciphertext | 16 bytes tag

The associated data are the first 19 bytes and the context, so neither the key id nor the place can be exchanged. Nonces are
random; a data key seals a handful of blobs, far from the 2^32 that random 96-bit nonces allow (NIST SP 800-38D, 8.3).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.keys.errors import Damaged

KEY_BYTES: Final = 32
MAGIC: Final = b"CH\x01"
HEADER_BYTES: Final = len(MAGIC) + 16
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
OVERHEAD: Final = HEADER_BYTES + NONCE_BYTES + TAG_BYTES
WRAPPED_BYTES: Final = NONCE_BYTES + KEY_BYTES + TAG_BYTES


@dataclass(frozen=True)
class Secret:
    """An unwrapped data key with its id. Never shown, never stored."""

    public_id: UUID
    data: bytes = field(repr=False)


def seal(plaintext: bytes, *, secret: Secret, context: str) -> bytes:
    """Encrypt for one place. `context` is 'table.column:public id'."""
    header = MAGIC + secret.public_id.bytes
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(secret.data).encrypt(nonce, plaintext, header + context.encode())
    return b"".join((header, nonce, sealed))


def key_id_of(blob: bytes) -> UUID:
    """Which data key opens this blob. Raises Damaged when it is no sealed blob, or cut short."""
    if len(blob) < OVERHEAD or blob[: len(MAGIC)] != MAGIC:
        raise Damaged(
            "The stored bytes are not sealed bytes, or were cut short. Restore this row from a backup; "
            "nothing of it was returned."
        )
    return UUID(bytes=bytes(blob[len(MAGIC) : HEADER_BYTES]))


def open_sealed(blob: bytes, *, secret: Secret, context: str) -> bytes:
    """Decrypt what `seal` made for the same context. Raises Damaged for any changed bit, other key or other place."""
    view = memoryview(blob)
    nonce, body = view[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES], view[HEADER_BYTES + NONCE_BYTES :]
    try:
        return AESGCM(secret.data).decrypt(nonce, body, bytes(view[:HEADER_BYTES]) + context.encode())
    except InvalidTag:
        raise Damaged(
            f"The sealed bytes of {context} were changed, or moved here from another place. Nothing was returned; "
            "restore the row from a backup and look for who can write in this table."
        ) from None


def wrap(data_key: bytes, *, kek: bytes, context: str) -> bytes:
    """A data key under a key-encryption key, bound to the row it belongs to."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(kek).encrypt(nonce, data_key, context.encode())


def unwrap(wrapped: bytes, *, kek: bytes, context: str) -> bytes:
    """The data key again. Raises Damaged under another key-encryption key, for another row, or when changed."""
    try:
        return AESGCM(kek).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        raise Damaged(
            f"The wrapped {context} does not open: the key file has other content than when it was wrapped, "
            "or the row was changed. Put the right key back under this id."
        ) from None
