"""Plays one row, waits for full recovery, judges by the invariants, and writes one JSON line."""

import json
import os
import time
from pathlib import Path
from typing import Any

from tests.faults import rows_broker, rows_database, rows_facts, rows_processes
from tests.faults.checker import ALARM_SECONDS, at_the_end, holds_ended, lateness, problems
from tests.faults.environment import Environment
from tests.faults.round import ROWS, Round, Row

PATIENCE_SECONDS = 150.0
REPORT = "FAULT_REPORT"
PLAYED = (rows_processes, rows_broker, rows_database, rows_facts)


def play(environment: Environment, row: Row, run: int, *, is_timed: bool = True) -> dict[str, Any]:
    """One run of one row. Raises AssertionError when an invariant does not hold or, if timed, recovery took too long."""
    this = Round(environment, run)
    load_before = os.getloadavg()[0]
    if row.kills:
        this.hold(2, 5.0)
    try:
        row.play(this)
        assert this.proof, "The injector proved nothing."
        assert this.at, "The injector did not say when."
        _recover(this, row)
    except AssertionError as error:
        _write(this, row, load_before, {"failed": str(error)[:300]})
        raise
    finally:
        environment.restore()
    found = problems(environment, this.sent, this.held)
    figures = {
        "recovery": round(this.notes.pop("recovery"), 1),
        "lost": len(found["lost"]),
        "doubled": len(found["doubled"]),
        "other": len(found["other"]),
        "alarm": _alarm(this),
    }
    _write(this, row, load_before, figures)
    for one in this.held:
        environment.actor.ask("release", case=one.case)
    assert not any(found.values()), found
    if not is_timed:
        return figures
    assert figures["recovery"] <= row.bound, f"Full recovery took {figures['recovery']} s."
    if figures["alarm"] is not None and row.kills:
        assert figures["alarm"] <= ALARM_SECONDS
    return figures


def _recover(this: Round, row: Row) -> None:
    """Everything that was sent is accepted, everything accepted is at its end, every hold that ran out is written down."""
    for load in this.loads:
        load.wait(PATIENCE_SECONDS)
    numbers = [one.number for one in this.sent]
    this.wait("the end of all work", lambda: at_the_end(this.environment, numbers), PATIENCE_SECONDS)
    done = time.monotonic()
    left = max([0.0, *(one.deadline - time.time() for one in this.held)])
    this.wait(
        "the end of the holds", lambda: holds_ended(this.environment, this.held), left + PATIENCE_SECONDS
    )
    carried = "SELECT count(*) FROM audit_delivery WHERE state = 'pending'"
    this.wait("the deliveries", lambda: this.environment.rows(carried) == [(0,)], PATIENCE_SECONDS)
    this.notes["recovery"] = max(0.0, done - this.at)


def _alarm(this: Round) -> float | None:
    late = lateness(this.environment, this.held) if this.held else None
    return None if late is None else round(late, 1)


def _write(this: Round, row: Row, load_before: float, figures: dict[str, Any]) -> None:
    path = os.environ.get(REPORT)
    if not path:
        return
    line = {
        "row": row.number,
        "fault": row.fault,
        "broker": this.environment.broker,
        "run": this.run,
        "kills": row.kills,
        "load": round(load_before, 1),
        "proof": "; ".join(this.proof),
        **{key: value for key, value in this.notes.items() if key != "recovery"},
        **figures,
    }
    with Path(path).open("a") as lines:
        lines.write(json.dumps(line) + "\n")


__all__ = ["PLAYED", "ROWS", "play"]
