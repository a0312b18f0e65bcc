"""Ten thousand holds end at one moment: the sweep against bare SQL that writes the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from django.db import connection, transaction

from detainers.services import expire_due
from tests.bench.harness import Bench, Figure, measure
from tests.bench.places import Place

DUE = 10_000
MOST_SECONDS = 2.0
TIMES_BARE = 3.0
BATCH = 500
# What the sweep writes for a hold whose person is still inside: its end, a breach, and an event of each.
BARE = """
WITH due AS (
    SELECT h.id FROM detainers_hold h WHERE h.ended_at IS NULL AND h.deadline_at <= statement_timestamp()
     ORDER BY h.deadline_at LIMIT %s FOR UPDATE
), ended AS (
    UPDATE detainers_hold h SET ended_at = deadline_at, recorded_state = 'expired', ended_reason = 'its time was over',
           ended_by = 'system:clock' FROM due WHERE h.id = due.id
    RETURNING h.public_id, h.case_id, h.deadline_at
), breaches AS (
    INSERT INTO detainers_breach (public_id, case_id, state, from_at, origin, announced, cause, remedy, closed_by)
    SELECT gen_random_uuid(), case_id, 'open', deadline_at, 'service', true, '', '', '' FROM ended
    RETURNING public_id, case_id, from_at
), happened AS (
    SELECT 'detainers.hold_ended' AS action, 'hold' AS type, public_id, case_id, deadline_at AS at,
           '{ended_at,recorded_state}'::text[] AS changed, jsonb_build_object('hold', public_id, 'state', 'expired',
           'how', 'its time was over', 'ended_at', deadline_at, 'deadline_at', deadline_at) AS facts FROM ended
    UNION ALL
    SELECT 'detainers.breach_opened', 'breach', public_id, case_id, from_at, '{}', jsonb_build_object('breach', public_id,
           'from_at', from_at, 'until_at', NULL, 'minutes', NULL) FROM breaches
), events AS (
    INSERT INTO audit_event (public_id, action, actor_kind, actor_id, actor_label, request_id, reason, subject_type, subject_id,
                             case_id, agency_id, changed, facts, occurred_at)
    SELECT gen_random_uuid(), x.action, 'system', 'system:clock', 'the clock', '', '', x.type, x.public_id, c.public_id,
           g.public_id, x.changed, x.facts, x.at
      FROM happened x JOIN cases_case c ON c.id = x.case_id JOIN accounts_agency g ON g.id = c.agency_id
    RETURNING id
) SELECT count(*) FROM ended
"""
RESET = """
UPDATE detainers_hold h SET ended_at = NULL, recorded_state = 'active', ended_reason = '', ended_by = '', deadline_at = {deadline}
 WHERE h.id = ANY(%s)
"""


@measure("sweep")
def sweep(bench: Bench) -> Iterator[Figure]:
    """Both in turns, on the same holds, put back in between."""
    due = min(DUE, bench.largest // 20)
    with bench.database(bench.largest) as place:
        holds = _holds(place, due, bench)
        bare, swept, idle = [], [], []
        try:
            for _ in range(bench.repeats(3)):
                _make_due(place, holds)
                with place.as_role("worker"):
                    bare.append(_timed(lambda: _bare(due)))
                _make_due(place, holds)
                with place.as_role("worker"):
                    swept.append(_timed(lambda: _sweep(due)))
                    idle.append(_timed(lambda: expire_due()) * 1000)
        finally:
            _put_back(place, holds)
    yield bench.figure(
        "sweep.10k_due",
        swept,
        unit="s",
        reference=bare,
        bound=MOST_SECONDS,
        times_reference=TIMES_BARE,
        size=bench.largest,
        due=due,
    )
    yield bench.figure("sweep.nothing_due", idle, unit="ms", size=bench.largest)


def _holds(place: Place, due: int, bench: Bench) -> list[int]:
    """Open holds whose person is inside, enough of them; more are made where there are too few."""
    query = """SELECT id FROM detainers_hold WHERE ended_at IS NULL AND cap_at > now() + interval '15 minutes'
                ORDER BY id DESC LIMIT %s"""  # in a database that was kept, the others are over by now
    with place.as_role("owner"):
        found = _ids(query, due)
    if len(found) < due:
        bench.say(f"making {due - len(found):,} people on hold more")
        spare = due // 50 + 20  # some of the new ones are over soon
        place.manage("synthesise_cases", str(due - len(found) + spare), "--only", "on hold", "--seed", "7")
        with place.as_role("owner"):
            found = _ids(query, due)
    assert len(found) == due, f"only {len(found)} of {due} holds could be made"
    return found


def _ids(query: str, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, [limit])
        return [key for (key,) in cursor.fetchall()]


def _make_due(place: Place, holds: list[int]) -> None:
    _set(place, holds, "now() - interval '1 second'")


def _put_back(place: Place, holds: list[int]) -> None:
    _set(place, holds, "cap_at")


def _set(place: Place, holds: list[int], deadline: str) -> None:
    """Put holds back by the owner's hand, with the triggers off that forbid it: only ever in a database of this harness."""
    assert place.name.startswith("clearhold_bench_")
    tables = ("detainers_hold", "detainers_breach")
    with place.as_role("owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT case_id FROM detainers_hold WHERE id = ANY(%s)", [holds])
        cases = [key for (key,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM detainers_breach WHERE case_id = ANY(%s)", [cases])
        cursor.execute(RESET.format(deadline=deadline), [holds])
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with place.as_role("owner"), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _bare(due: int) -> None:
    done = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE, [BATCH])
            (count,) = cursor.fetchone()
        done += count
        if not count:
            break
    assert done >= due, f"bare SQL ended {done} of {due} holds"


def _sweep(due: int) -> None:
    outcome = expire_due(batch=BATCH)
    assert outcome.expired >= due, f"the sweep ended {outcome.expired} of {due} holds"
    assert outcome.breaches >= due, f"the sweep opened {outcome.breaches} breaches for {due} people"


def _timed(work: Callable[[], object]) -> float:
    connection.ensure_connection()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
