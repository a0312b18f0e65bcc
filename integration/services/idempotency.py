"""A request sent twice under one `Idempotency-Key` has one effect and one answer.

1. A row reserves the key for this request under a lease; the unique constraint lets only one sender win.
2. The winner works and stores its answer. A refusal gives the key back, so that a mended request can use it again.
3. A repeat with the same content gets the stored answer; with other content, or while the first still runs, a conflict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.errors import Conflict, Invalid
from integration.models import ApiClient, IdempotencyKey

LEASE = timedelta(seconds=60)
LIFETIME = timedelta(days=1)
MAX_LENGTH = 100
OTHER_BODY = "idempotency_key_other_body"
STILL_RUNNING = "idempotency_key_in_use"


@dataclass(frozen=True)
class Answer:
    """What the caller is told, and whether it is a repeat of an earlier answer."""

    status: int
    body: dict[str, Any]
    is_replay: bool = False


def once(
    *, client: ApiClient, key: str, body_sha256: str, at: datetime, work: Callable[[], Answer]
) -> Answer:
    """Do `work` at most once for this client and key. Raises Conflict, Invalid, and whatever `work` raises."""
    if not key:
        return work()
    if len(key) > MAX_LENGTH or not key.isprintable():
        raise Invalid("The Idempotency-Key may have up to 100 printable characters.", field="Idempotency-Key")
    known = _reserve(client, key, body_sha256, at)
    if known is not None:
        return known
    try:
        answer = work()
    except BaseException:
        IdempotencyKey.objects.filter(client=client, key=key, status__isnull=True).delete()
        raise
    IdempotencyKey.objects.filter(client=client, key=key).update(
        status=answer.status, response=answer.body, lease_until=None
    )
    return answer


def _reserve(client: ApiClient, key: str, body_sha256: str, at: datetime) -> Answer | None:
    """Take the key, or return the answer it already has. None means: it is ours, work."""
    IdempotencyKey.objects.filter(client=client, created_at__lt=at - LIFETIME).delete()
    with transaction.atomic():
        made, created = IdempotencyKey.objects.get_or_create(
            client=client, key=key, defaults={"body_sha256": body_sha256, "lease_until": at + LEASE}
        )
        if created:
            return None
        row = IdempotencyKey.objects.select_for_update().filter(pk=made.pk).first()
        if row is None:
            raise _still_running()
        if row.body_sha256 != body_sha256:
            raise Conflict(
                "This Idempotency-Key was used before for a request with other content. Use a new key for a new request.",
                code=OTHER_BODY,
                field="Idempotency-Key",
            )
        if row.status is not None:
            return Answer(row.status, row.response or {}, is_replay=True)
        if row.lease_until is None or row.lease_until > at:
            raise _still_running()
        row.lease_until = at + LEASE
        row.save(update_fields=["lease_until"])
    return None


def _still_running() -> Conflict:
    return Conflict(
        "The first request with this Idempotency-Key still runs. Send it again in a second.",
        code=STILL_RUNNING,
        field="Idempotency-Key",
    )
