"""The chart of a what-if, drawn on the server: hours of longer authority above the line, of shorter below. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 16, 28
MOST_BARS = 36


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: where its two bars stand, and its label where there is room for one."""

    label: str
    x: float
    width: float
    up_y: float
    up_height: float
    down_height: float
    middle: float
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws; `says` is the chart in a sentence."""

    bars: tuple[Bar, ...]
    zero: float
    ticks: tuple[tuple[float, str], ...]
    says: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def chart(months: Sequence[tuple[str, float, float]]) -> Chart:
    """Bars of (month, hours longer, hours shorter); of many months the latest are drawn, the table has them all."""
    drawn = list(months)[-MOST_BARS:]
    up, down = max((m[1] for m in drawn), default=0.0), max((m[2] for m in drawn), default=0.0)
    most = max(up + down, 1e-9)
    room = HEIGHT - TOP - BOTTOM
    zero = TOP + room * (up / most if up + down else 0.5)
    step = (WIDTH - LEFT - RIGHT) / max(len(drawn), 1)
    each = max(1, -(-len(drawn) * 52 // (WIDTH - LEFT - RIGHT)))
    bars = []
    for index, (month, longer, shorter) in enumerate(drawn):
        x, height = LEFT + index * step + step * 0.15, room * longer / most
        bars.append(
            Bar(
                month,
                round(x, 1),
                round(min(step * 0.7, 48), 1),
                round(zero - height, 1),
                round(height, 1),
                round(room * shorter / most, 1),
                round(x + min(step * 0.7, 48) / 2, 1),
                index % each == 0,
            )
        )
    ticks = [(round(zero, 1), "0")]
    ticks += [(float(TOP), f"+{up:.0f} h")] if up else []
    ticks += [(float(HEIGHT - BOTTOM), f"−{down:.0f} h")] if down else []
    return Chart(tuple(bars), round(zero, 1), tuple(ticks), _says(months))


def every_month(months: Iterable[str]) -> list[str]:
    """Each `year-month` from the first to the last, also those without a case, so that the axis is time."""
    known = sorted(months)
    if not known:
        return []
    first, last = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (known[0], known[-1]))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1)]


def _says(months: Sequence[tuple[str, float, float]]) -> str:
    longer, shorter = sum(m[1] for m in months), sum(m[2] for m in months)
    if not months:
        return "There is no case to draw."
    span = months[0][0] if len(months) == 1 else f"{months[0][0]} to {months[-1][0]}"
    return f"{span}: {longer:.0f} hours of longer authority above the line, {shorter:.0f} hours of shorter below it."
