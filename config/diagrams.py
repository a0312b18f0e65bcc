"""State diagrams from transition tables. Pure text in, text out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """Where a transition table stands: its module, its attribute, a title, and the state everything begins in."""

    module: str
    moves: str
    title: str
    initial: str


TABLES: dict[str, Table] = {
    "custody": Table("cases.states", "MOVES", "Custody of a person in one case", "in_custody"),
    "submission": Table("matching.states", "SUBMISSION_MOVES", "Submission of one set of prints", "open"),
    "transmission": Table(
        "matching.states", "TRANSMISSION_MOVES", "Transmission to the state bureau", "queued"
    ),
    "answer": Table("matching.states", "ANSWER_MOVES", "Answer of one source (state, FBI or DHS)", "waiting"),
    "candidate": Table(
        "matching.states", "CANDIDATE_MOVES", "Candidate of our own print repository", "unreviewed"
    ),
    "detainer": Table("detainers.states", "DETAINER_MOVES", "Detainer", "received"),
    "hold": Table("detainers.states", "HOLD_MOVES", "Hold on a detainer", "active"),
    "correction": Table("cases.corrections.states", "MOVES", "Correction of a recorded fact", "requested"),
    "duty": Table("detainers.states", "DUTY_MOVES", "Duty of staff", "open"),
    "breach": Table("detainers.states", "BREACH_MOVES", "Breach: custody without authority", "open"),
}


def draw(title: str, moves: Iterable[Any], initial: str) -> str:
    """Markdown page with a Mermaid diagram and the table behind it: from, act, to, who, meaning."""
    steps = list(moves)
    arrows = {(str(step.source), str(step.target), str(step.action)) for step in steps}
    lines = [
        f"# {title}",
        "",
        "Drawn from the transition table in the code by `./manage.py state_diagrams`; do not edit.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {initial}",
    ]
    lines += [f"    {source} --> {target}: {_words(action)}" for source, target, action in sorted(arrows)]
    lines += ["```", "", "| from | act | to | who | meaning |", "|---|---|---|---|---|"]
    lines += [
        f"| {_words(step.source)} | {_words(step.action)} | {_words(step.target)} | {_who(step)} | {step.sentence} |"
        for step in steps
    ]
    return "\n".join(lines) + "\n"


def _words(name: Any) -> str:
    return str(name).replace("_", " ")


def _who(step: Any) -> str:
    return f"permission {_words(step.permission.value)}" if step.permission else "the system"
