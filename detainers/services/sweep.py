"""The sweep writes down what the clock has already made true. It can be late; authority is over without it.

Instants are those of the database. Rows are taken in batches under row locks that skip what somebody else
holds; a batch that raises is undone and tried row by row, so that one bad row stops no other.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from django.db import connection, transaction

from accounts.actors import Actor, system
from audit import failpoints
from audit.bulk import Entry
from audit.bulk import events as record_events
from audit.record import Ref
from cases.models import Case
from detainers import events
from detainers.models import Breach, SweepHeartbeat
from detainers.models.hold import breach_facts
from detainers.services.assess import HOW, hold_end_facts, reassess
from detainers.services.duty_sweep import say_overdue_duties
from detainers.states import HoldState

NAME = "holds"
LOCK = "clearhold:sweep:holds"
STEP_BACK = timedelta(seconds=1)  # less than this is the slewing of a healthy time service
CLOCK = uuid5(NAMESPACE_URL, "clearhold:clock:database")  # what an event about the clock itself is about
log = structlog.get_logger(__name__)

DUE_HOLDS = """
    SELECT h.id, c.id
      FROM detainers_hold h JOIN cases_case c ON c.id = h.case_id
     WHERE h.ended_at IS NULL AND h.deadline_at <= COALESCE(%s, statement_timestamp())
       AND NOT (c.id = ANY(%s))
     ORDER BY h.deadline_at LIMIT %s
       FOR UPDATE OF c, h SKIP LOCKED
"""
# Each lookup has a LIMIT of its own, so that the plan stays one index probe per person whatever the statistics say.
OVERDUE_CASES = """
    SELECT c.id, c.release_eligible_at
      FROM cases_case c
      LEFT JOIN LATERAL (SELECT 1 AS found FROM detainers_breach x
                          WHERE x.case_id = c.id AND x.until_at IS NULL LIMIT 1) b ON true
      LEFT JOIN LATERAL (SELECT 1 AS found FROM cases_localground x
                          WHERE x.case_id = c.id AND x.ended_at IS NULL LIMIT 1) g ON true
      LEFT JOIN LATERAL (SELECT 1 AS found FROM detainers_hold x
                          WHERE x.case_id = c.id
                            AND LEAST(x.deadline_at, x.ended_at) >= COALESCE(%s, statement_timestamp())
                          LIMIT 1) h ON true
     WHERE c.custody_state = 'in_custody'
       AND c.release_eligible_at < COALESCE(%s, statement_timestamp())
       AND (c.release_eligible_at, c.id) > (%s, %s)
       AND NOT (c.id = ANY(%s))
       AND b.found IS NULL AND g.found IS NULL AND h.found IS NULL
     ORDER BY c.release_eligible_at, c.id LIMIT %s
       FOR UPDATE OF c SKIP LOCKED
"""
EXPIRE = """
    WITH done AS (
        UPDATE detainers_hold SET ended_at = deadline_at, recorded_state = %s, ended_reason = %s, ended_by = %s
         WHERE id = ANY(%s) AND ended_at IS NULL
        RETURNING public_id, case_id, deadline_at
    )
    SELECT done.public_id, done.deadline_at, c.public_id, g.public_id
      FROM done JOIN cases_case c ON c.id = done.case_id JOIN accounts_agency g ON g.id = c.agency_id
     ORDER BY done.deadline_at, done.case_id
"""
OPEN_BREACHES = """
    WITH made AS (
        INSERT INTO detainers_breach (public_id, case_id, state, from_at, origin, announced, cause, remedy, closed_by)
        SELECT gen_random_uuid(), a.case_id, 'open', GREATEST(a.authority_ends_at, (
                   SELECT max(x.until_at) FROM detainers_breach x
                    WHERE x.case_id = a.case_id AND x.from_at <= a.authority_ends_at)),
               'service', true, '', '', ''
          FROM unnest(%s::bigint[]) AS wanted(case_id)
          JOIN detainers_authority a ON a.case_id = wanted.case_id
         WHERE a.in_custody AND a.authority_ends_at < COALESCE(%s, statement_timestamp())
           AND NOT EXISTS (SELECT 1 FROM detainers_breach x WHERE x.case_id = a.case_id AND x.until_at IS NULL)
        RETURNING public_id, case_id, from_at
    )
    SELECT made.public_id, made.from_at, c.public_id, g.public_id
      FROM made JOIN cases_case c ON c.id = made.case_id JOIN accounts_agency g ON g.id = c.agency_id
     ORDER BY made.from_at, made.case_id
