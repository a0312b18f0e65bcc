"""Rows 12, 13, 22 and 24 to 27: answers in any order, races, and the clock."""

import secrets
import time
from dataclasses import replace
from itertools import permutations
from typing import Any

from tests.faults import inject
from tests.faults.environment import Environment, Helper
from tests.faults.load import Load
from tests.faults.round import SOON, Round, row


@row(12, "replies out of order, in all six orders", bound=30.0)
def out_of_order(this: Round) -> None:
    environment, states, seen = this.environment, [], set()
    try:
        for delays in _orders():
            environment.restart_bureau(**delays)
            load = this.load(1)
            load.wait(SOON)
            this.wait("the answers", lambda load=load: _settled(environment, load), 30)
            states.append(_answers(environment, load))
            seen.add(_arrived(environment, load))
    finally:
        environment.restart_bureau()
    this.happened()
    assert len({tuple(sorted(found.items())) for found in states}) == 1, states
    this.proves(f"{len(seen)} orders of arrival seen, one final state")
    assert len(seen) >= 4, seen


def _orders() -> list[dict[str, float]]:
    return [dict(zip(order, (0.1, 0.8, 1.5), strict=True)) for order in permutations(("state", "fbi", "dhs"))]


def _settled(environment: Environment, load: Load) -> bool:
    return bool(found := _answers(environment, load)) and not {"waiting", "awaiting_iar"} & set(
        found.values()
    )


def _answers(environment: Environment, load: Load) -> dict[str, str]:
    query = (
        "SELECT a.source, a.state FROM matching_expectedanswer a JOIN matching_submission s ON s.id = a.submission_id"
        " JOIN cases_booking b ON b.case_id = s.case_id WHERE b.booking_number = ANY(%s)"
    )
    return dict(environment.rows(query, [load.numbers]))


def _arrived(environment: Environment, load: Load) -> tuple[str, ...]:
    query = (
        "SELECT r.source FROM matching_reply r JOIN matching_submission s ON s.id = r.submission_id"
        " JOIN cases_booking b ON b.case_id = s.case_id WHERE b.booking_number = ANY(%s) ORDER BY r.id"
    )
    return tuple(source for (source,) in environment.rows(query, [load.numbers]))


@row(13, "replies after the release", bound=30.0)
def after_release(this: Round) -> None:
    environment = this.environment
    environment.restart_bureau(state=3.0, fbi=3.5, dhs=4.0)
    try:
        load = this.load(2)
        load.wait(SOON)
        cases = environment.rows(
            "SELECT case_id FROM cases_booking WHERE booking_number = ANY(%s)", [load.numbers]
        )
        for (case,) in cases:
            environment.actor.do("release", case=case)
        assert _arrived(environment, load) == (), "The answers came before the release."
        this.happened()
        this.wait("the answers", lambda: _settled(environment, load), 30)
        after = environment.rows(
            "SELECT custody_state, (SELECT count(*) FROM detainers_hold h WHERE h.case_id = c.id) FROM cases_case c"
            " WHERE id = ANY(%s)",
            [[case for (case,) in cases]],
        )
        assert set(after) == {("released", 0)}, after
        this.proves(
            f"{len(_arrived(environment, load))} replies recorded after the release; state and holds unchanged"
        )
    finally:
        environment.restart_bureau()


# -- races and the clock -------------------------------------------------------------------------------------------------
@row(22, "two clerks serve the same detainer at once")
def same_detainer(this: Round) -> None:
    environment = this.environment
    outcomes = []
    for _ in range(5):
        made = environment.actor.do("served", number=f"D-{secrets.token_hex(5)}", seconds=3600)
        environment.actor.do("eligible", case=made["case"], at=made["eligible"])
        start = time.time() + 0.3
        for helper in (environment.actor, environment.second):
            helper.tell("serve", detainer=made["detainer"], at=time.time() - 1, start=start)
        answers = [helper.hear() for helper in (environment.actor, environment.second)]
        outcomes.append(sorted(next(iter(answer)) for answer in answers))
        holds = environment.rows(
            "SELECT count(*) FROM detainers_detainerservice WHERE detainer_id = %s", [made["detainer"]]
        )
        assert holds == [(1,)], holds
        environment.actor.do("release", case=made["case"])
    this.happened()
    assert outcomes == [["ok", "refused"]] * 5, outcomes
    this.proves("five rounds at a barrier: one served, the other was told so")


