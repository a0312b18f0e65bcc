"""Rows 7 to 9, 30 and 33: PostgreSQL dies, stops, loses a connection at COMMIT, holds a row, refuses the audit row."""

import time

from tests.faults import inject
from tests.faults.environment import Environment, web_behind_proxy
from tests.faults.load import Load, new_booking
from tests.faults.round import SOON, Round, row


@row(7, "kill -9 of PostgreSQL while it writes, started again after 1 s", kills=True, bound=20.0)
def database_killed(this: Round) -> None:
    load = this.load(8)
    this.some_done(load)
    accepted = len(load.accepted())
    events = inject.kill_database(this.environment.checkout)
    this.happened()
    time.sleep(1)
    this.environment.start_database()
    this.notes["database back after"] = round(time.monotonic() - this.at, 1)
    kept = this.count("SELECT count(*) FROM audit_event")
    assert kept >= events, f"{events} events were committed and {kept} are left."
    this.proves(
        f"refused after the kill; {events} events before, {kept} after; {accepted} bookings accepted before"
    )


@row(8, "PostgreSQL stopped during requests")
def database_stopped(this: Round) -> None:
    environment = this.environment
    load = this.load(8)
    this.some_done(load, 1)
    pid = inject.stop_database(environment.checkout)
    probe = this.load(2, senders=2)
    this.wait("an answer of 503", lambda: any(503 in one.statuses for one in probe.bookings))
    environment.start_database()
    this.happened()
    this.proves(f"postmaster {pid} ended; the API said 503")


@row(9, "connection dropped at the COMMIT of a booking")
def at_commit(this: Round) -> None:
    """Once before PostgreSQL has the COMMIT, once after it has committed; the client cannot tell which."""
    environment = this.environment
    with web_behind_proxy(environment) as (proxy, api):
        for when in ("before", "after"):
            proxy.arm(when)
            load = Load(api, 1, senders=1)
            this.sent += load.bookings
            load.wait(SOON)
            (booking,) = load.bookings
            assert len(booking.statuses) > 1, booking.statuses
            assert booking.statuses[0] in (0, 500, 503), booking.statuses
            assert booking.answer is not None
            assert (booking.statuses[-1], booking.answer["outcome"]) == (201, "created")
            this.notes[f"statuses when cut {when}"] = booking.statuses
        this.happened()
        assert proxy.cuts == ["before", "after"]
    this.proves("the proxy cut a connection before and one after PostgreSQL had the COMMIT")


@row(30, "a long transaction holds a due hold locked")
def locked(this: Round) -> None:
    environment = this.environment
    held = this.hold(4, 4.0)
    with environment.connect() as connection, connection.transaction():
        connection.execute("SELECT 1 FROM cases_case WHERE id = %s FOR UPDATE", [held[0].case])
        pid = connection.info.backend_pid
        locks = environment.rows(
            "SELECT count(*) FROM pg_locks WHERE pid = %s AND relation = 'cases_case'::regclass AND granted",
            [pid],
        )
        assert locks[0][0] > 0
        query = "SELECT id FROM detainers_hold WHERE id = ANY(%s) AND ended_at IS NOT NULL"
        ids = [one.hold for one in held]
        this.wait("the others", lambda: len(environment.rows(query, [ids])) == 3)
        time.sleep(1)
        assert held[0].hold not in {row[0] for row in environment.rows(query, [ids])}
        outcome = environment.clock.do("sweep")
        assert outcome["busy"] or outcome["skipped"] >= 1, outcome
    this.happened()
    this.proves(
        f"lock of process {pid} seen in pg_locks; three holds ended past it, the fourth was reported as skipped"
    )


@row(33, "the audit row cannot be written")
def no_audit(this: Round) -> None:
    environment = this.environment
    before = this.count("SELECT count(*) FROM cases_case")
    with environment.connect() as owner:
        owner.execute("REVOKE INSERT ON audit_event FROM clearhold_web")
        try:
            allowed = owner.execute(
                "SELECT has_table_privilege('clearhold_web', 'audit_event', 'INSERT')"
            ).fetchone()
            assert allowed == (False,)
            booking = new_booking()
            status = environment.api.send(booking)
        finally:
            owner.execute("GRANT INSERT ON audit_event TO clearhold_web")
    this.happened()
    assert status >= 500, status
    assert this.count("SELECT count(*) FROM cases_case") == before
    assert environment.api.send(booking) == 201
    this.sent.append(booking)
    this.proves(f"no privilege to insert; the booking was refused with {status} and no case was made")


@row(34, "an audit row edited by a superuser")
def edited(this: Round) -> None:
    """The triggers are switched off for one statement; the verifier names the row. Afterwards the row is as it was."""
    environment = this.environment
    sealed = "SELECT e.id, e.reason FROM audit_event e JOIN audit_seal s ON s.row_id = e.id AND s.kind = 'event' LIMIT 1"
    found, reason = this.wait("a sealed event", lambda: environment.rows(sealed))[0]
    _edit(environment, found, "Nothing to see here.")
    named = environment.auditor.do("ledger")
    _edit(environment, found, reason)
    this.happened()
    assert not named["ok"]
    assert environment.auditor.do("ledger")["ok"]
    this.proves(
        f"event {found} was changed past the triggers; the verifier said: {named['findings'][0]['sentence'][:120]}"
    )


def _edit(environment: Environment, event: int, reason: str) -> None:
    with environment.superuser() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        changed = connection.execute("UPDATE audit_event SET reason = %s WHERE id = %s", [reason, event])
        assert changed.rowcount == 1


@row(101, "the sealer killed before its commit")
def sealer_killed(this: Round) -> None:
    _killed_at(this, "seal.written")


@row(102, "the sweep killed in the middle of a batch")
def sweep_killed(this: Round) -> None:
    this.hold(3, 4.0)
    _killed_at(this, "sweep.half_done")


@row(103, "a web process killed before the commit of a booking")
def web_killed(this: Round) -> None:
    _killed_at(this, "before_commit.cases.booked")


@row(104, "a worker killed after its commit, before the broker knew")
def unacknowledged(this: Round) -> None:
    _killed_at(this, "task.committed")


def _killed_at(this: Round, point: str) -> None:
    environment = this.environment
    environment.arm(point, "kill")
    this.load()
    pid = this.wait("the kill", lambda: environment.reached(point))
    this.happened()
    this.wait("the end of it", lambda: not inject.is_there(pid), 5)
    this.proves(f"process {pid} killed itself at {point}")
