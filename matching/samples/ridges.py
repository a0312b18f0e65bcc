"""Master prints: the ridges a finger has, before anybody presses it on glass.

1. A pattern class is drawn with the frequencies found in people: most loops open towards the little finger.
2. The class places cores and deltas, which give the ridges their directions (Sherlock and Monro, 1993).
3. From a few seeds, ridges grow along those directions (Cappelli's idea of 2000): where growing ridges
   meet and do not fit, minutiae arise by themselves.

Everything follows from (seed, person, position); only rounding differs between builds of OpenCV and numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]

HEIGHT: Final = 400
WIDTH: Final = 360
ORIENTATIONS: Final = 24
GROWTH_ROUNDS: Final = 26  # at half size; later rounds let pairs of minutiae that nothing asks for heal
FINISHING_ROUNDS: Final = 2  # at full size
SEEDS: Final = 10
LOOP_REACH: Final = 75.0  # pixels around a core within which the legs of a loop run side by side
PERIODS: Final = (9.0, 10.2)  # pixels from ridge to ridge at 500 ppi
_MASTER_TAG: Final = 0xF1


class Pattern(StrEnum):
    """The five classes of Henry."""

    ARCH = "arch"
    TENTED_ARCH = "tented_arch"
    LEFT_LOOP = "left_loop"
    RIGHT_LOOP = "right_loop"
    WHORL = "whorl"


# Shares on the right hand (positions 1 to 5) and the left. Together they are about those of people: arch 3.7,
# tented 2.9, left 33.8, right 31.7, whorl 27.9 per cent.
SHARES: Final[dict[str, dict[Pattern, float]]] = {
    "right": {
        Pattern.ARCH: 0.037,
        Pattern.TENTED_ARCH: 0.029,
        Pattern.LEFT_LOOP: 0.045,
        Pattern.RIGHT_LOOP: 0.610,
        Pattern.WHORL: 0.279,
    },
    "left": {
        Pattern.ARCH: 0.037,
        Pattern.TENTED_ARCH: 0.029,
        Pattern.LEFT_LOOP: 0.610,
        Pattern.RIGHT_LOOP: 0.045,
        Pattern.WHORL: 0.279,
    },
}


@dataclass(frozen=True, eq=False)
class Master:
    """Ridges of one finger: 1 on a ridge, -1 in a furrow."""

    ridges: Field
    pattern: Pattern
    position: int


@dataclass(frozen=True)
class _Core:
    """Where ridges turn back; `parallel` is how much side by side they leave towards `opening` (radians)."""

    x: float
    y: float
    opening: float
    parallel: float


@dataclass(frozen=True)
class _Singularities:
    cores: tuple[_Core, ...]
    deltas: tuple[tuple[float, float], ...]


def grow_master(seed: int, person: int, position: int, pattern: Pattern | None = None) -> Master:
    """The same finger for the same three numbers; `pattern` overrides the drawn class."""
    rng = np.random.default_rng([seed, person, position, _MASTER_TAG])
    drawn = draw_pattern(rng, position)
    chosen = pattern or drawn
    angles = ridge_angles(rng, chosen)
    period = rng.uniform(*PERIODS)
    half = cv2.resize(_doubled(angles), (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    ridges = _grow(_seeds(rng), _halved(half), period / 2, GROWTH_ROUNDS)
    larger = cv2.resize(ridges, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    ridges = _grow(np.asarray(larger, np.float32), angles, period, FINISHING_ROUNDS)
    return Master(_vary_period(rng, ridges), chosen, position)


def draw_pattern(rng: np.random.Generator, position: int) -> Pattern:
    shares = SHARES["right" if position <= 5 else "left"]
    return list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]


def ridge_angles(rng: np.random.Generator, pattern: Pattern) -> Field:
    """Direction of the ridge at each pixel in radians, y growing downwards, known up to half a turn."""
    down, right = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    centre_x = WIDTH / 2 + rng.normal(0, 7)
    centre_y = HEIGHT * 0.46 + rng.normal(0, 9)
    if pattern is Pattern.ARCH:
        return _arch_angles(rng, right - centre_x, down - centre_y)
    points = _singularities(rng, pattern)
    twice = np.zeros((HEIGHT, WIDTH))
    for core in points.cores:
        x, y = right - centre_x - core.x, down - centre_y - core.y
        around = np.arctan2(y, x)
        near = np.exp(-(x**2 + y**2) / (2 * LOOP_REACH**2))
        twice += _bent(rng, around) - core.parallel * near * np.sin(around - core.opening)
    for delta_x, delta_y in points.deltas:
        twice -= _bent(rng, np.arctan2(down - centre_y - delta_y, right - centre_x - delta_x))
    above = np.clip((centre_y - down) / 130, 0, 1.2)
    tip = rng.uniform(0.25, 0.5) * above * np.clip((right - centre_x) / (WIDTH / 2), -1, 1)
    return np.asarray(twice / 2 + tip, dtype=np.float32)


def _singularities(rng: np.random.Generator, pattern: Pattern) -> _Singularities:
    def about(x: float, y: float) -> tuple[float, float]:
        return x + rng.normal(0, 8), y + rng.normal(0, 9)

    if pattern is Pattern.WHORL:
        apart = rng.uniform(6, 26)
        lean = rng.normal(0, 5)
        upper = _Core(-lean, -apart, math.pi / 2, rng.uniform(0, 0.4))
        lower = _Core(lean, apart, -math.pi / 2, rng.uniform(0, 0.4))
        return _Singularities((upper, lower), (about(-96, 118), about(96, 118)))
    if pattern is Pattern.TENTED_ARCH:
        core = _Core(0, 0, math.pi / 2, rng.uniform(0.2, 0.5))
        return _Singularities((core,), ((rng.normal(0, 4), 92 + rng.normal(0, 8)),))
    side = 1 if pattern is Pattern.LEFT_LOOP else -1
    opening = math.pi / 2 + side * rng.uniform(0.45, 0.75)
    return _Singularities((_Core(0, 0, opening, rng.uniform(0.75, 0.95)),), (about(side * 84, 112),))


def _bent(rng: np.random.Generator, angle: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Real fingers do not turn evenly around a core or delta: low harmonics, too small to undo the turn."""
    return angle + rng.normal(0, 0.12) * np.sin(angle) + rng.normal(0, 0.06) * np.sin(2 * angle)


