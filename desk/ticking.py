"""What the page's script needs to let a remaining time run on between two refreshes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk import clockwords
from desk.situations import Level, Situation


@dataclass(frozen=True)
class Ticker:
    """The instant counted to or since, and the words around the span."""

    moment: datetime
    template: str
    is_down: bool


def ticker(situation: Situation, now: datetime) -> Ticker | None:
    """How the remaining time of this situation runs on; None where it shows no span that could."""
    if situation.due_at is None or not situation.left or situation.level is Level.QUIET:
        return None
    span = clockwords.span(abs(situation.due_at - now))
    if span not in situation.left:
        return None
    return Ticker(situation.due_at, situation.left.replace(span, "{t}", 1), situation.due_at > now)
