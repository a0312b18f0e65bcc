"""What a correction does to the clock: where a case stood before, where it stands after. Pure.

Whether a second person is needed is read off this comparison and never guessed from the name of a field.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

Span = tuple[datetime, datetime]
"""From, until: half open."""

NEVER = datetime.min.replace(tzinfo=UTC)
ALWAYS = datetime.max.replace(tzinfo=UTC)


class Movement(StrEnum):
    """What happens to the end of authority."""

    LATER = "later"
    EARLIER = "earlier"
    NONE = "none"


@dataclass(frozen=True)
class Standing:
    """On what instants the authority over a person rests, by the facts as they are recorded.

    `anchor_at` is the release time from which a detainer's time is counted; `limit_at` the end that the papers allow at
    most; `unlawful` the spans of custody up to now that no ground and no hold covers.
    """

    eligible_at: datetime | None = None
    anchor_at: datetime | None = None
    deadline_at: datetime | None = None
    ends_at: datetime | None = None
    limit_at: datetime | None = None
    unlawful: tuple[Span, ...] = ()

    def as_json(self) -> dict[str, str | None]:
        """The instants alone, as ISO text."""
        names = ("eligible_at", "deadline_at", "ends_at")
        return {name: value.isoformat() if (value := getattr(self, name)) else None for name in names}


def movement(before: Standing, after: Standing) -> Movement:
    """LATER when anything lengthens authority or makes custody lawful that was not; EARLIER for the reverse."""
    if _lengthens(before, after):
        return Movement.LATER
    return Movement.EARLIER if _lengthens(after, before) else Movement.NONE


def _lengthens(before: Standing, after: Standing) -> bool:
    """No end of a local ground is in sight: ALWAYS. No hold: NEVER."""
    open_ended = (
        (before.eligible_at, after.eligible_at),
        (before.anchor_at, after.anchor_at),
        (before.ends_at, after.ends_at),
    )
    if any((new or ALWAYS) > (old or ALWAYS) for old, new in open_ended):
        return True
    if (after.deadline_at or NEVER) > (before.deadline_at or NEVER):
        return True
    return bool(subtract(before.unlawful, after.unlawful))


def subtract(spans: Iterable[Span], cover: Iterable[Span]) -> tuple[Span, ...]:
    """What of `spans` lies in none of `cover`, in order and without empty pieces."""
    left = [span for span in spans if span[0] < span[1]]
    for start, end in cover:
        pieces: list[Span] = []
        for a, b in left:
            if end <= a or b <= start or start >= end:
                pieces.append((a, b))
                continue
            pieces += [piece for piece in ((a, start), (end, b)) if piece[0] < piece[1]]
        left = pieces
    return tuple(sorted(left))


def custody_spans(
    opened_at: datetime, moves: Sequence[tuple[datetime, bool]], until: datetime
) -> tuple[Span, ...]:
    """When the person was here: from booking, through each (instant, is now in custody), to `until`."""
    spans: list[Span] = []
    since: datetime | None = opened_at
    for at, is_in in moves:
        if since is not None and not is_in:
            spans.append((since, min(at, until)))
            since = None
        elif since is None and is_in:
            since = at
    if since is not None:
        spans.append((since, until))
    return tuple(span for span in spans if span[0] < span[1])
