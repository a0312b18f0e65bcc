"""The invariants after any fault, judged from database, ledger and the bureau's files: nothing lost, nothing doubled,
no authority lengthened, every change audited, alarms on time, every accepted booking at its end or before a person's eyes."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.faults.environment import Environment
from tests.faults.invariants import EVENTS, NOTHING
from tests.faults.load import Sent

ALARM_SECONDS = 15.0

# One row for each booking number: cases, submissions, files sent, answers still waited for, searches not at their end.
END = """
    SELECT b.booking_number, count(DISTINCT b.case_id), count(DISTINCT s.id),
           count(DISTINCT t.id) FILTER (WHERE t.state = 'sent'),
           count(DISTINCT a.id) FILTER (WHERE a.state IN ('waiting', 'awaiting_iar')),
           count(DISTINCT p.id) FILTER (WHERE p.state IN ('done', 'failed')),
           min(c.public_id::text)
      FROM cases_booking b
      JOIN cases_case c ON c.id = b.case_id
      LEFT JOIN matching_submission s ON s.case_id = b.case_id
      LEFT JOIN matching_transmission t ON t.submission_id = s.id
      LEFT JOIN matching_expectedanswer a ON a.submission_id = s.id
      LEFT JOIN matching_printsearch p ON p.submission_id = s.id
     WHERE b.booking_number = ANY(%s) GROUP BY b.booking_number
"""
# What is true only while work goes on is asked when it has come to its end.
LEASED = {"a transmission is neither sent nor held back nor replaced", "a search is still leased"}


@dataclass(frozen=True)
class Held:
    """A hold the test made, as it was when it began."""

    number: str
    hold: int
    case: int
    deadline: float


def at_the_end(environment: Environment, numbers: list[str]) -> bool:
    """Whether all work for these bookings is done."""
    rows = environment.look(END, [numbers])
    return len(rows) == len(numbers) and all(
        (cases, submissions, sent, waiting, searched) == (1, 1, 1, 0, 1)
        for _, cases, submissions, sent, waiting, searched, _ in rows
    )


def holds_ended(environment: Environment, held: list[Held]) -> bool:
    """Whether the end of these holds is written down."""
    if not held:
        return True
    rows = environment.look(
        "SELECT count(*) FROM detainers_hold WHERE id = ANY(%s) AND ended_at IS NOT NULL",
        [[one.hold for one in held]],
    )
    return bool(rows) and rows[0][0] == len(held)


def problems(environment: Environment, sent: list[Sent], held: list[Held]) -> dict[str, list[str]]:
    """What is not as it must be, as `lost`, `doubled` and `other`; three empty lists when all is well."""
    lost, doubled = _bookings(environment, sent)
    other = []
    for words, (rows, action) in EVENTS.items():
        wanted = Counter(str(row[0]) for row in environment.rows(rows))
        told = Counter(
            str(row[0])
            for row in environment.rows("SELECT subject_id FROM audit_event WHERE action = %s", [action])
        )
        lost += [f"{words}: a row without its event {key}" for key in (wanted - told)]
        doubled += [f"{words}: one event too many of {key}" for key in (told - wanted)]
    for words, query in NOTHING.items():
        if found := environment.rows(query):
            (doubled if "twice" in words or "more than once" in words else other).append(
                f"{words}: {found[:5]}"
            )
    there, ours = _files(environment)
    lost += [f"the bureau lacks a file that we say was sent: {key[:12]}" for key in (ours - there)]
    doubled += [f"the bureau has a file too many: {key[:12]}" for key in (there - ours)]
    verified = environment.auditor.do("ledger")
    other += [f"ledger: {finding['sentence']}" for finding in verified["findings"][:5]]
    return {"lost": lost, "doubled": doubled, "other": other + _holds(environment, held)}


def _bookings(environment: Environment, sent: list[Sent]) -> tuple[list[str], list[str]]:
    rows = {row[0]: row[1:] for row in environment.rows(END, [[one.number for one in sent]])}
    lost, doubled = [], []
    for one in sent:
        if one.answer is None:
            continue
        found = rows.get(one.number)
        if found is None:
            lost.append(f"booking {one.number} was accepted and is not there")
            continue
        cases, submissions, files, waiting, searched, public_id = found
        if cases > 1 or submissions > 1 or files > 1:
            doubled.append(f"booking {one.number}: {cases} cases, {submissions} submissions, {files} files")
        if files < 1 or waiting or searched < 1:
            lost.append(f"booking {one.number}: {files} files, {waiting} awaited, {searched} searched")
        if public_id != one.answer["id"]:
            lost.append(f"booking {one.number} was answered with another case than it has")
    return lost, doubled


def _files(environment: Environment) -> tuple[Counter[str], Counter[str]]:
    spool = environment.checkout.root / ".data" / "bureau-spool"
    names = [path.name for folder in ("accepted", "done") for path in (spool / folder).iterdir()]
    there = Counter(name.split("-")[2] for name in names)
    query = "SELECT outgoing_sha256 FROM matching_transmission WHERE state = 'sent'"
    return there, Counter(row[0] for row in environment.rows(query))


def lateness(environment: Environment, held: list[Held]) -> float | None:
    """The longest time from the end of one of these holds until the breach was recorded, in seconds."""
    found = environment.rows(
        "SELECT extract(epoch FROM max(e.recorded_at - e.occurred_at)) FROM audit_event e"
        " JOIN cases_case c ON c.public_id = e.case_id"
        " WHERE e.action = 'detainers.breach_opened' AND c.id = ANY(%s)",
        [[one.case for one in held]],
    )
    return float(found[0][0]) if found[0][0] is not None else None


def _holds(environment: Environment, held: list[Held]) -> list[str]:
    """Each ended at the deadline it began with, never later."""
    found: list[str] = []
    for one in held:
        rows: list[Any] = environment.rows(
            "SELECT extract(epoch FROM deadline_at), extract(epoch FROM ended_at) FROM detainers_hold WHERE id = %s",
            [one.hold],
        )
        deadline, ended = rows[0]
        if abs(float(deadline) - one.deadline) > 0.001:
            found.append(f"the deadline of hold {one.hold} moved by {float(deadline) - one.deadline:.3f} s")
        if ended is None or float(ended) > one.deadline + 0.001:
            found.append(f"hold {one.hold} ended at {ended}, its deadline was {one.deadline}")
    return found