"""
NEXT_END = """
    SELECT EXTRACT(epoch FROM LEAST(
        (SELECT h.deadline_at FROM detainers_hold h
          WHERE h.ended_at IS NULL AND h.deadline_at > statement_timestamp() ORDER BY h.deadline_at LIMIT 1),
        (SELECT c.release_eligible_at FROM cases_case c
          WHERE c.custody_state = 'in_custody' AND c.release_eligible_at > statement_timestamp()
          ORDER BY c.release_eligible_at LIMIT 1)) - statement_timestamp())
"""
AFTER_THE_END = 0.005
"""Seconds: a person is past authority after the instant, not at it."""
BEGINNING = (datetime.min.replace(tzinfo=UTC), 0)


@dataclass(slots=True)
class SweepOutcome:
    """What one sweep did. `busy`: another sweep was at work, so this one left.

    `skipped`: holds past their deadline that somebody else held locked; the next sweep tries them again.
    `went_back`: the clock of the database stood earlier than at the last sweep; nothing but that was recorded.
    """

    expired: int = 0
    breaches: int = 0
    failed: list[int] = field(default_factory=list)
    skipped: int = 0
    busy: bool = False
    went_back: timedelta | None = None


def expire_due(*, at: datetime | None = None, batch: int = 500) -> SweepOutcome:
    """Record every hold whose deadline has passed and every person in custody past authority.

    1. Holds past their deadline, oldest first. 2. People in custody whom nothing covers. 3. Breaches that the
    database added by itself are said. 4. The heartbeat. `at` stands for the database's clock in tests only.
    Safe with none, one or many sweeps at once.
    """
    outcome = SweepOutcome()
    actor = system("clock")
    outcome.went_back = _step_back(actor, at)
    if outcome.went_back is not None:
        return outcome
    while _expire_batch(outcome, actor, at, batch):
        pass
    after: tuple[datetime, int] | None = BEGINNING
    while after is not None and not outcome.busy:
        after = _breach_batch(outcome, actor, at, batch, after)
    if not outcome.busy:
        _announce(actor, batch)
        say_overdue_duties(at=at, batch=batch)
        outcome.skipped = _still_due(at)
        _beat()
    if outcome.expired or outcome.breaches or outcome.failed:
        log.info("sweep", expired=outcome.expired, breaches=outcome.breaches, failed=len(outcome.failed))
    if outcome.skipped:
        log.warning("holds_locked_by_others", holds=outcome.skipped)
    return outcome


def watch_deadlines(*, seconds: float) -> None:
    """Sweep now, and once more at every instant in the next `seconds` at which an authority ends.

    So an alarm comes with the end of the authority and not with the next beat. Looking is one probe of two indexes; in a time
    in which nothing ends, nothing is done.
    """
    until = time.monotonic() + seconds
    expire_due()
    while (wait := _seconds_to_next_end()) is not None and time.monotonic() + wait < until:
        time.sleep(wait)
        expire_due()


def _seconds_to_next_end() -> float | None:
    """How long until the next open hold or known release time is over, by the database's clock; None when there is none."""
    ((found,),) = _rows(NEXT_END, [])
    return None if found is None else max(float(found), 0) + AFTER_THE_END


def _step_back(actor: Actor, at: datetime | None) -> timedelta | None:
    """By how much the database's clock stands before the last sweep, said once for each step; None when it does not.

    With a clock that went back, a deadline that had passed seems to lie ahead. What has ended stays ended, and this
    sweep records nothing else; the next ones go on with the clock as it is, so that nobody waits for it to catch up.
    """
    with transaction.atomic():
        if not _alone():
            return None
        last = SweepHeartbeat.objects.select_for_update().filter(name=NAME).first()
        now = at or database_now()
        if last is None or last.swept_at - now < STEP_BACK:
            return None
        went_back = last.swept_at - now
        facts = {
            "seconds": round(went_back.total_seconds()),
            "before_at": last.swept_at.isoformat(),
            "after_at": now.isoformat(),
        }
        said = Entry(events.CLOCK_WENT_BACK, subject=Ref("clock", CLOCK), occurred_at=now, facts=facts)
        record_events([said], actor=actor)
        last.swept_at = now
        last.save(update_fields=["swept_at"])
    log.error("clock_went_back", seconds=facts["seconds"])
    return went_back


