"""Carries deliveries out after commit. Idempotent: a crash between handling and marking repeats, so handlers dedupe."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from audit import bus, failpoints
from audit.models import Delivery

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12


def backoff(attempts: int) -> timedelta:
    """How long to wait after the nth failure: 2 s doubling to one hour."""
    return min(timedelta(seconds=2**attempts), timedelta(hours=1))


def claim(*, at: datetime, limit: int = 50) -> list[int]:
    """Take up to `limit` due deliveries under a lease and return their ids. Others skip what is locked."""
    with transaction.atomic():
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        due = Delivery.objects.filter(free, state=Delivery.State.PENDING, next_attempt_at__lte=at)
        ids = list(
            due.order_by("next_attempt_at")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:limit]
        )
        Delivery.objects.filter(pk__in=ids).update(lease_until=at + LEASE)
    return ids


def carry(delivery_id: int, *, at: datetime) -> None:
    """Run one delivery's handler and mark it done, or note the failure and when to try again."""
    delivery = Delivery.objects.select_related("event").get(pk=delivery_id)
    if delivery.state != Delivery.State.PENDING:
        return
    handler = bus.handler_for(delivery.event.action, delivery.subscriber)
    if handler is None:
        _fail(delivery, "nobody carries this action any more", at=at, final=True)
        return
    try:
        handler(delivery.event)
    except Exception as error:  # noqa: BLE001 - one bad delivery must not stop the others; it is recorded and retried
        log.error(
            "delivery_failed",
            delivery=delivery_id,
            subscriber=delivery.subscriber,
            error=type(error).__name__,
        )
        _fail(delivery, type(error).__name__, at=at, final=delivery.attempts + 1 >= MAX_ATTEMPTS)
        return
    failpoints.reach("delivery.carried")
    Delivery.objects.filter(pk=delivery_id).update(state=Delivery.State.DONE, done_at=at, lease_until=None)


def _fail(delivery: Delivery, error: str, *, at: datetime, final: bool) -> None:
    attempts = delivery.attempts + 1
    # Only while it is pending: whoever took it over after our lease may have carried it out by now.
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING).update(
        attempts=attempts,
        last_error=error[:300],
        lease_until=None,
        next_attempt_at=at + backoff(attempts),
        state=Delivery.State.FAILED if final else Delivery.State.PENDING,
    )


def carry_due(*, at: datetime) -> int:
    """Carry everything that is due and return how many were tried."""
    ids = claim(at=at)
    for delivery_id in ids:
        carry(delivery_id, at=at)
    return len(ids)
