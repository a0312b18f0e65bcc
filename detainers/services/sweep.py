"""The sweep writes down what the clock has already made true. It can be late; authority is over without it.

Instants are those of the database. Rows are taken in batches under row locks that skip what somebody else
holds; a batch that raises is undone and tried row by row, so that one bad row stops no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction

from accounts.actors import Actor, system
from audit.bulk import Entry
from audit.bulk import events as record_events
from audit.record import Ref
from cases.models import Case
from detainers import events
from detainers.models import Breach, CaseAuthority, Hold, SweepHeartbeat
from detainers.services.assess import HOW, hold_end_facts, reassess
from detainers.states import HoldState

NAME = "holds"
LOCK = "clearhold:sweep:holds"
log = structlog.get_logger(__name__)

DUE_HOLDS = """
    SELECT h.id, c.id
      FROM detainers_hold h JOIN cases_case c ON c.id = h.case_id
     WHERE h.ended_at IS NULL AND h.deadline_at <= COALESCE(%s, statement_timestamp())
       AND NOT (c.id = ANY(%s))
     ORDER BY h.deadline_at LIMIT %s
       FOR UPDATE OF c, h SKIP LOCKED
"""
OVERDUE_CASES = """
    SELECT c.id
      FROM cases_case c
     WHERE c.custody_state = 'in_custody'
       AND c.release_eligible_at < COALESCE(%s, statement_timestamp())
       AND NOT (c.id = ANY(%s))
       AND NOT EXISTS (SELECT 1 FROM detainers_breach b WHERE b.case_id = c.id AND b.until_at IS NULL)
       AND NOT EXISTS (SELECT 1 FROM cases_localground g WHERE g.case_id = c.id AND g.ended_at IS NULL)
       AND NOT EXISTS (SELECT 1 FROM detainers_hold h WHERE h.case_id = c.id
                          AND LEAST(h.deadline_at, h.ended_at) >= COALESCE(%s, statement_timestamp()))
     ORDER BY c.release_eligible_at LIMIT %s
       FOR UPDATE OF c SKIP LOCKED
