"""Erasing a record's key, and wrapping all keys anew under another key-encryption key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from django.db import connection, transaction
from django.utils import timezone

from audit import record
from audit.keys import events
from audit.keys.conf import provider
from audit.keys.envelope import unwrapped
from audit.keys.errors import KeysError, KeyUnavailable
from audit.keys.models import DataKey
from audit.keys.ports import KeyProvider
from audit.keys.providers import FileProvider
from audit.record import ActorLike, Ref

BATCH: Final = 1000


@dataclass(frozen=True)
class Operator:
    """Whoever runs a command on the server: the shell's account is outside of what we know."""

    kind: str = "system"
    id: str = "system:operator"
    label: str = "an operator of the server"


def erase(key: DataKey, *, actor: ActorLike, reason: str) -> DataKey:
    """Make everything sealed with this key unreadable, for good: the wrapped key is overwritten with NULL.

    The caller has checked who may do this. The event keeps the digest of the wrapped key, so that `keys_status` can
    prove that no column of any table holds a copy. Erasing again changes nothing. Raises KeysError without a reason.
    """
    text = reason.strip()
    if not text:
        raise KeysError("An erasure needs a reason: say on what order or rule the record is erased.")
    with transaction.atomic():
        row = DataKey.objects.select_for_update().get(pk=key.pk)
        if row.erased_at is None:
            wrapped, row.wrapped, row.erased_at = bytes(row.wrapped), None, timezone.now()
            row.save(update_fields=["wrapped", "erased_at"])
            record.event(
                events.ERASED,
                actor=actor,
                subject=Ref("data_key", row.public_id),
                occurred_at=row.erased_at,
                reason=text,
                changed=["wrapped", "erased_at"],
                facts={"purpose": row.purpose, "wrapped_sha256": sha256(wrapped).hexdigest()},
            )
            unwrapped.forget(wrapped)
    key.wrapped, key.erased_at = None, row.erased_at
    return row


def choose(kek_id: str) -> KeyProvider:
    """Make this the key for new records, or check that it is. Raises KeyUnavailable."""
    keys = provider()
    if isinstance(keys, FileProvider):
        keys.choose(kek_id)
    keys.wrap(kek_id, bytes(32), context="a trial")
    if keys.current_id() != kek_id:
        raise KeyUnavailable(
            f"New records are still sealed under '{keys.current_id()}'. Set CLEARHOLD_KEY_CURRENT to '{kek_id}', "
            "restart every process, and run this again."
        )
    return keys


def left(kek_id: str) -> int:
    """How many data keys are still wrapped under another key."""
    return int(DataKey.objects.filter(wrapped__isnull=False).exclude(kek_id=kek_id).count())


def rotate(kek_id: str, *, moved: Callable[[int], None] = lambda count: None, batch: int = BATCH) -> int:
    """Wrap every data key under this key-encryption key, a committed batch at a time; `moved` hears of each.

    Killed at any moment it has lost nothing, and run again it goes on. Sealed bytes are not touched. Returns how many
    keys it moved. Raises KeyUnavailable when a key is missing, Damaged when a wrapped key does not open.
    """
    keys, done = choose(kek_id), 0
    for old in _others(kek_id):
        last = 0
        while count_and_last := _rewrap(keys, old, kek_id, after=last, batch=batch):
            count, last = count_and_last
            done += count
            moved(count)
    return done


def _others(kek_id: str) -> list[str]:
    rows = DataKey.objects.filter(wrapped__isnull=False).exclude(kek_id=kek_id)
    return sorted(set(rows.values_list("kek_id", flat=True)))


def _rewrap(keys: KeyProvider, old: str, new: str, *, after: int, batch: int) -> tuple[int, int] | None:
    with transaction.atomic():
        rows = list(
            DataKey.objects.select_for_update()
            .filter(kek_id=old, wrapped__isnull=False, pk__gt=after)
            .order_by("pk")[:batch]
        )
        if not rows:
            return None
        wrapped = [
            keys.wrap(
                new,
                keys.unwrap(old, bytes(row.wrapped), context=row.wrap_context),
                context=row.wrap_context,
            )
            for row in rows
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE keys_datakey AS k SET kek_id = %s, wrapped = n.wrapped "
                "FROM unnest(%s::bigint[], %s::bytea[]) AS n(id, wrapped) WHERE k.id = n.id",
                [new, [row.pk for row in rows], wrapped],
            )
        record.event(
            events.ROTATED,
            actor=Operator(),
            subject=Ref("key_encryption_key", uuid5(NAMESPACE_URL, f"clearhold:kek:{new}")),
            occurred_at=timezone.now(),
            facts={"count": len(rows), "from": old, "to": new},
        )
    return len(rows), rows[-1].pk
