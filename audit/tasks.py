from typing import Any

from celery import shared_task
from django.utils import timezone

from audit import outbox


@shared_task
def carry_deliveries(**_: Any) -> None:
    """Carry what the outbox holds; beat nudges it, PostgreSQL decides what is due."""
    outbox.carry_due(at=timezone.now())
