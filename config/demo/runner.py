"""Plays the stories side by side until each has ended, showing how far they are."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from accounts.errors import ClearholdError
from config.demo.story import Context, Story, differences, next_step

LOOK_EVERY_SECONDS = 0.4
DATABASE_AWAY = (OperationalError, InterfaceError)
WAITING_FOR_DATABASE = "waiting for the database"
PATIENCE_SECONDS = 120.0
Result = TypeVar("Result")


@dataclass
class Play:
    """One story being played: what it waits for, and what went wrong last."""

    context: Context
    story: Story
    waiting_for: str = "not begun"
    ended: bool = False
    trouble: str = ""

    @property
    def steps_done(self) -> int:
        if self.ended:
            return len(self.story.steps)
        return next((n for n, step in enumerate(self.story.steps) if step.words == self.waiting_for), 0)


def advance(play: Play) -> None:
    """Do every step that can be done now. A refusal is kept and shown; the step is tried again."""
    play.context.reload()
    if play.trouble == WAITING_FOR_DATABASE:
        play.trouble = ""
    while (step := next_step(play.story, play.context)) is not None:
        play.waiting_for = step.words
        if not step.ready(play.context):
            return
        try:
            step.act(play.context)
            play.trouble = ""
        except ClearholdError as error:
            play.trouble = error.message
            return
        play.context.reload()
        if not step.done(play.context):
            return
    play.ended, play.waiting_for = True, "ended"


def play_all(plays: Sequence[Play], *, console: Console, patience: float, alive: Callable[[], None]) -> bool:
    """Play until all have ended, or nothing has moved for `patience` seconds; True when all ended.

    A slow machine is waited for, a stuck one is not. `alive` raises when a process cannot start.
    """
    moved_at, steps = time.monotonic(), -1
    display = _Display(plays, console)
    with display:
        while time.monotonic() - moved_at < patience:
            for play in plays:
                if not play.ended and not _advance_unless_away(play):
                    display.say(f"{WAITING_FOR_DATABASE} …")
                    break
            display.update()
            if (now_done := sum(play.steps_done for play in plays)) != steps:
                moved_at, steps = time.monotonic(), now_done
            if all(play.ended for play in plays):
                return True
            alive()
            time.sleep(LOOK_EVERY_SECONDS)
    return all(play.ended for play in plays)


def _advance_unless_away(play: Play) -> bool:
    """Advance one story. False when the database is away: what was half done was rolled back and is done again later."""
    try:
        advance(play)
    except DATABASE_AWAY:
        close_old_connections()
        play.trouble = WAITING_FOR_DATABASE
        return False
    return True


def patiently(work: Callable[[], Result], *, seconds: float = PATIENCE_SECONDS) -> Result:
    """Do something that may be done again; when the database goes away, wait for it. Raises what it raised last."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except DATABASE_AWAY:
            close_old_connections()
            if time.monotonic() > end:
                raise
            time.sleep(LOOK_EVERY_SECONDS)


def report(plays: Sequence[Play]) -> dict[str, list[str]]:
    """For each sample, what is not as expected; an empty list is a sample that ended as it should."""
    found = {}
    for play in plays:
        play.context.reload()
        problems = differences(play.story, play.context)
        found[play.context.told.key] = problems + ([play.trouble] if problems and play.trouble else [])
    return found


class _Display:
    """A bar and the stories still on their way, live on a terminal; plain lines elsewhere."""

    def __init__(self, plays: Sequence[Play], console: Console) -> None:
        self.plays, self.console = plays, console
        self.progress = Progress(
            TextColumn("[bold]Sample bookings"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps, {task.fields[ended]} of {task.fields[samples]} ended"),
            TimeElapsedColumn(),
            console=console,
        )
        total = sum(len(play.story.steps) for play in plays)
        self.task = self.progress.add_task("steps", total=total, ended=0, samples=len(plays))
        self.live = (
            Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        )
        self.told: set[str] = set()
        self.said = ""

    def __enter__(self) -> "_Display":
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.live:
            self.live.stop()

    def update(self) -> None:
        ended = sum(play.ended for play in self.plays)
        self.progress.update(self.task, completed=sum(play.steps_done for play in self.plays), ended=ended)
        if not any(play.trouble == WAITING_FOR_DATABASE for play in self.plays):
            self.said = ""
        if self.live:
            self.live.update(Group(self.progress, self._table()))
            return
        for play in self.plays:
            if play.ended and play.context.told.key not in self.told:
                self.told.add(play.context.told.key)
                self.console.print(
                    f"{len(self.told):>3}/{len(self.plays)}  {play.context.told.title}: ended",
                    highlight=False,
                )

    def say(self, words: str) -> None:
        """One plain line where there is no table to show it in; the same words are said once in a row."""
        if not self.live and words != self.said:
            self.console.print(words, highlight=False)
        self.said = words

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, show_header=False)
        room = max(3, self.console.size.height - 6)
        waiting = [play for play in self.plays if not play.ended]
        for play in waiting[:room]:
            table.add_row(f"[dim]{play.context.told.title[:44]}", play.trouble or play.waiting_for)
        if len(waiting) > room:
            table.add_row(f"[dim]and {len(waiting) - room} more", "")
        return table
