"""Impressions: what a scanner sees when a finger is pressed on it, never twice the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from matching.samples.ridges import HEIGHT, WIDTH, Field, Master, grow_master, smooth_field

Image = npt.NDArray[np.uint8]

IMAGE_HEIGHT: Final = 320
IMAGE_WIDTH: Final = 288
PPI: Final = 500
POSITIONS: Final = tuple(range(1, 11))
_IMPRESSION_TAG: Final = 0x1A

# How large each finger is beside the others: thumb, index, middle, ring, little.
_SIZES: Final = (1.06, 0.98, 1.0, 0.97, 0.86)


@dataclass(frozen=True)
class Touch:
    """How the finger meets the glass."""

    rotation: float = 6.0  # degrees, standard deviation
    shift: float = 9.0  # pixels, standard deviation
    stretch: float = 2.2  # pixels the skin moves, standard deviation
    dryness: float = 0.55  # 0 wet to 1 dry: how much of the ridges breaks up
    contrast: float = 1.0
    smear: float = 0.0  # pixels the finger slid
    loss: float = 0.0  # share of the contact that left nothing


CLEAN: Final = Touch()
POOR: Final = Touch(rotation=9, shift=16, stretch=3.5, dryness=1.0, contrast=0.22, smear=14, loss=0.5)


def print_image(seed: int, person: int, position: int, impression: int = 1, *, poor: bool = False) -> Image:
    """One impression of one finger: 320 x 288 pixels, 8-bit grey, 500 ppi, dark ridges on light glass."""
    return impress(grow_master(seed, person, position), seed, person, impression, POOR if poor else CLEAN)


def impress(master: Master, seed: int, person: int, impression: int, touch: Touch = CLEAN) -> Image:
    """Press the finger once. The same numbers give the same picture."""
    rng = np.random.default_rng([seed, person, master.position, impression, _IMPRESSION_TAG])
    ridges = _press(rng, _place(rng, master.ridges, touch))
    ridges = _break_up(rng, ridges, touch.dryness)
    ridges = _scratch(rng, ridges)
    contact = _contact(rng, master.position, touch)
    gray = _expose(rng, ridges, contact, touch)
    top, left = (HEIGHT - IMAGE_HEIGHT) // 2, (WIDTH - IMAGE_WIDTH) // 2
    return gray[top : top + IMAGE_HEIGHT, left : left + IMAGE_WIDTH]


def _grid() -> tuple[Field, Field]:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return columns - WIDTH / 2, rows - HEIGHT / 2


def _place(rng: np.random.Generator, ridges: Field, touch: Touch) -> Field:
    """Turn, shift and stretch."""
    across, down = _grid()
    angle = np.deg2rad(rng.normal(0, touch.rotation))
    shift_x, shift_y = rng.normal(0, touch.shift, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    from_x = cos * across - sin * down + WIDTH / 2 + shift_x
    from_y = sin * across + cos * down + HEIGHT / 2 + shift_y
    from_x = from_x + smooth_field(rng, ridges.shape, 7, touch.stretch)
    from_y = from_y + smooth_field(rng, ridges.shape, 7, touch.stretch)
    placed = cv2.remap(
        ridges,
        from_x.astype(np.float32),
        from_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(placed, dtype=np.float32)


def _press(rng: np.random.Generator, ridges: Field) -> Field:
    """Pressure makes ridges broad, its absence thin: 0 in a furrow to 1 on a ridge."""
    pressure = rng.normal(0, 0.16) + smooth_field(rng, ridges.shape, 12, 0.2)
    return np.asarray(1 / (1 + np.exp(-5 * (ridges + pressure))), dtype=np.float32)


def _break_up(rng: np.random.Generator, ridges: Field, dryness: float) -> Field:
    """Sweat pores as small light dots on the ridges, and grain that dry skin leaves."""
    height, width = ridges.shape
    pores = np.zeros_like(ridges)
    count = height * width // 130
    pores[rng.integers(0, height, count), rng.integers(0, width, count)] = 1
    dots = 5 * cv2.GaussianBlur(pores, (0, 0), 0.9)
    grain = cv2.GaussianBlur(rng.normal(0, 1, ridges.shape).astype(np.float32), (0, 0), 1.1)
    grain = np.maximum(0, grain / grain.std() - (1.7 - dryness)) * (0.35 + 0.3 * dryness)
    patches = np.clip(0.6 + smooth_field(rng, ridges.shape, 6, 0.5), 0, 1.4)
    lost = 0.5 * np.clip(dots, 0, 1) + grain * patches
    return np.asarray(np.clip(ridges * (1 - lost), 0, 1), dtype=np.float32)


def _scratch(rng: np.random.Generator, ridges: Field) -> Field:
    """Fine lines and small scars that cross the ridges, different each time."""
    for _ in range(rng.poisson(1.3)):
        line = np.zeros_like(ridges)
        start = rng.uniform(0.2, 0.8, 2) * (WIDTH, HEIGHT)
        end = start + rng.normal(0, 50, 2)
        bend = (start + end) / 2 + rng.normal(0, 6, 2)
        points = np.rint(np.stack([start, bend, end])).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(line, [points], False, 1.0, int(rng.integers(1, 3)), cv2.LINE_AA)
        ridges = ridges * (1 - 0.8 * line)
    return ridges


def _contact(rng: np.random.Generator, position: int, touch: Touch) -> Field:
    """Where skin touched: a finger-shaped oval with an uneven edge, 0 to 1."""
    across, down = _grid()
    size = _SIZES[(position - 1) % 5]
    half_width = IMAGE_WIDTH * rng.uniform(0.41, 0.46) * size
    half_height = IMAGE_HEIGHT * rng.uniform(0.42, 0.47) * size
    x = (across - rng.normal(0, 4)) / half_width
    y = (down - rng.normal(0, 5)) / half_height
    y = np.where(y > 0, y * 0.93, y)  # the tip is round, the lower end is cut off more squarely
    reach = (np.abs(x) ** 2.3 + np.abs(y) ** 2.3) ** (1 / 2.3) + smooth_field(rng, across.shape, 3, 0.022)
    contact = 1 / (1 + np.exp(26 * (reach - 1)))
    if touch.loss:
        patches = smooth_field(rng, across.shape, 5, 1.0)
        contact = contact / (1 + np.exp(-6 * (patches - np.quantile(patches, touch.loss))))
    return np.asarray(contact, dtype=np.float32)


def _expose(rng: np.random.Generator, ridges: Field, contact: Field, touch: Touch) -> Image:
    """Grey levels as a scanner gives them: light glass, a trace of moisture in the furrows, some noise."""
    ink = rng.uniform(165, 200) * touch.contrast
    gray = 243 - contact * (ridges * ink + 14 + smooth_field(rng, ridges.shape, 10, 4))
    if touch.smear:
        gray = _smear(rng, gray.astype(np.float32), touch.smear)
    soft = cv2.GaussianBlur(gray.astype(np.float32), (0, 0), 0.7) + rng.normal(0, 3, gray.shape)
    return np.asarray(np.clip(np.rint(soft), 0, 255), dtype=np.uint8)


def _smear(rng: np.random.Generator, gray: Field, length: float) -> Field:
    """The finger slid while it was read."""
    size = 2 * round(length) + 1
    kernel = np.zeros((size, size), dtype=np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    middle = np.array([size // 2, size // 2])
    start, end = (tuple(int(v) for v in np.rint(middle + way * reach)) for way in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1)
    return np.asarray(cv2.filter2D(gray, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))
