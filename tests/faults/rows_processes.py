"""Rows 1 to 3 and 16: workers that are killed, asked to end, or poisoned."""

import os
import signal
import time

import kombu

from tests.faults import inject
from tests.faults.checker import at_the_end
from tests.faults.environment import Environment
from tests.faults.round import SOON, Round, row


@row(1, "kill -9 of a worker's child in the middle of a task", kills=True)
def child(this: Round) -> None:
    """In turn a child that searches and one that has a file to send in its hands."""
    environment = this.environment
    if this.run % 2:
        environment.arm("transmission.claimed", "stop")
        this.load()
        pid = this.wait("the child", lambda: environment.reached("transmission.claimed"))
        query = "SELECT id, lease_owner FROM matching_transmission WHERE state = 'sending'"
    else:
        this.load()
        pid = this.wait("a search under way", lambda: _stopped_searcher(environment))
        query = "SELECT id, lease_owner FROM matching_printsearch WHERE state = 'working'"
    held = [found for found, owner in environment.rows(query) if _pid_of(owner) == pid]
    assert held, f"Process {pid} holds nothing."
    assert pid not in {child.pid for child in environment.running.values()}
    inject.kill([pid])
    this.happened()
    this.proves(f"child {pid} gone, row {held[0]} leased to it")


def _pid_of(owner: str) -> int:
    return int(owner.split(":")[1])


def _stopped_searcher(environment: Environment) -> int | None:
    """A child of the match worker, stopped while it certainly holds a search."""
    query = "SELECT id, lease_owner FROM matching_printsearch WHERE state = 'working'"
    for found, owner in environment.look(query):
        pid = _pid_of(owner)
        if not inject.is_there(pid):
            continue
        os.kill(pid, signal.SIGSTOP)
        if (found, owner) in environment.look(query):
            return pid
        os.kill(pid, signal.SIGCONT)
    return None


@row(2, "kill -9 of a whole worker", kills=True)
def worker(this: Round) -> None:
    """In turn the worker that sends and the one that searches, with a row leased to a child of it."""
    environment = this.environment
    name = ("worker-deliver", "worker-match")[this.run % 2]
    table, busy = (("matching_transmission", "sending"), ("matching_printsearch", "working"))[this.run % 2]
    if not this.run % 2:
        environment.arm("transmission.claimed", "stop")
    this.load(8)
    leader = environment.pid(name)

    def holding() -> list[int]:
        owners = environment.look(f"SELECT lease_owner FROM {table} WHERE state = '{busy}'")
        return [pid for (owner,) in owners if (pid := _pid_of(owner)) in inject.members(leader)]

    this.wait("a row leased to a child of it", holding)
    holders, fetched = holding(), environment.fetched_messages()
    victims = inject.members(leader)
    inject.kill(victims)
    this.happened()
    this.proves(
        f"{len(victims)} processes gone, {len(holders)} rows leased to them, messages fetched: {fetched}"
    )


@row(3, "SIGTERM of a worker under load", kills=True, bound=30.0)
def sigterm(this: Round) -> None:
    """As a deployment does. It ends by itself, with what it had begun done or given back."""
    environment = this.environment
    name = ("worker-deliver", "worker-match", "worker-clock")[this.run % 3]
    load = this.load(8)
    this.some_done(load, 1)
    deaths = "SELECT (SELECT sum(deaths) FROM matching_transmission) + (SELECT sum(deaths) FROM matching_printsearch)"
    before = this.count(deaths)
    child = environment.running[name]
    environment.hold_back(name)
    os.kill(child.pid, signal.SIGTERM)
    this.happened()
    child.wait(40)
    environment.let_run(name)
    assert child.returncode == 0, f"{name} ended with {child.returncode}."
    this.notes["ended after"] = round(time.monotonic() - this.at, 1)
    assert this.count(deaths) == before, "A worker that was asked to end left a row to be found abandoned."
    this.proves(f"{name} ended by itself with code 0")


@row(16, "poison: messages nobody can read, and a row that kills its worker each time", bound=120.0)
def poison(this: Round) -> None:
    """Four deaths are tried again, each later; after the fifth a person must look, and lets it go out."""
    environment = this.environment
    name = "worker-deliver"
    _publish_rubbish(environment)
    stopped = inject.members(environment.pid(name))
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    victim = this.load(1)
    victim.wait(SOON)
    found = environment.rows(
        "SELECT t.id FROM matching_transmission t JOIN matching_submission s ON s.id = t.submission_id"
        " JOIN cases_booking b ON b.case_id = s.case_id WHERE b.booking_number = ANY(%s)",
        [victim.numbers],
    )[0][0]
    others = this.load(4)
    others.wait(SOON)
    environment.arm("transmission.claimed", f"kill {found}")
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    killed = set()

    def quarantined() -> bool:
        if (pid := environment.reached("transmission.claimed")) is not None:
            killed.add(pid)
            environment.arm("transmission.claimed", f"kill {found}")
        return bool(
            environment.look(
                f"SELECT 1 FROM matching_transmission WHERE id = {found} AND state = 'quarantined'"
            )
        )

    this.wait("the quarantine", quarantined, 120)
    (environment.points / "transmission.claimed").unlink(missing_ok=True)
    this.wait("the others", lambda: at_the_end(environment, others.numbers), 30)
    this.happened()
    assert len(killed) == 5, killed
    environment.actor.do("retry", transmission=found)
    this.proves(
        f"row {found} killed {len(killed)} children and was set aside; four bookings behind it went on"
    )


def _publish_rubbish(environment: Environment) -> None:
    with environment.channel() as channel:
        producer = kombu.Producer(channel)
        exchange = "clearhold" if environment.rabbit is not None else ""
        for body, kind in (
            (b"no json", "application/json"),
            (b"[]", "application/json"),
            (b"x", "text/plain"),
        ):
            producer.publish(
                body, exchange=exchange, routing_key="deliver", content_type=kind, content_encoding="utf-8"
            )
