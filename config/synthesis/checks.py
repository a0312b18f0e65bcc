"""The real clock and the real policies, asked about copies: a copy stands only where they say the same as in the walk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cases.models import Case
from config.synthesis.walk import Walk
from detainers.clock import ClockInput, Derivation, compute
from detainers.models import Hold
from detainers.policies import Facts, canonical, decide, facts_from_json
from detainers.policy_book import rulebook_in_force
from detainers.situation import clock_input


@dataclass(frozen=True)
class Replay:
    """One hold of a walk: what the clock was told, what the policy was told, and what came of both."""

    given: ClockInput
    facts: tuple[Facts, ...]
    traces: tuple[Any, ...]
    derivation: Derivation
    deadline_at: datetime

    @property
    def has_excluded_days(self) -> bool:
        return any(limit.excluded_days for limit in self.derivation.limits)

    def holds_after(self, shift: timedelta, on: str) -> bool:
        """Whether clock and policy say the same of a copy that is `shift` later, where the day of release is `on`."""
        if not all(
            _same_decision(facts, on, canonical(trace))
            for facts, trace in zip(self.facts, self.traces, strict=True)
        ):
            return False
        return _same(compute(shifted(self.given, shift)).derivation, self.derivation, shift)


def replays_of(walk: Walk) -> tuple[Replay, ...]:
    """The holds of the walked case."""
    return tuple(_replay(hold) for hold in Hold.objects.filter(case=walk.case).order_by("pk"))


def _replay(hold: Hold) -> Replay:
    case = Case.objects.select_related("agency", "person").get(pk=hold.case_id)
    given = clock_input(case, hold)
    decision = hold.policy_decision
    facts = facts_from_json(decision.facts)
    return Replay(given, (facts,), (decision.trace,), hold.clock, hold.deadline_at)


def shifted(given: ClockInput, shift: timedelta) -> ClockInput:
    """The same facts later."""

    def move(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment + shift

    documents = tuple(
        replace(
            document,
            received_at=document.received_at + shift,
            served_at=move(document.served_at),
            lifted_at=move(document.lifted_at),
        )
        for document in given.documents
    )
    return replace(given, release_eligible_at=move(given.release_eligible_at), documents=documents)


def _same(found: Derivation, walked: Derivation, shift: timedelta) -> bool:
    """Every limit ends `shift` later and leaves out the same days, moved."""
    if len(found.limits) != len(walked.limits) or found.governing != walked.governing:
        return False
    return all(
        one.code == other.code
        and one.expires_at == other.expires_at + shift
        and [(day.day, day.reason) for day in one.excluded_days]
        == [(day.day + shift, day.reason) for day in other.excluded_days]
        for one, other in zip(found.limits, walked.limits, strict=True)
    )


@lru_cache(maxsize=100_000)
def _same_decision(facts: Facts, on: str, trace: bytes) -> bool:
    return canonical(decide(replace(facts, on=on), rulebook_in_force()).trace()) == trace
