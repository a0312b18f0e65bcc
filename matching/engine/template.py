"""A fingerprint template: at most 80 minutiae in a compact, versioned form.

Coordinates are pixels at 500 ppi, x to the right and y downwards from the top left corner. The angle is the
direction of the minutia in radians, counter-clockwise as one looks at the image, from 0 (pointing right) up
to 2 pi: the step along it is (cos angle, -sin angle) in image coordinates. Values lie on the grid of the
stored form, so what is compared right after extraction is exactly what a later search reads back.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.engine.errors import TemplateRefused

FloatArray = npt.NDArray[np.float32]

MAX_MINUTIAE: Final = 80
PPI: Final = 500
MAX_SIDE: Final = 1000

POSITION_STEPS: Final = 32  # steps per pixel
ANGLE_STEPS: Final = 256  # steps per turn, 1.4 degrees
QUALITY_STEPS: Final = 255

MAGIC: Final = b"CHT1"
_HEADER: Final = struct.Struct("<4sBBHHB")  # magic, reserved, length of names, width, height, count
_MINUTIA: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("angle", "u1"), ("quality", "u1")])


@dataclass(frozen=True, eq=False)
class Template:
    """Minutiae of one impression and which extractor, in which version, found them."""

    x: FloatArray
    y: FloatArray
    angle: FloatArray
    quality: FloatArray
    width: int
    height: int
    extractor: str
    version: str

    def __len__(self) -> int:
        return len(self.x)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    @classmethod
    def build(
        cls,
        minutiae: npt.NDArray[np.floating],
        *,
        width: int,
        height: int,
        extractor: str,
        version: str,
    ) -> Template:
        """The best 80 of rows (x, y, angle, quality), on the stored grid and ordered by quality."""
        rows = np.asarray(minutiae, dtype=np.float64).reshape(-1, 4)
        best = np.lexsort((rows[:, 0], rows[:, 1], -rows[:, 3]))[:MAX_MINUTIAE]
        packed = np.zeros(len(best), dtype=_MINUTIA)
        packed["x"] = np.clip(np.rint(rows[best, 0] * POSITION_STEPS), 0, 65535)
        packed["y"] = np.clip(np.rint(rows[best, 1] * POSITION_STEPS), 0, 65535)
        packed["angle"] = np.rint(rows[best, 2] * (ANGLE_STEPS / (2 * math.pi))) % ANGLE_STEPS
        packed["quality"] = np.clip(np.rint(rows[best, 3] * QUALITY_STEPS), 0, QUALITY_STEPS)
        return cls._from_packed(packed, width, height, extractor, version)

    @classmethod
    def _from_packed(
        cls, packed: npt.NDArray[np.void], width: int, height: int, extractor: str, version: str
    ) -> Template:
        return cls(
            x=packed["x"].astype(np.float32) / np.float32(POSITION_STEPS),
            y=packed["y"].astype(np.float32) / np.float32(POSITION_STEPS),
            angle=(packed["angle"] * (2 * math.pi / ANGLE_STEPS)).astype(np.float32),
            quality=packed["quality"].astype(np.float32) / np.float32(QUALITY_STEPS),
            width=width,
            height=height,
            extractor=extractor,
            version=version,
        )

    def to_bytes(self) -> bytes:
        """Header, extractor and version, then six bytes per minutia, little-endian."""
        packed = np.zeros(len(self), dtype=_MINUTIA)
        packed["x"] = np.rint(self.x * POSITION_STEPS)
        packed["y"] = np.rint(self.y * POSITION_STEPS)
        packed["angle"] = np.rint(self.angle * (ANGLE_STEPS / (2 * math.pi))) % ANGLE_STEPS
        packed["quality"] = np.rint(self.quality * QUALITY_STEPS)
        names = f"{self.extractor}:{self.version}".encode("ascii")
        header = _HEADER.pack(MAGIC, 0, len(names), self.width, self.height, len(self))
        return header + names + packed.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Template:
        """Read what to_bytes wrote. Raises TemplateRefused on anything else."""
        if len(data) < _HEADER.size or data[:4] != MAGIC:
            raise TemplateRefused("These bytes are not a template of this engine.")
        _, reserved, name_length, width, height, count = _HEADER.unpack_from(data)
        start = _HEADER.size + name_length
        if reserved or count > MAX_MINUTIAE or len(data) != start + count * _MINUTIA.itemsize:
            raise TemplateRefused("The template is damaged: its length does not agree with its header.")
        try:
            extractor, version = data[_HEADER.size : start].decode("ascii").split(":")
        except ValueError as error:
            raise TemplateRefused("The template does not name its extractor and version.") from error
        packed = np.frombuffer(data, dtype=_MINUTIA, count=count, offset=start)
        return cls._from_packed(packed, width, height, extractor, version)
