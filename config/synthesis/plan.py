"""Who comes when, where, and what happens to them: drawn once, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.synthesis.harvest import Template
from config.synthesis.places import World
from config.synthesis.render import utc_offsets
from config.synthesis.stories import ENDED, FRESH, INSIDE, ON_HOLD, STORIES

Ints = NDArray[np.int64]
DAY = 86400
# The first jail is the one that is measured: whatever the number of cases, as many people are inside it.
MEASURED_INSIDE = {INSIDE: 40, FRESH: 4, ON_HOLD: 16}
MEASURED_WEIGHT = 2.0
# Of all cases, so many are in custody in the other jails.
INSIDE_SHARE = {INSIDE: 0.0040, FRESH: 0.0002, ON_HOLD: 0.0008}
HOLD_ENDS_SECONDS = (20 * 60, 47 * 3600)
FRESH_SECONDS = (120, 50 * 60)
INSIDE_DAYS = 20
# Bookings by hour of the day: the evening and the small hours of the morning are busy.
HOURS = np.array([5, 5, 4, 3, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 7, 7, 6], dtype=float)
TRIES = 60


@dataclass
class Plan:
    """One entry per case in each array, in the order of booking. `templates[kind[i]]` is what happens to case i."""

    templates: Sequence[Template]
    kind: Ints
    base: Ints
    agency: Ints
    numbers: list[str] = field(default_factory=list)
    counters: dict[tuple[int, int], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.kind)


def draw(
    count: int,
    *,
    world: World,
    templates: Sequence[Template],
    seed: int,
    years: float,
    now: datetime,
    counters: dict[tuple[int, int], int],
    only: str | None = None,
) -> Plan:
    """Draw `count` cases. `counters` are the numbers that agencies have given already; `only` asks for one stage alone."""
    random = np.random.default_rng(seed)
    jails = world.jails
    agencies, stages = _where(
        count, jails=len(jails), random=random, only=only, may_hold=_holding(world, templates)
    )
    kind = _kinds(agencies, stages, world, templates, random)
    base = _bases(kind, agencies, stages, world, templates, random, years=years, now=now)
    _replay(kind, base, agencies, world, templates, Random(seed), years=years, now=now)
    order = np.argsort(base, kind="stable")
    plan = Plan(templates, kind[order], base[order], agencies[order], counters=dict(counters))
    _number(plan, world)
    return plan


def _holding(world: World, templates: Sequence[Template]) -> list[int]:
    """Jails in which somebody can be on hold."""
    states = {template.state for template in templates if template.stage == ON_HOLD}
    return [n for n, (state, _) in enumerate(world.jails) if state.code in states]


def _where(
    count: int, *, jails: int, random: np.random.Generator, only: str | None, may_hold: Sequence[int]
) -> tuple[Ints, NDArray[np.object_]]:
    """A jail and a stage for each case."""
    agencies: list[Ints] = []
    stages: list[str] = []
    inside = {only: count} if only else {stage: round(count * share) for stage, share in INSIDE_SHARE.items()}
    if only is None:
        for stage, wanted in MEASURED_INSIDE.items():
            number = min(wanted, max(0, count // 8))
            agencies.append(np.zeros(number, dtype=np.int64))
            stages += [stage] * number
    for stage, wanted in inside.items():
        places = list(may_hold) if stage == ON_HOLD else list(range(jails))
        others = [place for place in places if place] or places
        agencies.append(random.choice(others, wanted))
        stages += [stage] * wanted
    left = max(0, count - len(stages))
    weights = np.ones(jails)
    weights[0] = MEASURED_WEIGHT
    agencies.append(random.choice(jails, left, p=weights / weights.sum()))
    stages += [ENDED] * left
    return np.concatenate(agencies)[:count], np.array(stages[:count], dtype=object)


def _kinds(
    agencies: Ints,
    stages: NDArray[np.object_],
    world: World,
    templates: Sequence[Template],
    random: np.random.Generator,
) -> Ints:
    shares = {story.name: story.share for story in STORIES}
    kind = np.zeros(len(agencies), dtype=np.int64)
    codes = np.array([state.code for state, _ in world.jails], dtype=object)[agencies]
    for code in set(codes):
        for stage in set(stages):
            here = np.flatnonzero((codes == code) & (stages == stage))
            fit = [n for n, item in enumerate(templates) if item.state == code and item.stage == stage]
            if len(here):
                variants = Counter(templates[n].story for n in fit)
                weights = np.array([shares[templates[n].story] / variants[templates[n].story] for n in fit])
                kind[here] = random.choice(fit, len(here), p=weights / weights.sum())
    return kind


def _bases(
    kind: Ints,
    agencies: Ints,
    stages: NDArray[np.object_],
    world: World,
    templates: Sequence[Template],
    random: np.random.Generator,
    *,
    years: float,
    now: datetime,
) -> Ints:
    """When each was booked, in seconds since 1970: more in later years, and more in the evening."""
    today, count = int(now.timestamp()), len(kind)
    stay = np.array([int(item.stay) for item in templates])[kind]
    latest = today - stay - DAY
    span = int(years * 365 * DAY)
    base = latest - (span * (1 - random.random(count) ** 0.85)).astype(np.int64)
    zones = np.array([state.zone for state, _ in world.jails], dtype=object)[agencies]
    minutes = random.choice(24, count, p=HOURS / HOURS.sum()) * 3600 + random.integers(0, 60, count) * 60
    for zone in set(zones):
        here = np.flatnonzero(zones == zone)
        local = base[here] + utc_offsets(zone, base[here])
        wall = local // DAY * DAY + minutes[here]
        moved = wall - utc_offsets(zone, base[here])
        base[here] = np.where(moved > latest[here], moved - DAY, moved)
    inside, fresh, held = (np.flatnonzero(stages == stage) for stage in (INSIDE, FRESH, ON_HOLD))
    base[inside] = (
        latest[inside] + DAY - 600 - (random.random(len(inside)) * INSIDE_DAYS * DAY).astype(np.int64)
    )
    base[fresh] = today - random.integers(*FRESH_SECONDS, len(fresh))
    deadlines = np.array([int(item.deadline or 0) for item in templates])[kind[held]]
    base[held] = today + random.integers(*HOLD_ENDS_SECONDS, len(held)) - deadlines
    return base


def _replay(
    kind: Ints,
    base: Ints,
    agencies: Ints,
    world: World,
    templates: Sequence[Template],
    random: Random,
    *,
    years: float,
    now: datetime,
) -> None:
    """Ask clock and policy about every hold; where they say something else at that time, take another time."""
    zones = [ZoneInfo(state.zone) for state, _ in world.jails]
    asked = [n for n, template in enumerate(templates) if template.replay]
    for n in np.flatnonzero(np.isin(kind, asked)).tolist():
        template, zone = templates[kind[n]], zones[agencies[n]]
        for _ in range(TRIES):
            if _stands(template, int(base[n]), zone):
                break
            if template.stage == ON_HOLD:
                raise RuntimeError(f"No hold as in '{template.story}' is possible now in {template.state}.")
            base[n] = _other(template, random, years, now)
        else:
            raise RuntimeError(
                f"No time was found at which '{template.story}' is lawful in {template.state}."
            )


def _stands(template: Template, base: int, zone: ZoneInfo) -> bool:
    assert template.base is not None
    shift = datetime.fromtimestamp(base, UTC) - template.base
    return all(
        replay.holds_after(
            shift, (replay.given.release_eligible_at + shift).astimezone(zone).date().isoformat()
        )
        for replay in template.replay
    )


def _other(template: Template, random: Random, years: float, now: datetime) -> int:
    """Another time: by whole weeks where days were left out, so that the same days are left out again."""
    assert template.base is not None
    latest = now - timedelta(seconds=template.stay) - timedelta(days=1)
    earliest = latest - timedelta(days=365 * years)
    if template.weekly:
        weeks = random.randrange((earliest - template.base).days // 7, (latest - template.base).days // 7)
        return int((template.base + timedelta(weeks=weeks)).timestamp())
    return int((earliest + random.random() * (latest - earliest)).timestamp()) // 60 * 60


def _number(plan: Plan, world: World) -> None:
    """Case numbers: dense in each jail and year of its own zone, in the order of booking."""
    jails = world.jails
    years = np.zeros(len(plan), dtype=np.int64)
    for n, (state, _) in enumerate(jails):
        here = np.flatnonzero(plan.agency == n)
        local = plan.base[here] + utc_offsets(state.zone, plan.base[here])
        years[here] = local.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    keys = [jail.agency.pk for _, jail in jails]
    counters = plan.counters
    for agency, year in zip(plan.agency.tolist(), years.tolist(), strict=True):
        key = (keys[agency], year)
        counters[key] = last = counters.get(key, 0) + 1
        plan.numbers.append(f"{year}-{last:05d}")