def _arch_angles(rng: np.random.Generator, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Field:
    """Ridges that run from side to side and rise in the middle, least near the crease."""
    steepness = rng.uniform(0.75, 1.15)
    rise = np.exp(-((y / 120) ** 2)) + 0.45 / (1 + np.exp(y / 40))
    slope = steepness * rise * np.sin(np.clip(x / (WIDTH * 0.42), -1, 1) * math.pi)
    return np.asarray(np.arctan(slope) + rng.normal(0, 0.03), dtype=np.float32)


def _doubled(angles: Field) -> Field:
    """Angles known up to half a turn can be averaged as points of the doubled angle."""
    return np.stack([np.cos(2 * angles), np.sin(2 * angles)], axis=-1).astype(np.float32)


def _halved(points: npt.NDArray[np.generic]) -> Field:
    return np.asarray(np.arctan2(points[..., 1], points[..., 0]) / 2, dtype=np.float32)


def _seeds(rng: np.random.Generator) -> Field:
    seeds = rng.normal(0, 0.015, (HEIGHT // 2, WIDTH // 2)).astype(np.float32)
    rows = rng.integers(8, HEIGHT // 2 - 8, SEEDS)
    columns = rng.integers(8, WIDTH // 2 - 8, SEEDS)
    seeds[rows, columns] = 1.0
    return seeds


def _ridge_filters(period: float) -> list[Field]:
    """One oriented filter per direction: a few ridges across, no answer to plain grey."""
    radius = round(period)
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float64)
    window = np.exp(-(x**2 + y**2) / (2 * (0.45 * period) ** 2))
    filters = []
    for number in range(ORIENTATIONS):
        angle = math.pi * number / ORIENTATIONS
        across = y * math.cos(angle) - x * math.sin(angle)
        wave = window * np.cos(2 * math.pi * across / period)
        wave -= window * wave.sum() / window.sum()
        filters.append((wave / np.abs(wave).sum()).astype(np.float32))
    return filters


def _grow(ridges: Field, angles: Field, period: float, rounds: int) -> Field:
    filters = _ridge_filters(period)
    turns = np.mod(angles, math.pi) * (ORIENTATIONS / math.pi)
    nearest = (np.rint(turns).astype(np.int64) % ORIENTATIONS)[np.newaxis]
    for _ in range(rounds):
        answers = np.stack(
            [cv2.filter2D(ridges, -1, kernel, borderType=cv2.BORDER_REFLECT) for kernel in filters]
        )
        ridges = np.tanh(14 * np.take_along_axis(answers, nearest, axis=0)[0])
    return ridges


def _vary_period(rng: np.random.Generator, ridges: Field) -> Field:
    """Stretch and squeeze gently, so that the distance between ridges is not the same everywhere."""
    shift_x, shift_y = smooth_field(rng, ridges.shape, 9, 4.0), smooth_field(rng, ridges.shape, 9, 4.0)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    warped = cv2.remap(
        ridges, columns + shift_x, rows + shift_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped, dtype=np.float32)


def smooth_field(
    rng: np.random.Generator, shape: tuple[int, ...], coarseness: float, deviation: float
) -> Field:
    """A random field that varies slowly, over about `coarseness` x 8 pixels, with this standard deviation."""
    rough = rng.normal(0, 1, (shape[0] // 8, shape[1] // 8)).astype(np.float32)
    field = cv2.resize(
        cv2.GaussianBlur(rough, (0, 0), coarseness), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray((field - field.mean()) / (field.std() + 1e-9) * deviation, dtype=np.float32)
