"""Which facts settle the duties on one detainer: the same reading for the policy, the clock and the duty rows. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from detainers.duties import SettledBy, settled_by
from detainers.rulebook import Condition, Duty
from detainers.states import DutyState

if TYPE_CHECKING:
    from detainers.models import Detainer, StatusClaim
    from detainers.models import Duty as DutyRow


@dataclass(frozen=True, slots=True)
class Fact:
    """What settled a duty, and when that happened."""

    state: DutyState
    at: datetime


def served_at(detainer: Detainer) -> datetime | None:
    """The first service of the copy that counts."""
    return min((service.served_at for service in detainer.services.all() if service.counts), default=None)


def ordered_at(detainer: Detainer) -> datetime | None:
    """When a judicial official first ordered the hold."""
    found = (item for item in detainer.findings.all() if item.condition == Condition.JUDICIAL_ORDER.value)
    return min((item.found_at for item in found), default=None)


def fact_of(
    duty: DutyRow, detainer: Detainer, *, claims: Iterable[StatusClaim] = (), told_at: datetime | None = None
) -> Fact | None:
    """The first fact that settles a duty: done before refused. None while there is none."""
    kind = settled_by(Duty(duty.code))
    if kind is SettledBy.SERVICE:
        return _done(served_at(detainer))
    if kind is SettledBy.ORDER:
        return _done(ordered_at(detainer))
    if kind is SettledBy.DISCLOSURE:
        return _done(told_at)
    outcomes = list(duty.outcomes.all())
    done = [item.done_at for item in outcomes if item.outcome == "done"]
    if kind is SettledBy.CLAIM_OR_OUTCOME:
        done += [claim.claimed_at for claim in claims]
    if done:
        return _done(min(done))
    refused = min((item.done_at for item in outcomes), default=None)
    return Fact(DutyState.REFUSED, refused) if refused is not None else None


def _done(at: datetime | None) -> Fact | None:
    return Fact(DutyState.DONE, at) if at is not None else None


def _conditions(detainer: Detainer) -> dict[str, datetime]:
    """Duties beside the copy that are a condition of the hold and are done, with when; the copy is the clock's own matter."""
    found = {}
    for duty in detainer.duties.all():
        if duty.is_condition and duty.code != Duty.GIVE_COPY:
            fact = fact_of(duty, detainer)
            if fact is not None and fact.state is DutyState.DONE:
                found[duty.code] = fact.at
    return found


def conditions_done(detainer: Detainer) -> tuple[str, ...]:
    """Their codes, for the policy. An order of a judge counts wherever it was recorded."""
    ordered = {Duty.JUDICIAL_ORDER.value} if ordered_at(detainer) is not None else set()
    return tuple(sorted(ordered | set(_conditions(detainer))))


def conditions_met_at(detainer: Detainer) -> datetime | None:
    """When the last of them was done: the hold begins no earlier."""
    return max(_conditions(detainer).values(), default=None)
