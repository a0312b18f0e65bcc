"""`kill -9` in the middle of `make run`: after restart every sample case ends as expected, none twice.

Each test begins a round anew in a checkout of its own, waits until the work is in its middle, injects one fault and lets the run
end. `FAULT_RUNS=3 make faults` repeats each; with `FAULT_REPORT=FILE` one JSON line per run is appended to the file.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import inject, invariants
from tests.faults.checkout import Checkout

RUNS = range(1, 1 + int(os.environ.get("FAULT_RUNS", "1")))
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.parametrize("run", RUNS)]

SEARCHES = "SELECT count(*) FROM matching_printsearch WHERE state = 'done'"
REPLIES = "SELECT count(*) FROM matching_reply"
EVENTS = "SELECT count(*) FROM audit_event"
MIDDLE = {SEARCHES: range(5, 21), REPLIES: range(5, 61)}  # of about 30 and 90
BEGIN_SECONDS, RUN_SECONDS = 600, 900


class Round:
    """One fresh round and the fault in it, with the instants that are reported."""

    def __init__(self, checkout: Checkout, fault: str) -> None:
        self.checkout, self.fault = checkout, fault
        self.figures: dict[str, Any] = {"fault": fault, "load": round(os.getloadavg()[0], 1)}
        inject.end_everything(checkout)
        checkout.begin(*(["--fresh"] if _ended(checkout) else []))
        checkout.wait_for("the emptied database", lambda: not _ended(checkout), BEGIN_SECONDS)

    def until_the_middle_of(self, query: str) -> None:
        self.checkout.wait_for(
            "the middle", lambda: _first(self.checkout, query) in MIDDLE[query], BEGIN_SECONDS
        )

    def killed(self) -> None:
        self.at = time.monotonic()

    def until_it_works_again(self, query: str, *, before: int | None = None) -> None:
        """Until the first thing that the killed part alone does was done again."""
        start = _first(self.checkout, query) if before is None else before
        self.checkout.wait_for("new work", lambda: (_first(self.checkout, query) or 0) > start, BEGIN_SECONDS)
        self.note("works again")

    def note(self, what: str) -> None:
        self.figures[what] = round(time.monotonic() - self.at, 1)

    def ends_well(self) -> None:
        """The run, or a second one after it, ends with every sample as expected; one more run does nothing again."""
        code = self.checkout.end(RUN_SECONDS)
        self.note("all ended")
        self.figures["runs needed"] = 1
        if code:
            self.figures["runs needed"] = 2
            code = _run_again(self.checkout)
        assert code == 0, self.checkout.told()
        assert invariants.problems(self.checkout) == []
        before = invariants.counts(self.checkout)
        assert _run_again(self.checkout) == 0, self.checkout.told()
        assert invariants.counts(self.checkout) == before
        if report := os.environ.get("FAULT_REPORT"):
            with Path(report).open("a") as lines:
                lines.write(json.dumps(self.figures) + "\n")


def _first(checkout: Checkout, query: str) -> int | None:
    found = checkout.look(query)
    return found[0][0] if found else None


def _ended(checkout: Checkout) -> int | None:
    """How many sample cases are out of custody."""
    query = (
        "SELECT count(*) FROM cases_case c JOIN cases_booking b ON b.case_id = c.id"
        " WHERE b.booking_number LIKE 'S26-%' AND c.custody_state <> 'in_custody'"
    )
    return _first(checkout, query)


def _run_again(checkout: Checkout) -> int:
    checkout.begin()
    return checkout.end(RUN_SECONDS)


@pytest.fixture
def begin(checkout: Checkout, run: int) -> Callable[[str], Round]:
    return lambda fault: Round(checkout, fault)


def test_the_match_worker_is_killed(checkout: Checkout, begin: Callable[[str], Round]) -> None:
    this = begin("match worker")
    this.until_the_middle_of(SEARCHES)

    inject.kill_program(checkout, "--queues=match")

    this.killed()
    this.until_it_works_again(SEARCHES)
    this.ends_well()


def test_the_deliver_worker_is_killed(checkout: Checkout, begin: Callable[[str], Round]) -> None:
    this = begin("deliver worker")
    this.until_the_middle_of(REPLIES)

    inject.kill_program(checkout, "--queues=deliver")

    this.killed()
    this.until_it_works_again(REPLIES)
    this.ends_well()


def test_one_child_is_killed_in_the_middle_of_a_search(
    checkout: Checkout, begin: Callable[[str], Round]
) -> None:
    this = begin("search child")
    this.until_the_middle_of(SEARCHES)

    search = inject.kill_searching_child(checkout)

    this.killed()
    done = f"SELECT count(*) FROM matching_printsearch WHERE state = 'done' AND id = {search}"
    this.until_it_works_again(done, before=0)
    this.ends_well()


def test_the_database_is_killed_while_it_writes(checkout: Checkout, begin: Callable[[str], Round]) -> None:
    this = begin("PostgreSQL")
    this.until_the_middle_of(SEARCHES)

    committed = inject.kill_database(checkout)

    this.killed()
    time.sleep(3)
    assert checkout.is_running(), checkout.told()
    checkout.embedded("start")
    this.note("answers again")
    kept = checkout.rows(EVENTS)[0][0]
    assert kept >= committed, f"{committed} events were committed and {kept} are left."
    this.until_it_works_again(SEARCHES)
    this.ends_well()


def test_the_bureau_is_killed(checkout: Checkout, begin: Callable[[str], Round]) -> None:
    this = begin("bureau simulator")
    this.until_the_middle_of(REPLIES)

    inject.kill_bureau(checkout)

    this.killed()
    this.until_it_works_again(REPLIES)
    this.ends_well()


@pytest.mark.parametrize("with_programs", [True, False], ids=["with all it started", "alone"])
def test_the_whole_run_is_killed(
    checkout: Checkout, begin: Callable[[str], Round], with_programs: bool
) -> None:
    this = begin("the whole run" if with_programs else "the run without its programs")
    this.until_the_middle_of(SEARCHES)

    inject.kill_run(checkout, with_programs=with_programs)

    this.killed()
    checkout.begin()
    this.until_it_works_again(SEARCHES)
    this.ends_well()
