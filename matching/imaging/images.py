"""What goes into decoding and what comes out."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image as received. `width` and `height` are what its record says, None where it says nothing."""

    compression: str
    data: bytes = field(repr=False)
    width: int | None = None
    height: int | None = None
    ppi: int = 500
    label: str = "The image"


@dataclass(frozen=True, slots=True, eq=False)
class GreyImage:
    """Eight-bit grey pixels, row by row, 0 is black."""

    pixels: npt.NDArray[np.uint8] = field(repr=False)
    ppi: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An image that was not decoded, with a sentence that says why and what to do.

    `code`: unsupported, header, size_differs, too_small, too_large, damaged, crashed, timeout or memory.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call. The defaults fit single fingers at 500 ppi; slaps need more."""

    max_width: int = 1000
    max_height: int = 1000
    cpu_seconds: int = 3  # per image
    wall_seconds: float = 8.0  # per image, while the machine is busy
    batch_wall_seconds: float = 60.0
    memory_bytes: int = 512 * 1024 * 1024


class _Print(Protocol):
    @property
    def position(self) -> int: ...
    @property
    def compression(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def ppi(self) -> int: ...


def from_print(image: _Print) -> EncodedImage:
    """A print of an EFT file, ready to be decoded."""
    return EncodedImage(
        compression=image.compression,
        data=image.data,
        width=image.width,
        height=image.height,
        ppi=image.ppi,
        label=f"The image of finger position {image.position}",
    )
