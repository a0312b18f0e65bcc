"""A request sent twice under one `Idempotency-Key` has one effect and one answer.

1. A lock on the key, for as long as the transaction lasts, lets only one sender work at a time.
2. The effect and the answer are committed together: whoever dies between them leaves neither, and the repeat works at once.
3. A repeat with the same content gets the first answer; with other content, or while the first still runs, a conflict.
4. A refusal leaves no answer, so that a mended request can use the key again; what was kept of the refused request stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.errors import ClearholdError, Conflict, Invalid
from integration.models import ApiClient, IdempotencyKey

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
    IdempotencyKey.objects.filter(client=client, created_at__lt=at - LIFETIME).delete()
    with transaction.atomic():
        _lock(client, key)
        known = _known(client, key, body_sha256, at)
        if known is not None:
            return known
        try:
            answer = work()
        except ClearholdError as error:
            refusal = error
        else:
            IdempotencyKey.objects.create(
                client=client, key=key, body_sha256=body_sha256, status=answer.status, response=answer.body
            )
            return answer
    raise refusal


def _lock(client: ApiClient, key: str) -> None:
    """The key is ours until the transaction ends, however it ends. Raises Conflict while somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency:{client.pk}:{key}"]
        )
        if not cursor.fetchone()[0]:
            raise _still_running()


def _known(client: ApiClient, key: str, body_sha256: str, at: datetime) -> Answer | None:
    """The answer that the key already has. None means: work."""
    row = IdempotencyKey.objects.filter(client=client, key=key).first()
    if row is None:
        return None
    if row.body_sha256 != body_sha256:
        raise Conflict(
            "This Idempotency-Key was used before for a request with other content. Use a new key for a new request.",
            code=OTHER_BODY,
            field="Idempotency-Key",
        )
    if row.status is not None:
        return Answer(row.status, row.response or {}, is_replay=True)
    # Reserved by an earlier version, which committed the reservation before its work.
    if row.lease_until is not None and row.lease_until > at:
        raise _still_running()
    row.delete()
    return None


def _still_running() -> Conflict:
    return Conflict(
        "The first request with this Idempotency-Key still runs. Send it again in a second.",
        code=STILL_RUNNING,
        field="Idempotency-Key",
    )
