"""The print engine on the committed samples: extraction, comparison, ten-finger search, and how scores lie apart."""

from __future__ import annotations

from collections.abc import Iterator

from matching.engine.gallery import Gallery
from matching.samples.cast import CAST
from matching.samples.generate import DATA, GALLERY
from matching.samples.measure import measure as measure_samples
from tests.bench.harness import Bench, Figure, measure, percentile


@measure("engine")
def engine(bench: Bench) -> Iterator[Figure]:
    """Processor time in milliseconds, and the distance of scores of one finger from those of strangers."""
    clean = [sample for sample in CAST if not sample.poor]
    found = measure_samples(clean[: bench.repeats(12, 2)], Gallery.load(DATA / GALLERY))
    for name, seconds in (
        ("engine.extraction", found.extraction),
        ("engine.comparison", found.pair),
        ("engine.ten_finger_search", found.search),
    ):
        yield bench.figure(name, [value * 1000 for value in seconds], unit="ms cpu")
    if found.best_of_owner:
        yield bench.figure(
            "engine.lowest_owner_score",
            min(found.best_of_owner),
            unit="score",
            reference=max(found.best_of_strangers),
            bound=Gallery.HIT_THRESHOLD,
            at_most=False,
            note="the reference is the best score of any stranger",
            best_stranger_p95=percentile(found.best_of_strangers, 0.95),
        )
