"""Where the finger is in the image: ridges make local contrast, the empty platen does not."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

BLOCK: Final = 8  # pixels; about one ridge period
CONTRAST: Final = 0.30  # share of the image's strongest local contrast that still counts as ridges
LOWEST_CONTRAST: Final = 7.0  # grey levels; below it even the strongest place is an empty platen

Gray = npt.NDArray[np.uint8]


def foreground(image: Gray) -> npt.NDArray[np.bool_]:
    """Mask of 8 x 8 blocks, true where ridges are; smoothed, so that no single block stands alone."""
    height, width = (max(1, side // BLOCK) for side in image.shape)
    pixels = image[: height * BLOCK, : width * BLOCK].astype(np.float32)
    deviation = cv2.boxFilter(pixels * pixels, -1, (2 * BLOCK, 2 * BLOCK))
    deviation = np.sqrt(np.maximum(deviation - cv2.boxFilter(pixels, -1, (2 * BLOCK, 2 * BLOCK)) ** 2, 0))
    contrast = cv2.resize(deviation, (width, height), interpolation=cv2.INTER_AREA)
    strongest = float(np.quantile(contrast, 0.95))
    limit = max(LOWEST_CONTRAST, CONTRAST * strongest)
    mask = cv2.medianBlur((contrast > limit).astype(np.uint8), 5) > 0
    return np.asarray(mask, dtype=np.bool_)


def crop_box(
    mask: npt.NDArray[np.bool_], shape: tuple[int, int], *, margin: int, multiple: int
) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of the finger plus a margin; sides grow to a multiple where there is room."""
    if not mask.any():
        return 0, shape[0], 0, shape[1]
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    top, bottom = _grow(int(rows[0]) * BLOCK, int(rows[-1] + 1) * BLOCK, shape[0], margin, multiple)
    left, right = _grow(int(columns[0]) * BLOCK, int(columns[-1] + 1) * BLOCK, shape[1], margin, multiple)
    return top, bottom, left, right


def _grow(start: int, stop: int, limit: int, margin: int, multiple: int) -> tuple[int, int]:
    start, stop = max(0, start - margin), min(limit, stop + margin)
    wanted = min(limit, -(-(stop - start) // multiple) * multiple)
    start = max(0, min(start - (wanted - (stop - start)) // 2, limit - wanted))
    return start, start + wanted
