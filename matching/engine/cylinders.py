"""Local structures: what the neighbourhood of each minutia looks like, as a few hundred bits.

After the minutia cylinder code of Cappelli, Ferrara and Maltoni (2010), written from the idea: around each
minutia, turned to its own direction, lies a disc of cells; a cell has one bit per relative direction, set
when neighbouring minutiae of about that direction lie near the cell. Being relative, the bits do not change
when the finger is turned or shifted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from matching.engine.template import FloatArray, Template

RADIUS: Final = 70.0  # pixels: about eight ridges each way
GRID: Final = 8  # cells across the disc
DIRECTIONS: Final = 6  # bits per cell, over a full turn
CELL_DEVIATION: Final = 28 / 3  # pixels a neighbour's mass is spread over
DIRECTION_DEVIATION: Final = 2 * math.pi / 9
LEAST_MASS: Final = 0.005  # mass that sets a bit
HULL_MARGIN: Final = (
    40.0  # cells farther than this outside the hull of all minutiae were not seen: no bit counts there
)
_DIRECTION_TABLE: Final = 256

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Structures:
    """Local structures of many minutiae, one bit per cell: 56 bytes for each minutia.

    Words and bit counts are used throughout and no matrix products, because the threads of a BLAS library would
    fight over the cores with the worker processes around them.
    """

    bits: Words  # direction x minutia: a word whose bits are the cells; 0 in cells that do not count
    cells: Words  # minutia: which cells count

    def part(self, begin: int, end: int) -> Structures:
        return Structures(self.bits[:, begin:end], self.cells[begin:end])

    @classmethod
    def join(cls, parts: Sequence[Structures]) -> Structures:
        none = np.zeros((DIRECTIONS, 0), dtype=np.uint64)
        return cls(
            np.concatenate([none, *(part.bits for part in parts)], axis=1),
            np.concatenate([none[0], *(part.cells for part in parts)]),
        )


@dataclass(frozen=True, eq=False)
class Prepared:
    """A template with its local structures, ready to be compared many times."""

    template: Template
    direction: (
        FloatArray  # radians, clockwise as y grows downwards: the sense in which image geometry is computed
    )
    structures: Structures

    def __len__(self) -> int:
        return len(self.direction)


def _disc() -> FloatArray:
    step = 2 * RADIUS / GRID
    ticks = (np.arange(GRID) - (GRID - 1) / 2) * step
    along, across = np.meshgrid(ticks, ticks, indexing="ij")
    inside = along**2 + across**2 <= RADIUS**2
    return np.stack([along[inside], across[inside]], axis=1).astype(np.float32)


def _direction_masses() -> FloatArray:
    """Share of a neighbour's mass in each direction slice, by its relative direction in 256 steps."""
    relative = np.arange(_DIRECTION_TABLE) * (2 * math.pi / _DIRECTION_TABLE)
    centres = -math.pi + (np.arange(DIRECTIONS) + 0.5) * (2 * math.pi / DIRECTIONS)
    away = (centres[np.newaxis, :] - relative[:, np.newaxis] + math.pi) % (2 * math.pi) - math.pi
    half, spread = math.pi / DIRECTIONS, DIRECTION_DEVIATION * math.sqrt(2)
    erf = np.vectorize(math.erf)
    return np.asarray(0.5 * (erf((away + half) / spread) - erf((away - half) / spread)), dtype=np.float32)


DISC: Final = _disc()
CELLS: Final = len(DISC)  # 52, so that they fit into one word
_MASSES: Final = _direction_masses()


def prepare(template: Template) -> Prepared:
    """Compute the local structures of all minutiae at once."""
    direction = -template.angle
    return Prepared(template, direction, _structures(np.stack([template.x, template.y], axis=1), direction))


def _structures(points: FloatArray, direction: FloatArray) -> Structures:
    count = len(points)
    if count < 3:
        return Structures(np.zeros((DIRECTIONS, count), dtype=np.uint64), np.zeros(count, dtype=np.uint64))
    cos, sin = np.cos(direction), np.sin(direction)
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], axis=1)
    places = points[:, np.newaxis, :] + np.einsum("nij,cj->nci", turn, DISC)
    mass = np.matmul(_nearness(places, points), _relative_directions(direction))
    seen = _seen(places, points)
    set_bits = (mass > LEAST_MASS) & seen[..., np.newaxis]
    return Structures(_words(set_bits.transpose(2, 0, 1)), _words(seen))


def _words(cells: npt.NDArray[np.bool_]) -> Words:
    """The last axis, one truth value per cell, as the bits of a word."""
    padded = np.zeros((*cells.shape[:-1], 64), dtype=np.bool_)
    padded[..., : cells.shape[-1]] = cells
    return np.packbits(padded, axis=-1).view(np.uint64)[..., 0]


def _nearness(places: FloatArray, points: FloatArray) -> FloatArray:
    """Gaussian mass each minutia puts into each cell of each other minutia: minutia x cell x neighbour."""
    squared = (places[..., 0, np.newaxis] - points[:, 0]) ** 2
    squared += (places[..., 1, np.newaxis] - points[:, 1]) ** 2
    squared *= -1 / (2 * CELL_DEVIATION**2)
    near = np.exp(squared, out=squared)
    near[near < math.exp(-4.5)] = 0  # three deviations
    own = np.arange(len(points))
    near[own, :, own] = 0
    near *= 1 / (CELL_DEVIATION * math.sqrt(2 * math.pi))
    return np.asarray(near, dtype=np.float32)


def _relative_directions(direction: FloatArray) -> FloatArray:
    """Mass by direction slice of each neighbour as seen from each minutia: minutia x neighbour x slice."""
    relative = direction[np.newaxis, :] - direction[:, np.newaxis]
    step = np.rint(relative * (_DIRECTION_TABLE / (2 * math.pi))).astype(np.int64) % _DIRECTION_TABLE
    return np.asarray(_MASSES[step])


def _seen(places: FloatArray, points: FloatArray) -> npt.NDArray[np.bool_]:
    """Cells within HULL_MARGIN of the convex hull of all minutiae."""
    hull = cv2.convexHull(points.astype(np.float32)).reshape(-1, 2)
    edges = np.roll(hull, -1, axis=0) - hull
    lengths = np.sqrt((edges**2).sum(axis=1)) + 1e-9
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / lengths[:, np.newaxis]
    centre = hull.mean(axis=0)
    offsets = (normals * hull).sum(axis=1)
    outwards = np.where(normals @ centre <= offsets, 1.0, -1.0).astype(np.float32)
    beyond = places @ (normals * outwards[:, np.newaxis]).T - offsets * outwards
    return np.asarray(beyond.max(axis=-1) <= HULL_MARGIN, dtype=np.bool_)
