"""The hold clock: how many episodes it evaluates in a second of processor time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from detainers import rulebook
from detainers.clock import ClockInput, Document, compute
from tests.bench.harness import Bench, Figure, measure

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)
PER_SECOND = 50_000


@measure("clock")
def clock(bench: Bench) -> Iterator[Figure]:
    """Evaluations a second of processor time: all that ask, under the policies that grant, in a year of release times."""
    episodes = _episodes(20_000 if not bench.quick else 500)
    for episode in episodes:
        compute(episode)  # holidays and days are looked up once for a place and date
    yield bench.figure(
        "clock.evaluations",
        [len(episodes) / _seconds(episodes) for _ in range(bench.repeats(7, 2))],
        unit="1/s cpu",
        bound=PER_SECOND,
        at_most=False,
        note=f"{len(episodes)} episodes of one year, {len(ZONES)} zones, every edition",
    )


def _seconds(episodes: list[ClockInput]) -> float:
    started = time.process_time()
    for episode in episodes:
        compute(episode)
    return time.process_time() - started


def _episodes(how_many: int) -> list[ClockInput]:
    """One served detainer each, received up to two days before the release time."""
    chance = random.Random(20260301)
    book = rulebook.current()
    forms = [edition.form_rule() for edition in book.editions.values()]
    granting = [(row.limits,) for row in book.rows if row.limits.hold]
    episodes = []
    for _ in range(how_many):
        eligible = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(365 * 86400))
        received = eligible - timedelta(seconds=chance.randrange(2 * 86400))
        document = Document(chance.choice(forms), received, received + timedelta(minutes=5))
        episodes.append(ClockInput(chance.choice(ZONES), eligible, (document,), chance.choice(granting)))
    return episodes
