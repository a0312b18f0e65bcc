"""A rough measure of our own for how usable an impression is, in the five steps of NFIQ. It is not NFIQ."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from matching.engine.foreground import BLOCK, foreground
from matching.engine.leader import at_500_ppi
from matching.engine.template import PPI, Template

BEST, WORST = 1, 5
GOOD_AREA: Final = 45_000  # pixels at 500 ppi: a finger pressed flat
GOOD_COUNT: Final = 30  # minutiae
LOW_SURENESS, GOOD_SURENESS = 0.55, 0.85  # mean quality the network gives its minutiae
STEPS: Final = (0.75, 0.55, 0.38, 0.22)  # share of a good impression from which it is 1, 2, 3, 4


def quality(image: npt.NDArray[np.uint8], template: Template, ppi: float = PPI) -> int:
    """1 (best) to 5 (useless), from how much finger is seen, how many minutiae, and how sure they are."""
    if not len(template):
        return WORST
    area = float(foreground(at_500_ppi(image, ppi)).sum()) * BLOCK * BLOCK
    sureness = (float(template.quality.mean()) - LOW_SURENESS) / (GOOD_SURENESS - LOW_SURENESS)
    share = min(1.0, area / GOOD_AREA) * min(1.0, len(template) / GOOD_COUNT) * min(1.0, max(0.0, sureness))
    return BEST + sum(share < step for step in STEPS)
