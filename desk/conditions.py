"""Which conditions of the law a decision asked for, and which of them are not met yet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from detainers.policies import CONDITIONS
from detainers.rulebook import Condition, PolicyRow, policy_row

BY_FINDING = (Condition.LISTED_SERIOUS_CASE, Condition.FINAL_ORDER_BY_JUDGE, Condition.TERRORISM_LIST)
"""Met by what a named person finds."""
BY_WARRANT = (Condition.JUDICIAL_WARRANT, Condition.ADMINISTRATIVE_WARRANT)
"""Met by a paper."""


def named(trace: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Every condition that the rows of a kept decision name, in the order of the rows."""
    found = [item for row in _granting(trace) for item in (*row.all_of, *row.any_of)]
    return tuple(dict.fromkeys(found))


def missing(facts: Mapping[str, Any], trace: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Conditions that would bring a kept decision further: each of 'all of', any one of 'any of', if not met."""
    met = set(facts.get("conditions", ()))
    found: list[Condition] = []
    for row in _granting(trace):
        found += [item for item in row.all_of if item not in met]
        found += [] if met.intersection(row.any_of) else row.any_of
    return tuple(dict.fromkeys(found))


def words(condition: str) -> str:
    """A condition as a clause without capital or full stop."""
    return CONDITIONS[Condition(condition)]


def _granting(trace: Mapping[str, Any]) -> Iterator[PolicyRow]:
    rows = (policy_row(item) for item in trace.get("rows", ()))
    return (row for row in rows if row.stance.grants)
