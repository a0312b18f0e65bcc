from dataclasses import dataclass
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from audit import outbox
from audit.ledger import sealer
from audit.ledger.errors import LedgerError
from audit.ledger.roots import seal_daily_root as sign_daily_root
from audit.record import ActorLike

log = structlog.get_logger(__name__)

BATCH = 5_000
"""Rows of one nudge: about a quarter of a second, for the sweep of the clock waits in the same queue."""


@dataclass(frozen=True)
class _Sealer:
    kind: str = "system"
    id: str = "system:sealer"
    label: str = "Clearhold (sealer)"


SEALER: ActorLike = _Sealer()


@shared_task
def carry_deliveries(**_: Any) -> None:
    """Carry what the outbox holds; beat nudges it, PostgreSQL decides what is due."""
    outbox.carry_due(at=timezone.now())


@shared_task
def seal_ledger(**_: Any) -> None:
    """Seal what has settled; beat nudges it. A ledger that refuses is logged, and the health page says that it is late."""
    try:
        sealer.seal_due(BATCH)
    except LedgerError as error:
        log.error("ledger_refused", code=error.code, reason=str(error))


@shared_task
def seal_daily_root(**_: Any) -> None:
    """Sign the root of the day, once."""
    try:
        sign_daily_root(actor=SEALER)
    except LedgerError as error:
        log.error("ledger_root_refused", code=error.code, reason=str(error))
