"""Columns side by side, as geometry for an inline SVG: no script, and the table of the same numbers stands below. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 640.0, 260.0
LEFT, BOTTOM, TOP = 48.0, 28.0, 16.0
GAP = 0.28
"""Share of a place that stays free between two groups of columns."""


@dataclass(frozen=True)
class Column:
    """One column: where it stands, how high it is, and its words for whoever points at it."""

    x: float
    y: float
    width: float
    height: float
    series: int
    words: str


@dataclass(frozen=True)
class Tick:
    y: float
    words: str


@dataclass(frozen=True)
class Label:
    x: float
    words: str


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]

    width, height, left = WIDTH, HEIGHT, LEFT
    floor, words_x, words_y = HEIGHT - BOTTOM, LEFT - 8, HEIGHT - 8

    @property
    def is_empty(self) -> bool:
        return not any(column.height for column in self.columns)


def columns(
    places: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], *, unit: str = ""
) -> Chart:
    """A chart of one group of columns for each place; None is a place without a value, which has no column.

    `series` are names with one value for each place, none below zero. Raises ValueError where a series has another length.
    """
    if any(len(values) != len(places) for _name, values in series):
        raise ValueError("Each series has one value for each place.")
    most = max((value for _name, values in series for value in values if value is not None), default=0.0)
    steps = scale(most)
    height, floor_y = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    each = (WIDTH - LEFT) / max(1, len(places))
    wide = each * (1 - GAP) / max(1, len(series))
    drawn = [
        Column(
            x=round(LEFT + each * place + each * GAP / 2 + wide * number, 2),
            y=round(floor_y - height * value / steps[-1], 2),
            width=round(max(1.0, wide - 2), 2),
            height=round(height * value / steps[-1], 2),
            series=number,
            words=f"{places[place]}, {name}: {said(value)}{f' {unit}' if unit else ''}",
        )
        for number, (name, values) in enumerate(series)
        for place, value in enumerate(values)
        if value is not None
    ]
    ticks = [Tick(round(floor_y - height * step / steps[-1], 2), said(step)) for step in steps]
    labels = [Label(round(LEFT + each * (place + 0.5), 2), words) for place, words in enumerate(places)]
    return Chart(tuple(drawn), tuple(ticks), tuple(labels))


def scale(most: float) -> tuple[float, ...]:
    """Three to six round steps from zero to at least `most`; one step where there is next to nothing."""
    if most < 0.01:
        return (0.0, 1.0)
    rough = most / 4
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return tuple(round(step * number, 10) for number in range(ceil(round(most / step, 9)) + 1))


def said(value: float) -> str:
    """A value in words: whole where it is whole, else one decimal."""
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"
