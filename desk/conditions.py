"""Which conditions of the law a decision asked for, and which of them are not met yet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from detainers.policies import CONDITIONS, facts_from_json, is_met
from detainers.rulebook import Condition, MinorRule, PolicyRow, policy_row

BY_FINDING = (
    Condition.LISTED_SERIOUS_CASE,
    Condition.FINAL_ORDER_BY_JUDGE,
    Condition.TERRORISM_LIST,
    Condition.MINOR_CLEARED,
)
"""Met by what a named person finds."""
BY_WARRANT = (Condition.JUDICIAL_WARRANT, Condition.ADMINISTRATIVE_WARRANT, Condition.WARRANT_KIND)
"""Met by a paper."""


def named(trace: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Every condition that the rows of a kept decision name, in the order of the rows."""
    found = [item for row in _granting(trace) for item in (*row.all_of, *row.any_of)]
    return tuple(dict.fromkeys(found))


def missing(facts: Mapping[str, Any], trace: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Conditions that would bring a kept decision further: each of 'all of', any one of 'any of', if not met."""
    given = facts_from_json(facts)
    found: list[Condition] = []
    for row in _granting(trace):
        found += [item for item in row.all_of if not is_met(item, row, given)]
        found += [] if any(is_met(item, row, given) for item in row.any_of) else row.any_of
        minors = row.minors
        is_minor = minors is not None and given.age is not None and given.age < minors.under
        if (
            is_minor
            and minors
            and minors.rule is MinorRule.HELD_BACK
            and not is_met(Condition.MINOR_CLEARED, row, given)
        ):
            found.append(Condition.MINOR_CLEARED)
    return tuple(dict.fromkeys(found))


def words(condition: str) -> str:
    """A condition as a clause without capital or full stop."""
    return CONDITIONS[Condition(condition)]


def _granting(trace: Mapping[str, Any]) -> Iterator[PolicyRow]:
    rows = (policy_row(item) for item in trace.get("rows", ()))
    return (row for row in rows if row.stance.grants)
