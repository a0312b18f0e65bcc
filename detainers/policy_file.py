"""A policy file as a whole: every row of it or none. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from detainers.policy_checks import problems
from detainers.policy_rows import PolicyRow, RulebookError, policy_row


def read_policies(text: str) -> tuple[str, tuple[PolicyRow, ...]]:
    """The version and the rows of a policy file: all of it, or RulebookError naming row and field of all that is wrong."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RulebookError(f"policies.yaml: this is not YAML: {error}") from error
    if not isinstance(data, Mapping) or not data.get("version") or not isinstance(data.get("policies"), list):
        raise RulebookError("policies.yaml: write `version:` and a list `policies:` at the top of the file.")
    lines = [
        f"policies.yaml: {row_name(item, number)}: {problem.field}: {problem.sentence}"
        for number, item in enumerate(data["policies"], start=1)
        for problem in problems(item)
    ]
    if lines:
        raise RulebookError("\n".join(lines))
    rows = tuple(policy_row(item) for item in data["policies"])
    clashes = overlaps(rows)
    if clashes:
        raise RulebookError(
            "\n".join(f"policies.yaml: {code}: from: {sentence}" for code, sentence in clashes)
        )
    return str(data["version"]), rows


def row_name(item: Any, number: int) -> str:
    """What a message calls a row: its code, and where it stands in the file."""
    code = item.get("code") if isinstance(item, Mapping) else None
    return f"{code} (row {number})" if code else f"row {number}, which has no code"


def overlaps(rows: Sequence[PolicyRow]) -> list[tuple[str, str]]:
    """(code, sentence) for each row that shares days with another of the same code and place, or whose code means two places."""
    found = []
    for index, row in enumerate(rows):
        for other in rows[:index]:
            if other.code != row.code:
                continue
            if (other.level, other.place) != (row.level, row.place):
                found.append(
                    (row.code, "two rows have the same code and different places. Give one another code.")
                )
            elif _share_days(row, other):
                found.append(
                    (
                        row.code,
                        f"two rows have the same code, and their dates overlap: {_span(other)} and {_span(row)}. "
                        "End the earlier one the day before the later one begins.",
                    )
                )
    return found


def _share_days(one: PolicyRow, other: PolicyRow) -> bool:
    return (other.ends_on is None or one.starts_on <= other.ends_on) and (
        one.ends_on is None or other.starts_on <= one.ends_on
    )


def _span(row: PolicyRow) -> str:
    return f"{row.starts_on.isoformat()} to {row.ends_on.isoformat() if row.ends_on else 'further notice'}"
