"""Templates to work with: drawn at random where only geometry matters, extracted where the network does."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from matching.engine.gallery import Gallery
from matching.engine.leader import Extractor
from matching.engine.template import Template
from matching.samples.generate import DATA, GALLERY

MakeTemplate = Callable[..., Template]


@pytest.fixture(scope="session")
def extractor() -> Extractor:
    return Extractor()


@pytest.fixture(scope="session")
def committed_gallery() -> Gallery:
    return Gallery.load(DATA / GALLERY)


def random_finger(number: int, *, count: int = 40) -> np.ndarray:
    """Minutiae (x, y, angle, quality) of a finger that exists nowhere, at least 8 pixels apart."""
    rng = np.random.default_rng([number, 0xABC])
    rows: list[tuple[float, float, float, float]] = []
    while len(rows) < count:
        x, y = rng.uniform(30, 250), rng.uniform(30, 290)
        if all(math.hypot(x - a, y - b) > 8 for a, b, _, _ in rows):
            rows.append((x, y, rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 1)))
    return np.array(rows)


def pressed(finger: np.ndarray, number: int) -> np.ndarray:
    """The same finger again: turned, shifted, a little inexact, with a few minutiae lost."""
    rng = np.random.default_rng([number, 0xDEF])
    turn, shift = rng.normal(0, 0.15), rng.normal(0, 8, 2)
    kept = finger[rng.random(len(finger)) > 0.12].copy()
    x, y = kept[:, 0] - 144, kept[:, 1] - 160
    kept[:, 0] = np.clip(
        x * math.cos(turn) - y * math.sin(turn) + 144 + shift[0] + rng.normal(0, 1, len(kept)), 0, 287
    )
    kept[:, 1] = np.clip(
        x * math.sin(turn) + y * math.cos(turn) + 160 + shift[1] + rng.normal(0, 1, len(kept)), 0, 319
    )
    kept[:, 2] -= turn  # angles count the other way round than image geometry turns
    return kept


def template_of(rows: np.ndarray, *, version: str = "1") -> Template:
    return Template.build(rows, width=288, height=320, extractor="random", version=version)


def person(number: int, *, impression: int = 0, positions: range = range(1, 11)) -> dict[int, Template]:
    """Ten fingers of an invented person; impression 0 is what a gallery has on file."""
    prints = {}
    for position in positions:
        finger = random_finger(number * 100 + position)
        rows = pressed(finger, impression * 1000 + number * 100 + position) if impression else finger
        prints[position] = template_of(rows)
    return prints
