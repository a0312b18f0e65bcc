"""Exact look-up of sealed values: HMAC-SHA256 under a key of its own, itself wrapped like every data key.

Equal values of one kind have equal indexes, so the database can find and refuse doubles without knowing the value. Whoever
has the index key could try all values of a kind; that is why it is wrapped, and why kinds are few.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final

from django.db import connection, transaction

from audit.keys import envelope
from audit.keys.models import BLIND_INDEX, DataKey

_NOISE: Final = re.compile(r"[^A-Z0-9]")


def plain_word(value: str) -> str:
    """Capital letters and digits alone, as numbers are typed with any spaces and hyphens."""
    return _NOISE.sub("", value.upper())


def a_number(value: str) -> str:
    """An A-number as nine digits: written with or without its A, with seven to nine digits (8 CFR 1.2)."""
    digits = plain_word(value).removeprefix("A")
    return digits.zfill(9) if digits.isdigit() and 7 <= len(digits) <= 9 else digits


NORMAL: Final[dict[str, Callable[[str], str]]] = {"a_number": a_number}


def normalised(kind: str, value: str) -> str:
    """The form in which a value is compared."""
    return NORMAL.get(kind, plain_word)(value)


def blind_index(kind: str, value: str) -> bytes:
    """32 bytes that equal values of one kind share, under the current index key. Raises KeyUnavailable."""
    return _digest(_current(), kind, value)


def blind_indexes(kind: str, value: str) -> list[bytes]:
    """The index under every index key in use, the current one first: during a rotation there are two."""
    return [_digest(row, kind, value) for row in _in_use() or [_current()]]


def blind_index_each(kind: str, values: Iterable[str]) -> list[bytes]:
    """The current index of many values, with the key looked up once. Raises KeyUnavailable."""
    row = _current()
    return [_digest(row, kind, value) for value in values]


def _digest(row: DataKey, kind: str, value: str) -> bytes:
    text = f"{kind}\x00{normalised(kind, value)}".encode()
    return hmac.new(envelope._secret(row).data, text, sha256).digest()


def _in_use() -> list[DataKey]:
    return list(DataKey.objects.filter(purpose=BLIND_INDEX, erased_at__isnull=True).order_by("-id"))


def _current() -> DataKey:
    rows = _in_use()
    return rows[0] if rows else _first()


def _first() -> DataKey:
    """The first index key, made by whoever needs it first; the others wait for that transaction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('keys:blind_index', 0))")
        rows = _in_use()
        return rows[0] if rows else envelope.new_key(BLIND_INDEX)
