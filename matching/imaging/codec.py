"""The WSQ codec itself. Decoding may crash or never end: only `child` may do that, under its limits."""

from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

_RATIO = 12  # about 14 to 1; the library knows no other rate


def encode_wsq(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Compress our own grey image. Evidence is never encoded again."""
    if pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise ValueError("encode_wsq takes a two-dimensional array of uint8.")
    height, width = pixels.shape
    library: Any = import_module("_wsq")
    encoded: bytes = library.compress(np.ascontiguousarray(pixels).tobytes(), height, width, _RATIO)
    return encoded
