"""Sealing what was stored in the plain, in batches that are each committed. For migrations: models are the historical ones.

A row is sealed when it says so and its key is here; so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connections, transaction

from audit.keys import cipher
from audit.keys.cipher import Secret
from audit.keys.conf import provider

BATCH: Final = 50


def fresh_secrets(apps: Any, alias: str, purpose: str, count: int) -> list[Secret]:
    """Data keys for `count` records, stored. Raises KeyUnavailable."""
    keys, model = provider(), apps.get_model("keys", "DataKey")
    kek_id, rows, secrets = keys.current_id(), [], []
    for _ in range(count):
        secret = Secret(uuid4(), os.urandom(cipher.KEY_BYTES))
        context = f"data key {secret.public_id} ({purpose})"
        wrapped = keys.wrap(kek_id, secret.data, context=context)
        rows.append(model(public_id=secret.public_id, purpose=purpose, kek_id=kek_id, wrapped=wrapped))
        secrets.append(secret)
    model.objects.using(alias).bulk_create(rows)
    return secrets


def known_secrets(apps: Any, alias: str, blobs: Iterable[bytes]) -> dict[UUID, Secret]:
    """The unwrapped keys that these blobs name, where they are here and not erased."""
    ids = {UUID(bytes=bytes(blob[3:19])) for blob in blobs if looks_sealed(blob)}
    rows = (
        apps.get_model("keys", "DataKey")
        .objects.using(alias)
        .filter(public_id__in=ids, wrapped__isnull=False)
    )
    keys = provider() if ids else None
    return {
        row.public_id: Secret(
            row.public_id,
            keys.unwrap(row.kek_id, bytes(row.wrapped), context=f"data key {row.public_id} ({row.purpose})"),
        )
        for row in rows
        if keys is not None
    }


def looks_sealed(blob: bytes | memoryview) -> bool:
    """Whether bytes begin like sealed ones. What was stored before begins otherwise, but for received files."""
    return len(blob) >= cipher.OVERHEAD and bytes(blob[:3]) == cipher.MAGIC


@contextmanager
def passing(trigger: tuple[str, str], *, alias: str) -> Iterator[None]:
    """Pass one trigger, by table and name, until the end of the block; only this transaction does, everybody else is refused.

    What `pgtrigger.ignore` does, which puts two statements into one and so cannot travel with its values beside it.
    """
    table, name = trigger
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{table}:{name},{name}}}"])
        yield
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', true)")


def in_batches(
    rows: Any,
    seal: Callable[[list[Any]], None],
    *,
    unlocked: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> int:
    """Walk a queryset by primary key and hand it on under locks, one transaction for each batch. Returns how many rows.

    `unlocked` lifts a trigger for exactly the statements of one batch.
    """
    last, done = 0, 0
    while True:
        with transaction.atomic(using=rows.db), unlocked():
            batch = list(rows.filter(pk__gt=last).order_by("pk").select_for_update(of=("self",))[:BATCH])
            if not batch:
                return done
            seal(batch)
        last, done = batch[-1].pk, done + len(batch)
