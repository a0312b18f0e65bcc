"""Rows 4 to 6, 10 and 11: a broker that dies, stays away, forgets, and says everything again."""

import os
import signal
import time

from tests.faults import inject
from tests.faults.round import SOON, Round, row


def _kill_broker(this: Round) -> None:
    environment = this.environment
    pid = environment.broker_pid()
    inject.kill(inject.members(pid) if environment.rabbit is not None else [pid])
    this.happened()
    this.wait("the refusal", environment.broker_refuses, 5)
    this.proves(f"broker {pid} gone, its socket refuses")


@row(4, "kill -9 of the broker, started again after 1 s", kills=True, bound=20.0)
def broker_killed(this: Round) -> None:
    load = this.load(8)
    this.some_done(load)
    _kill_broker(this)
    time.sleep(1)
    this.environment.start_broker()
    this.notes["broker back after"] = round(time.monotonic() - this.at, 1)


@row(5, "broker away for 60 s")
def broker_away(this: Round) -> None:
    """Bookings are accepted meanwhile; recovery counts from the broker's return."""
    load = this.load(4)
    this.some_done(load, 1)
    _kill_broker(this)
    away = this.load(8)
    away.wait(50)
    statuses = [status for booking in away.bookings for status in booking.statuses]
    assert set(statuses) == {201}, statuses
    assert this.environment.broker_refuses()
    queued = this.environment.rows(
        "SELECT count(*) FROM matching_transmission t JOIN matching_submission s ON s.id = t.submission_id"
        " JOIN cases_booking b ON b.case_id = s.case_id WHERE t.state = 'queued' AND b.booking_number = ANY(%s)",
        [away.numbers],
    )[0][0]
    this.proves(f"8 bookings accepted and {queued} files to send while the socket refused")
    time.sleep(max(0.0, this.at + 60 - time.monotonic()))
    this.environment.start_broker()
    this.happened()


@row(6, "broker emptied")
def emptied(this: Round) -> None:
    environment = this.environment
    stopped = [
        pid for name in ("worker-deliver", "worker-match") for pid in inject.members(environment.pid(name))
    ]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    this.load(8).wait(SOON)
    before = {queue: environment.waiting_messages(queue) for queue in ("deliver", "match")}
    with environment.channel() as channel:
        for queue in before:
            channel.queue_purge(queue)
        if environment.rabbit is None:
            channel.client.delete("unacked", "unacked_index")
    after = {queue: environment.waiting_messages(queue) for queue in before}
    assert min(before.values()) > 0, before
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    this.happened()
    this.proves(f"messages before {before}, after {after}")


@row(10, "relay killed between publishing and marking", kills=True)
def relay(this: Round) -> None:
    """The sweep that gives a hint again dies after the broker has it and before the row says so. Searches wait meanwhile."""
    environment = this.environment
    stopped = inject.members(environment.pid("worker-match"))
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    environment.arm("nudge.published", "kill")
    this.load(4).wait(SOON)
    pid = this.wait("the kill", lambda: environment.reached("nudge.published"), 30)
    this.happened()
    this.wait("the end of it", lambda: not inject.is_there(pid), 5)
    for one in stopped:
        os.kill(one, signal.SIGCONT)
    this.proves(f"process {pid} killed itself between publishing and marking")


@row(11, "every message delivered five times more")
def five_times(this: Round) -> None:
    environment = this.environment
    load = this.load(8)
    load.wait(SOON)
    rows = environment.rows(
        "SELECT t.id, p.id FROM matching_submission s JOIN cases_booking b ON b.case_id = s.case_id"
        " JOIN matching_transmission t ON t.submission_id = s.id JOIN matching_printsearch p ON p.submission_id = s.id"
        " WHERE b.booking_number = ANY(%s)",
        [load.numbers],
    )
    for transmission, search in rows:
        for task, arguments in (
            ("matching.tasks.send_transmission", {"transmission_id": transmission}),
            ("matching.tasks.search_prints", {"search_id": search}),
        ):
            environment.actor.do("publish", task=task, arguments=arguments, times=5)
    for task in (
        "audit.tasks.carry_deliveries",
        "detainers.tasks.expire_holds",
        "matching.tasks.collect_answers",
    ):
        environment.actor.do("publish", task=task, arguments={}, times=5)
    this.happened()
    this.proves(f"{len(rows) * 10 + 15} messages published besides those of the bookings")