"""


@dataclass(slots=True)
class SweepOutcome:
    """What one sweep did. `busy`: another sweep was at work, so this one left."""

    expired: int = 0
    breaches: int = 0
    failed: list[int] = field(default_factory=list)
    busy: bool = False


def expire_due(*, at: datetime | None = None, batch: int = 500) -> SweepOutcome:
    """Record every hold whose deadline has passed and every person in custody past authority.

    1. Holds past their deadline, oldest first. 2. People in custody whom nothing covers. 3. Breaches that the
    database added by itself are said. 4. The heartbeat. `at` stands for the database's clock in tests only.
    Safe with none, one or many sweeps at once.
    """
    outcome = SweepOutcome()
    actor = system("clock")
    while _expire_batch(outcome, actor, at, batch):
        pass
    while not outcome.busy and _breach_batch(outcome, actor, at, batch):
        pass
    if not outcome.busy:
        _announce(actor, batch)
        _beat()
    if outcome.expired or outcome.breaches or outcome.failed:
        log.info("sweep", expired=outcome.expired, breaches=outcome.breaches, failed=len(outcome.failed))
    return outcome


def _expire_batch(outcome: SweepOutcome, actor: Actor, at: datetime | None, batch: int) -> bool:
    """One batch of holds; whether there may be more."""
    taken: list[int] = []
    try:
        with transaction.atomic():
            if not _alone():
                outcome.busy = True
                return False
            rows = _rows(DUE_HOLDS, [at, outcome.failed, batch])
            taken = [case_id for _, case_id in rows]
            outcome.expired += _expire([hold_id for hold_id, _ in rows], actor)
    except Exception:
        log.exception("sweep_batch_failed", rows=len(taken))
        outcome.expired += _one_by_one(taken, outcome, actor, at)
    return bool(taken)


def _breach_batch(outcome: SweepOutcome, actor: Actor, at: datetime | None, batch: int) -> bool:
    """One batch of people whom nothing covers; whether there may be more."""
    taken: list[int] = []
    try:
        with transaction.atomic():
            if not _alone():
                outcome.busy = True
                return False
            taken = [case_id for (case_id,) in _rows(OVERDUE_CASES, [at, outcome.failed, at, batch])]
            outcome.breaches += _open_breaches(taken, actor)
    except Exception:
        log.exception("sweep_batch_failed", rows=len(taken))
        outcome.breaches += _one_by_one(taken, outcome, actor, at)
    return bool(taken)


def _expire(hold_ids: Sequence[int], actor: Actor) -> int:
    """Record the end of locked holds, each at its own deadline."""
    holds = list(Hold.objects.filter(pk__in=hold_ids).select_related("case", "case__agency"))
    for hold in holds:
        hold.ended_at, hold.recorded_state = hold.deadline_at, HoldState.EXPIRED
        hold.ended_reason, hold.ended_by = HOW[HoldState.EXPIRED], actor.id
    Hold.objects.bulk_update(holds, ["ended_at", "recorded_state", "ended_reason", "ended_by"])
    record_events(
        [
            Entry(
                events.HOLD_ENDED,
                subject=Ref("hold", hold.public_id),
                occurred_at=hold.deadline_at,
                case=hold.case.public_id,
                agency=hold.case.agency.public_id,
                changed=("ended_at", "recorded_state"),
                facts=hold_end_facts(hold),
            )
            for hold in holds
        ],
        actor=actor,
    )
    return len(holds)


def _open_breaches(case_ids: Sequence[int], actor: Actor) -> int:
    """Open a breach for locked cases, each from where authority ended."""
    rows = CaseAuthority.objects.filter(pk__in=case_ids, authority_ends_at__isnull=False)
    ends = dict(rows.values_list("case_id", "authority_ends_at"))
    cases = Case.objects.filter(pk__in=ends).select_related("agency").in_bulk()
    breaches = Breach.objects.bulk_create(
        Breach(case=cases[key], from_at=ended) for key, ended in ends.items()
    )
    record_events([_opened(breach) for breach in breaches], actor=actor)
    return len(breaches)


def _opened(breach: Breach) -> Entry:
    return Entry(
        events.BREACH_OPENED,
        subject=Ref("breach", breach.public_id),
        occurred_at=breach.from_at,
        case=breach.case.public_id,
        agency=breach.case.agency.public_id,
        facts=breach.facts,
    )


def _one_by_one(case_ids: Sequence[int], outcome: SweepOutcome, actor: Actor, at: datetime | None) -> int:
    """Each case in its own transaction. One that raises is named and left due for the next sweep."""
    done = 0
    for case_id in case_ids:
        try:
            with transaction.atomic():
                free = Case.objects.select_for_update(skip_locked=True).filter(pk=case_id).exists()
                if free:
                    reassess(case_id=case_id, actor=actor, at=at or database_now())
                    done += 1
        except Exception:
            log.exception("sweep_row_failed", case_id=case_id)
            outcome.failed.append(case_id)
    return done


def _announce(actor: Actor, batch: int) -> None:
    """Breaches that the database added when a late release was written get their events."""
    with transaction.atomic():
        unsaid = Breach.objects.filter(announced=False).select_for_update(skip_locked=True, of=("self",))
        breaches = list(unsaid.select_related("case", "case__agency").order_by("pk")[:batch])
        if not breaches:
            return
        ended = [
            Entry(
                events.BREACH_ENDED,
                subject=Ref("breach", breach.public_id),
                occurred_at=breach.until_at,
                case=breach.case.public_id,
                agency=breach.case.agency.public_id,
                facts=breach.facts,
            )
            for breach in breaches
            if breach.until_at is not None
        ]
        opened = [_opened(breach) for breach in breaches if breach.origin == Breach.Origin.DATABASE]
        record_events(opened + ended, actor=actor)
        Breach.objects.filter(pk__in=[breach.pk for breach in breaches]).update(announced=True)


def _beat() -> None:
    """Say that the sweep ran, by the database's clock; never backwards."""
    with transaction.atomic():
        SweepHeartbeat.objects.update_or_create(name=NAME, defaults={"swept_at": database_now()})


def database_now() -> datetime:
    """The clock that decides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]


def _alone() -> bool:
    """Whether no other sweep is at work; the lock goes with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        (got,) = cursor.fetchone()
    return bool(got)


def _rows(sql: str, params: list[Any]) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
