"""Minutiae by the LEADER network (Cappelli and Ferrara), run with onnxruntime on one thread."""

from __future__ import annotations

import math
import os
import threading
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from matching.engine.errors import ImageRefused
from matching.engine.foreground import Gray, crop_box, foreground
from matching.engine.fusion import fuse_gelus
from matching.engine.model import MODEL_VERSION, read_checked
from matching.engine.template import MAX_SIDE, PPI, Template

__all__ = ["THRESHOLD", "Extractor", "Template"]

EXTRACTOR: Final = "leader"
THRESHOLD: Final = 0.4  # 0.5 and 0.6 lose more true minutiae than they save false ones
MULTIPLE: Final = 32  # the network halves its input five times
MARGIN: Final = 16  # pixels kept around the finger, so that its edge is seen as an edge
SMALLEST_SIDE: Final = 64
LOWEST_PPI, HIGHEST_PPI = 100, 2000
DIRECTION, QUALITY = 1, 3  # channels of the network's answer


class Extractor:
    """Finds minutiae. The network is loaded at first use, once in each process.

    `arena` lets onnxruntime keep its memory between images: faster, and with this network smaller as well.
    """

    def __init__(self, *, arena: bool = True, model_path: Path | None = None) -> None:
        self.arena = arena
        self._model_path = model_path
        self._session: onnxruntime.InferenceSession | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def extract(self, image: npt.NDArray[np.uint8], ppi: float = PPI) -> Template:
        """The best 80 minutiae of a grey image, in pixels at 500 ppi. Raises ImageRefused, ModelRefused."""
        gray = at_500_ppi(image, ppi)
        height, width = gray.shape
        top, bottom, left, right = crop_box(
            foreground(gray), (height, width), margin=MARGIN, multiple=MULTIPLE
        )
        answer = self._run(gray[top:bottom, left:right])
        rows, columns = np.nonzero(answer[..., QUALITY] >= THRESHOLD)
        found = answer[rows, columns]
        minutiae = np.stack(
            [columns + left, rows + top, found[:, DIRECTION] % (2 * math.pi), found[:, QUALITY]], axis=1
        )
        return Template.build(
            minutiae, width=width, height=height, extractor=EXTRACTOR, version=MODEL_VERSION
        )

    def _run(self, crop: Gray) -> npt.NDArray[np.float32]:
        height, width = crop.shape
        padded = np.pad(crop, ((0, -height % MULTIPLE), (0, -width % MULTIPLE)), mode="edge")
        batch = padded[np.newaxis, :, :, np.newaxis].astype(np.float32)
        (answer,) = self._ready_session().run(None, {"input": batch})
        return np.asarray(answer[0, :height, :width], dtype=np.float32)

    def _ready_session(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None or self._owner != os.getpid():
                self._session = _new_session(fuse_gelus(read_checked(self._model_path)), arena=self.arena)
                self._owner = os.getpid()
            return self._session


def at_500_ppi(image: npt.NDArray[np.uint8], ppi: float) -> Gray:
    """The image brought to 500 ppi. Raises ImageRefused for what the network should not be given."""
    if image.ndim != 2 or image.dtype != np.uint8:
        raise ImageRefused("A fingerprint image must be 8-bit grey: one number from 0 to 255 per pixel.")
    if not LOWEST_PPI <= ppi <= HIGHEST_PPI:
        raise ImageRefused(f"A resolution of {ppi:g} ppi is not one of a fingerprint scanner.")
    height, width = (round(side * PPI / ppi) for side in image.shape)
    if max(height, width) > MAX_SIDE:
        raise ImageRefused(
            f"The image is {width} x {height} pixels at 500 ppi; "
            f"more than {MAX_SIDE} x {MAX_SIDE} is not one finger."
        )
    if min(height, width) < SMALLEST_SIDE:
        raise ImageRefused(
            f"The image is {width} x {height} pixels at 500 ppi; that is too small for a finger."
        )
    if (height, width) == image.shape:
        return image
    smaller = height < image.shape[0]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(resized, dtype=np.uint8)


def _new_session(model: bytes, *, arena: bool) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = arena
    options.enable_mem_pattern = arena
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