@row(24, "release races the sweep")
def release_races(this: Round) -> None:
    environment = this.environment
    held = this.hold(6, 4.0)
    environment.hold_back("beat")
    inject.kill(inject.members(environment.pid("beat")))
    start = max(one.deadline for one in held) + 0.01
    answers: list[dict[str, Any]] = []
    environment.second.tell("release", case=held[0].case, start=start)
    time.sleep(max(0.0, start - time.time()))
    outcome = environment.clock.do("sweep")
    answers.append(environment.second.hear())
    for one in held[1:]:
        answers.append(environment.second.ask("release", case=one.case))
    environment.let_run("beat")
    this.happened()
    assert all("ok" in answer for answer in answers), answers
    this.proves(
        f"sweep and release begun at one instant: {outcome['expired']} ended by the sweep, 6 released"
    )


@row(25, "two beats")
def two_beats(this: Round) -> None:
    environment = this.environment
    program = replace(environment.program("beat"), name="beat-2")
    program.command = [*program.command, f"--schedule={environment.private}/second-beat"]
    environment.add(program)
    this.wait("the second beat", lambda: inject.is_there(environment.pid("beat-2")))
    this.hold(6, 6.0)
    this.load(4)
    time.sleep(7)
    pids = [environment.pid("beat"), environment.pid("beat-2")]
    assert all(inject.is_there(pid) for pid in pids)
    this.happened()
    this.proves(f"beats {pids} both alive while six holds ran out")
    environment.take_away("beat-2")


@row(26, "no beat while holds run out")
def no_beat(this: Round) -> None:
    environment = this.environment
    environment.hold_back("beat")
    victims = inject.members(environment.pid("beat"))
    held = this.hold(4, 5.0)
    inject.kill(victims)
    this.load(4)
    swept = environment.rows("SELECT max(swept_at) FROM detainers_sweepheartbeat")
    (status, said) = this.wait(
        "the alert", lambda: late if (late := environment.health())[0] == 503 else None, 60
    )
    still = environment.rows(
        "SELECT count(*) FROM detainers_hold WHERE ended_at IS NULL AND id = ANY(%s)",
        [[one.hold for one in held]],
    )[0][0]
    assert still == 4, still
    this.proves(
        f"no sweep since {swept[0][0]:%H:%M:%S}; {still} holds past their deadline, none in force by the view"
    )
    this.notes["alert after"] = round(time.time() - swept[0][0].timestamp(), 1)
    assert '"sweep"' in said, said
    assert status == 503
    environment.let_run("beat")
    this.happened()


@row(27, "clocks: a worker two days ahead, and a database clock that steps back an hour")
def clocks(this: Round) -> None:
    """The worker's clock is really shifted, by libfaketime. The database's step is played: its last sweep lies in the future."""
    environment = this.environment
    held = this.hold(3, 30.0)
    shifted = Helper(
        environment.checkout, environment.environment | inject.shifted_clock("+2d"), role="clock"
    )
    try:
        assert shifted.do("clock") > time.time() + 86400
        shifted.do("sweep")
    finally:
        shifted.end()
    ended = "SELECT count(*) FROM detainers_hold WHERE ended_at IS NOT NULL AND id = ANY(%s)"
    assert environment.rows(ended, [[one.hold for one in held]]) == [(0,)], "A hold was ended early."
    said = "SELECT count(*) FROM audit_event WHERE action = 'detainers.clock_went_back'"
    before = this.count(said)
    with environment.connect() as owner:
        owner.execute("UPDATE detainers_sweepheartbeat SET swept_at = clock_timestamp() + interval '1 hour'")
    this.wait("the alarm", lambda: this.count(said) == before + 1)
    this.happened()
    time.sleep(5)
    assert this.count(said) == before + 1
    this.proves("a process two days ahead swept and ended nothing; the step back was recorded once")
