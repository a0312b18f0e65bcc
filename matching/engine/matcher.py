"""How alike two impressions are: local structures propose pairs of minutiae, geometry says which agree.

1. Every minutia of one print is compared with every one of the other by its local structure.
2. The best pairs each propose a rotation and a shift; the proposal that most other pairs agree with wins.
3. It is refined over the pairs that agree, and all minutiae are paired one to one under it.
4. The score grows with the agreement found and, squared, with the share of the common area that agrees.

The constants were chosen on three public sets of the FVC competitions; those of the finger's own scale
(tolerances, shares) matter most, and the error rates change little around the values below.

A score has no unit and is comparable only between templates of the same extractor and version.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.engine.cylinders import Prepared, Structures, prepare
from matching.engine.errors import TemplateRefused
from matching.engine.template import FloatArray, Template

IntArray = npt.NDArray[np.int64]

MAX_ROTATION: Final = 1.3  # radians between two impressions; nobody is booked with the hand upside down
LEAST_COMMON_CELLS: Final = 24  # fewer cells seen by both say nothing
LEAST_SIMILARITY: Final = 0.25  # of local structures; unrelated ones reach about 0.2
CANDIDATE_PAIRS: Final = 140
ROOTS: Final = 20
DISTANCE_TOLERANCE: Final = 9.0  # pixels, scaled with the distance from the root: skin stretches
ANGLE_TOLERANCE: Final = 0.35  # radians
FEWEST_MINUTIAE: Final = 4
HIT_WEIGHT: Final = 0.2  # of one paired minutia against one agreeing local structure
SCALE: Final = 10.0  # brings a good match to about 100
SMALLEST_OVERLAP: Final = 5  # minutiae; below it the share of agreement is not trusted


@dataclass(frozen=True)
class Alignment:
    """Turn about the origin by `rotation`, then shift: carries points of the first print onto the second."""

    rotation: float
    shift_x: float
    shift_y: float

    def carry(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        cos, sin = np.float32(math.cos(self.rotation)), np.float32(math.sin(self.rotation))
        return cos * x - sin * y + np.float32(self.shift_x), sin * x + cos * y + np.float32(self.shift_y)


def compare(first: Template | Prepared, second: Template | Prepared) -> float:
    """Score of two impressions in either order, 0 when nothing agrees. Raises TemplateRefused."""
    one = first if isinstance(first, Prepared) else prepare(first)
    two = second if isinstance(second, Prepared) else prepare(second)
    check_comparable(one.template, two.template)
    if min(len(one), len(two)) < FEWEST_MINUTIAE:
        return 0.0
    if (len(one), one.template.to_bytes()) > (len(two), two.template.to_bytes()):
        one, two = two, one
    return _score(one, two, local_similarity(one, two))


def check_comparable(one: Template, two: Template) -> None:
    """Scores across extractors or versions mean nothing. Raises TemplateRefused."""
    if (one.extractor, one.version) != (two.extractor, two.version):
        raise TemplateRefused(
            f"A template of {one.extractor} {one.version} cannot be compared with one of "
            f"{two.extractor} {two.version}; extract both with the same version."
        )


def similarity_of_structures(one: Structures, two: Structures) -> FloatArray:
    """1 for equal local structures, about 0.2 for unrelated ones, 0 where too few cells were seen by both."""
    common = one.cells[:, np.newaxis] & two.cells
    mine, theirs, both = (np.zeros(common.shape, dtype=np.uint16) for _ in range(3))
    for bits, other in zip(one.bits, two.bits, strict=True):
        seen = bits[:, np.newaxis] & common
        mine += np.bitwise_count(seen)
        theirs += np.bitwise_count(other & common)
        both += np.bitwise_count(seen & other)
    different = (mine + theirs - 2 * both).astype(np.float32)
    size = np.sqrt(mine.astype(np.float32)) + np.sqrt(theirs.astype(np.float32))
    similarity = 1 - np.sqrt(different) / np.maximum(size, np.float32(1e-6))
    similarity[np.bitwise_count(common) < LEAST_COMMON_CELLS] = 0
    return np.asarray(similarity)


def turn_between(one: FloatArray, two: FloatArray) -> FloatArray:
    """Difference of directions in (-pi, pi], for every pair."""
    difference = two[np.newaxis, :] - one[:, np.newaxis]
    return np.asarray(
        np.remainder(difference + np.float32(math.pi), np.float32(2 * math.pi)) - np.float32(math.pi)
    )


def local_similarity(one: Prepared, two: Prepared) -> FloatArray:
    """Similarity of all pairs of minutiae, 0 where one print would have to be turned too far."""
    similarity = similarity_of_structures(one.structures, two.structures)
    similarity[np.abs(turn_between(one.direction, two.direction)) > MAX_ROTATION] = 0
    return similarity


def _score(one: Prepared, two: Prepared, similarity: FloatArray) -> float:
    flat = similarity.ravel()
    count = min(CANDIDATE_PAIRS, flat.size)
    best = np.argpartition(flat, flat.size - count)[flat.size - count :]
    best = best[flat[best] > LEAST_SIMILARITY]
    if len(best) < 3:
        return 0.0
    best = best[np.argsort(-flat[best], kind="stable")]
    left, right = np.divmod(best, similarity.shape[1])
    weight = flat[best] - np.float32(LEAST_SIMILARITY)
    agreeing, consensus = _consensus(one, two, left, right, weight)
    alignment = _fit(one, two, left[agreeing], right[agreeing])
    hits, overlap = _pair_all(one, two, alignment)
    share = hits / max(overlap, SMALLEST_OVERLAP)
    return SCALE * (consensus + HIT_WEIGHT * hits) * share**2


def _wrap(angle: FloatArray) -> FloatArray:
    return np.asarray(
        np.remainder(angle + np.float32(math.pi), np.float32(2 * math.pi)) - np.float32(math.pi)
    )


def _consensus(
    one: Prepared, two: Prepared, left: IntArray, right: IntArray, weight: FloatArray
) -> tuple[IntArray, float]:
    """The pairs that agree with the best root, and the sum of their weights, each minutia counted once."""
    turn = _wrap(two.direction[right] - one.direction[left])
    root_turn = turn[:ROOTS]
    x, y = one.template.x[left], one.template.y[left]
    u, v = two.template.x[right], two.template.y[right]
    dx, dy = x - x[:ROOTS, np.newaxis], y - y[:ROOTS, np.newaxis]
    cos, sin = np.cos(root_turn)[:, np.newaxis], np.sin(root_turn)[:, np.newaxis]
    off_x = u - u[:ROOTS, np.newaxis] - (cos * dx - sin * dy)
    off_y = v - v[:ROOTS, np.newaxis] - (sin * dx + cos * dy)
    tolerance = DISTANCE_TOLERANCE * (0.5 + 0.01 * np.sqrt(dx * dx + dy * dy))
    agree = (off_x * off_x + off_y * off_y < tolerance * tolerance) & (
        np.abs(_wrap(turn - root_turn[:, np.newaxis])) < ANGLE_TOLERANCE
    )
    table = np.zeros((len(root_turn), len(one), len(two)), dtype=np.float32)
    table[:, left, right] = agree * weight
    totals = np.minimum(table.max(axis=2).sum(axis=1), table.max(axis=1).sum(axis=1))
    winner = int(np.argmax(totals))
    best = table[winner]
    kept = best[left, right]
    mutual = (kept > 0) & (kept >= best.max(axis=1)[left]) & (kept >= best.max(axis=0)[right])
    return np.flatnonzero(mutual), float(totals[winner])


def _fit(one: Prepared, two: Prepared, left: IntArray, right: IntArray) -> Alignment:
    """Least-squares rotation and shift over agreeing pairs; one pair alone is turned by its directions."""
    x, y = one.template.x[left], one.template.y[left]
    u, v = two.template.x[right], two.template.y[right]
    mean_x, mean_y, mean_u, mean_v = (float(a.mean()) for a in (x, y, u, v))
    dot = float(((x - mean_x) * (u - mean_u) + (y - mean_y) * (v - mean_v)).sum())
    cross = float(((x - mean_x) * (v - mean_v) - (y - mean_y) * (u - mean_u)).sum())
    if len(left) >= 2 and (dot or cross):
        rotation = math.atan2(cross, dot)
    else:
        rotation = float(two.direction[right[0]] - one.direction[left[0]])
    cos, sin = math.cos(rotation), math.sin(rotation)
    return Alignment(
        rotation,
        mean_u - (cos * mean_x - sin * mean_y),
        mean_v - (sin * mean_x + cos * mean_y),
    )


def _pair_all(one: Prepared, two: Prepared, alignment: Alignment) -> tuple[float, int]:
    """Minutiae that fall on each other (nearer counts more), and how many lie in the common area."""
    x, y = alignment.carry(one.template.x, one.template.y)
    u, v = two.template.x, two.template.y
    distance = np.sqrt((x[:, np.newaxis] - u) ** 2 + (y[:, np.newaxis] - v) ** 2)
    away = np.sqrt((x - x.mean()) ** 2 + (y - y.mean()) ** 2)
    tolerance = (DISTANCE_TOLERANCE * (0.7 + 0.006 * away))[:, np.newaxis]
    turn = _wrap(two.direction - one.direction[:, np.newaxis] - np.float32(alignment.rotation))
    possible = (distance < tolerance) & (np.abs(turn) < 1.3 * ANGLE_TOLERANCE)
    distance = np.where(possible, distance, np.inf)
    nearest = distance.argmin(axis=1)
    rows = np.arange(len(x))
    mutual = possible[rows, nearest] & (distance.argmin(axis=0)[nearest] == rows)
    hits = float((1 - 0.5 * distance[rows, nearest] / tolerance[:, 0])[mutual].sum())
    overlap = min(_inside(x, y, u, v), _inside(u, v, x, y))
    return hits, overlap


def _inside(x: FloatArray, y: FloatArray, u: FloatArray, v: FloatArray) -> int:
    """How many points (x, y) lie in the box of the points (u, v), give or take ten pixels."""
    margin = np.float32(10)
    return int(
        (
            (x > u.min() - margin) & (x < u.max() + margin) & (y > v.min() - margin) & (y < v.max() + margin)
        ).sum()
    )
