"""All stories walked in all states: the templates of one run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from random import Random

from django.db import connection, connections, transaction
from django.utils import timezone

from audit.keys import blind
from config.synthesis.checks import replays_of
from config.synthesis.harvest import Table, Template, harvest, last_ids, tables
from config.synthesis.places import State, World
from config.synthesis.stories import INSIDE, ON_HOLD, STORIES, Story
from config.synthesis.walk import Walk, long_ago


def walk_all(
    world: World,
    *,
    seed: int,
    processes: int,
    variants: int | None = None,
    told: Callable[[int], None] = lambda count: None,
) -> list[Template]:
    """Each story in each of its states as often as it has variants. Nothing of it stays in the database."""
    blind.blind_index("sid", "TX1")  # makes the installation's index key, which belongs to no case
    asked = [(world, state, seed, variants) for state in world.states]
    found: list[Template] = []
    if processes <= 1:
        for each in asked:
            found += _walk_state(each)
            told(len(found))
        return found
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for templates in pool.imap(_walk_state, asked):
            found += templates
            told(len(found))
    return found


def _walk_state(asked: tuple[World, State, int, int | None]) -> list[Template]:
    world, state, seed, most = asked
    listed = tables()
    return [
        _walk(world, state, story, Random(f"{seed} {state.code} {story.name} {variant}"), listed)
        for story in STORIES
        if state.code in story.states
        for variant in range(min(story.variants, most or story.variants))
    ]


def how_many(world: World) -> int:
    """How many walks `walk_all` takes."""
    return sum(story.variants for state in world.states for story in STORIES if state.code in story.states)


def _walk(world: World, state: State, story: Story, random: Random, listed: list[Table]) -> Template:
    walk = Walk(world, state, state.jails[0], random, base=long_ago(timezone.now(), random))
    with transaction.atomic():
        before = last_ids(listed)
        story.walk(walk)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        template = Template(
            story.name, story.stage, state.code, _stay(walk), walk.birth.year > 2000, base=walk.base
        )
        harvest(walk, template, listed, before)
        template.replay = replays_of(walk)
        if story.stage == ON_HOLD:
            template.deadline = (template.replay[0].deadline_at - walk.base).total_seconds()
        template.weekly = any(replay.has_excluded_days for replay in template.replay)
        transaction.set_rollback(True)
    return template


def _stay(walk: Walk) -> float:
    """Seconds from the booking to the last thing that happened: no copy may reach into the future."""
    walk.case.refresh_from_db()
    last = walk.case.custody_ended_at
    hours = max(24.0, (last - walk.base) / timedelta(hours=1) if last else 0.0)
    return hours * 3600


__all__ = ["INSIDE", "ON_HOLD", "how_many", "walk_all"]