def _still_due(at: datetime | None) -> int:
    """How many holds past their deadline are still not recorded as ended: others hold them locked, or they failed."""
    sql = """SELECT count(*) FROM (SELECT 1 FROM detainers_hold
              WHERE ended_at IS NULL AND deadline_at <= COALESCE(%s, statement_timestamp()) - interval '1 second'
              LIMIT 1000) due"""
    ((found,),) = _rows(sql, [at])
    return int(found)


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
            expired = _expire([hold_id for hold_id, _ in rows], actor)
            failpoints.reach("sweep.half_done" if rows else "sweep.nothing_due")
            opened = _open_breaches(taken, actor, at)
        outcome.expired += expired
        outcome.breaches += opened
    except Exception:
        log.exception("sweep_batch_failed", rows=len(taken))
        outcome.expired += _one_by_one(taken, outcome, actor, at)
    return bool(taken)


def _breach_batch(
    outcome: SweepOutcome, actor: Actor, at: datetime | None, batch: int, after: tuple[datetime, int]
) -> tuple[datetime, int] | None:
    """One batch of people whom nothing covers, after the last one seen; where to go on, or None at the end."""
    rows: list[tuple[Any, ...]] = []
    try:
        with transaction.atomic():
            if not _alone():
                outcome.busy = True
                return None
            rows = _rows(OVERDUE_CASES, [at, at, *after, outcome.failed, batch])
            opened = _open_breaches([case_id for case_id, _ in rows], actor, at)
        outcome.breaches += opened
    except Exception:
        log.exception("sweep_batch_failed", rows=len(rows))
        outcome.breaches += _one_by_one([case_id for case_id, _ in rows], outcome, actor, at)
    return (rows[-1][1], rows[-1][0]) if rows else None


def _expire(hold_ids: Sequence[int], actor: Actor) -> int:
    """Record the end of locked holds, each at its own deadline."""
    if not hold_ids:
        return 0
    how = HOW[HoldState.EXPIRED]
    rows = _rows(EXPIRE, [HoldState.EXPIRED.value, how, actor.id, list(hold_ids)])
    record_events(
        [
            Entry(
                events.HOLD_ENDED,
                subject=Ref("hold", hold),
                occurred_at=deadline,
                case=case,
                agency=agency,
                changed=("ended_at", "recorded_state"),
                facts=hold_end_facts(hold, HoldState.EXPIRED, deadline, deadline),
            )
            for hold, deadline, case, agency in rows
        ],
        actor=actor,
    )
    return len(rows)


def _open_breaches(case_ids: Sequence[int], actor: Actor, at: datetime | None) -> int:
    """Open a breach for those of the locked cases whom nothing covers, each from where authority ended."""
    if not case_ids:
        return 0
    rows = _rows(OPEN_BREACHES, [list(case_ids), at])
    record_events([_opened(*row) for row in rows], actor=actor)
    return len(rows)


def _opened(
    breach: UUID, from_at: datetime, case: UUID, agency: UUID, until_at: datetime | None = None
) -> Entry:
    return Entry(
        events.BREACH_OPENED,
        subject=Ref("breach", breach),
        occurred_at=from_at,
        case=case,
        agency=agency,
        facts=breach_facts(breach, from_at, until_at),
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
        entries = []
        for breach in breaches:
            keys = (breach.public_id, breach.from_at, breach.case.public_id, breach.case.agency.public_id)
            said = _opened(*keys, breach.until_at)
            if breach.origin == Breach.Origin.DATABASE:
                entries.append(said)
            if breach.until_at is not None:
                entries.append(replace(said, action=events.BREACH_ENDED, occurred_at=breach.until_at))
        record_events(entries, actor=actor)
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


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
