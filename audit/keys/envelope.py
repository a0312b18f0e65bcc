"""Seal and open. One data key per record; what is derived from a record is sealed with the record's own key, so that erasing
one key erases all of it.

Every opening reads the row of the key, one look-up by a unique index, so that an erased record is closed to every process from
the moment of the erasure. What is remembered is only the unwrapping, by the wrapped bytes themselves: with a KMS that is a
call over the network for each record. The memory is bounded because every key in it could be read out of a stolen process image.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Final
from uuid import UUID, uuid4

from audit.inserts import insert
from audit.keys import cipher
from audit.keys.cipher import OVERHEAD, Secret
from audit.keys.conf import provider
from audit.keys.errors import Damaged, Erased, KeysError
from audit.keys.models import DataKey

__all__ = ["OVERHEAD", "context_of", "decrypt", "decrypt_each", "encrypt", "key_of", "new_key", "secrets_of"]

REMEMBERED: Final = 1024
_KEY_BY_ID: Final = f"SELECT * FROM {DataKey._meta.db_table} WHERE public_id = %s"


class _Unwrapped:
    """The data keys unwrapped last, by their wrapped bytes. Safe for threads; a fork takes a copy."""

    def __init__(self, most: int) -> None:
        self._most, self._keys, self._lock = most, OrderedDict[bytes, bytes](), Lock()

    def get(self, wrapped: bytes) -> bytes | None:
        with self._lock:
            found = self._keys.get(wrapped)
            if found is not None:
                self._keys.move_to_end(wrapped)
            return found

    def put(self, wrapped: bytes, data: bytes) -> None:
        with self._lock:
            self._keys[wrapped] = data
            self._keys.move_to_end(wrapped)
            if len(self._keys) > self._most:
                self._keys.popitem(last=False)

    def forget(self, wrapped: bytes) -> None:
        with self._lock:
            self._keys.pop(wrapped, None)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()

    def __len__(self) -> int:
        return len(self._keys)


unwrapped = _Unwrapped(REMEMBERED)


def context_of(table_column: str, public_id: UUID) -> str:
    """The place a blob belongs to: 'cases_document.content:2f1c...'."""
    return f"{table_column}:{public_id}"


def make_keys(purpose: str, count: int) -> list[DataKey]:
    """New data keys, wrapped under the current key-encryption key and not yet stored. Raises KeyUnavailable."""
    keys = provider()
    kek_id = keys.current_id()
    made = []
    for _ in range(count):
        row = DataKey(public_id=uuid4(), purpose=purpose, kek_id=kek_id)
        data = os.urandom(cipher.KEY_BYTES)
        row.wrapped = keys.wrap(kek_id, data, context=row.wrap_context)
        unwrapped.put(row.wrapped, data)
        made.append(row)
    return made


def new_key(purpose: str, *, using: str | None = None) -> DataKey:
    """A new data key, stored in the caller's transaction. `using` names the database. Raises KeyUnavailable."""
    return new_keys(purpose, 1, using=using)[0]


def new_keys(purpose: str, count: int, *, using: str | None = None) -> list[DataKey]:
    """Several at once, in one statement. Raises KeyUnavailable."""
    return list(insert(make_keys(purpose, count), using=using))


def encrypt(plaintext: bytes, *, key: DataKey, context: str) -> bytes:
    """Seal for one place. Raises Erased, KeyUnavailable."""
    return cipher.seal(plaintext, secret=_secret(key), context=context)


def decrypt(blob: bytes, *, context: str, using: str | None = None, key: DataKey | None = None) -> bytes:
    """Open what was sealed for the same context. Raises Damaged, Erased, KeyUnavailable.

    `key` is the key's row where the caller read it for this same act; another one than the blob names is not used.
    """
    if key is None or key.public_id != cipher.key_id_of(blob):
        key = key_of(blob, using=using)
    return cipher.open_sealed(blob, secret=_secret(key), context=context)


def decrypt_each(blobs: Mapping[str, bytes], *, using: str | None = None) -> dict[str, bytes | KeysError]:
    """Open many by their contexts with one query for the keys: for each its bytes, or the error that says why not."""
    names: dict[str, UUID] = {}
    opened: dict[str, bytes | KeysError] = {}
    for context, blob in blobs.items():
        try:
            names[context] = cipher.key_id_of(blob)
        except Damaged as error:
            opened[context] = error
    rows = {
        row.public_id: row for row in DataKey.objects.using(using).filter(public_id__in=set(names.values()))
    }
    for context, key_id in names.items():
        try:
            if key_id not in rows:
                raise _unknown(key_id)
            opened[context] = cipher.open_sealed(
                blobs[context], secret=_secret(rows[key_id]), context=context
            )
        except KeysError as error:
            opened[context] = error
    return opened


def key_of(blob: bytes, *, using: str | None = None) -> DataKey:
    """The data key of a blob. Raises Damaged when the blob is none, or its key never was here."""
    key_id = cipher.key_id_of(blob)
    found = DataKey.objects.using(using).raw(_KEY_BY_ID, [key_id])
    row: DataKey | None = next(iter(found), None)
    if row is None:
        raise _unknown(key_id)
    return row


def secrets_of(key_ids: Iterable[UUID], *, using: str | None = None) -> dict[UUID, Secret]:
    """Unwrapped keys by id, without those erased. Raises Damaged for an id that never was here, KeyUnavailable."""
    wanted = set(key_ids)
    rows = list(DataKey.objects.using(using).filter(public_id__in=wanted))
    for missing in wanted - {row.public_id for row in rows}:
        raise _unknown(missing)
    return {row.public_id: _secret(row) for row in rows if row.wrapped is not None}


def _unknown(key_id: UUID) -> Damaged:
    return Damaged(
        f"The sealed bytes name data key {key_id}, which is not in the database. Restore keys_datakey and the "
        "sealed table from the same backup."
    )


def _secret(key: DataKey) -> Secret:
    if key.wrapped is None:
        assert key.erased_at is not None
        raise Erased(key.erased_at)
    wrapped = bytes(key.wrapped)
    data = unwrapped.get(wrapped)
    if data is None:
        data = provider().unwrap(key.kek_id, wrapped, context=key.wrap_context)
        unwrapped.put(wrapped, data)
    return Secret(key.public_id, data)
