"""A law that changes while somebody is held: the earliest limit wins, and what a day forbids ends the hold on that day. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from detainers.decisions import Decision, Facts
from detainers.policies import decide
from detainers.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Ruled:
    """The decision that stands, and the day from which a law that came since forbids what the release day allowed."""

    decision: Decision
    denied_on: date | None = None


def over_time(facts: Facts, book: Rulebook, until: date) -> Ruled:
    """The decision of the day of the facts, and of each later day up to `until` on which other rows began or ended.

    Authority needs every one of these days: a law that comes later can forbid or shorten, never allow or lengthen.
    """
    decision = decide(facts, book)
    if not decision.verdict.grants:
        return Ruled(decision)
    limits = decision.limits
    for day in _days(facts, book, until):
        later = decide(replace(facts, on=day.isoformat()), book)
        if not later.verdict.grants:
            return Ruled(later, day)
        limits += tuple(limit for limit in later.limits if limit not in limits)
        decision = later
    return Ruled(replace(decision, limits=limits))


def _days(facts: Facts, book: Rulebook, until: date) -> list[date]:
    """The days after that of the facts on which a row of the place begins, or has just ended."""
    first = date.fromisoformat(facts.on)
    days: set[date] = set()
    for row in book.rows:
        if not row.enabled or not row.covers(
            state=facts.state, county=facts.county, city=facts.city, agency=facts.agency
        ):
            continue
        days.add(row.starts_on)
        if row.ends_on is not None:
            days.add(row.ends_on + timedelta(days=1))
    return sorted(day for day in days if first < day <= until)
