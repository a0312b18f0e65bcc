"""What the engine does on the committed samples: `python -m matching.samples.measure [--samples N]`.

Prints times per extraction, comparison and ten-finger search, and how far scores of the same finger lie from those of
strangers: the figures `Gallery.HIT_THRESHOLD` rests on.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.table import Table

from matching.engine.cylinders import Prepared, prepare
from matching.engine.gallery import Gallery
from matching.engine.leader import Extractor
from matching.engine.matcher import compare
from matching.engine.template import Template
from matching.samples.bookings import images
from matching.samples.cast import CAST
from matching.samples.casting import Sample
from matching.samples.generate import DATA, GALLERY
from matching.samples.repositories import FIRST_STRANGER, Holder

STRANGERS_COMPARED = 30


@dataclass
class Figures:
    extraction: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    pair: list[float] = field(default_factory=list)
    genuine: list[float] = field(default_factory=list)
    impostor: list[float] = field(default_factory=list)
    best_of_owner: list[float] = field(default_factory=list)
    best_of_strangers: list[float] = field(default_factory=list)


def measure(samples: Sequence[Sample], gallery: Gallery) -> Figures:
    """Each sample's prints against its own record, if it has one, and against strangers."""
    figures, extractor = Figures(), Extractor()
    strangers = [ref for ref in gallery.refs() if int(ref.rpartition("-")[2]) >= FIRST_STRANGER][
        :STRANGERS_COMPARED
    ]
    on_file = {ref: {p: prepare(t) for p, t in gallery.prints(ref).items()} for ref in strangers}
    for sample in samples:
        prints = _extract(sample, extractor, figures)
        owner = Holder(sample.person, sample.holdings).ref
        _search(prints, owner, gallery, figures)
        record = gallery.prints(owner) if owner in gallery else {}
        for position, template in prints.items():
            probe = prepare(template)
            if position in record:
                figures.genuine.append(compare(probe, record[position]))
            _against_strangers(probe, [fingers[position] for fingers in on_file.values()], figures)
    return figures


def _extract(sample: Sample, extractor: Extractor, figures: Figures) -> dict[int, Template]:
    prints = {}
    for position, image in images(sample).items():
        start = time.process_time()
        prints[position] = extractor.extract(image)
        figures.extraction.append(time.process_time() - start)
    return prints


def _search(prints: dict[int, Template], owner: str, gallery: Gallery, figures: Figures) -> None:
    start = time.process_time()
    hits = gallery.search(prints)
    figures.search.append(time.process_time() - start)
    figures.best_of_owner.extend(hit.score for hit in hits if hit.subject_ref == owner)
    figures.best_of_strangers.append(
        max((hit.score for hit in hits if hit.subject_ref != owner), default=0.0)
    )


def _against_strangers(probe: Prepared, fingers: Sequence[Prepared], figures: Figures) -> None:
    start = time.process_time()
    figures.impostor.extend(compare(probe, other) for other in fingers)
    figures.pair.append((time.process_time() - start) / len(fingers))


def report(figures: Figures, console: Console) -> None:
    table = Table("figure", "count", "lowest", "5 %", "median", "95 %", "highest")
    rows = (
        ("extraction, ms of processor time", figures.extraction, 1000),
        ("comparison of two prepared prints, ms", figures.pair, 1000),
        ("ten-finger search, ms", figures.search, 1000),
        ("score, same finger", figures.genuine, 1),
        ("score, strangers", figures.impostor, 1),
        ("score over all fingers, owner", figures.best_of_owner, 1),
        ("score over all fingers, best stranger", figures.best_of_strangers, 1),
    )
    for words, values, factor in rows:
        if values:
            spread = np.quantile(values, [0, 0.05, 0.5, 0.95, 1]) * factor
            table.add_row(words, str(len(values)), *(f"{value:.2f}" for value in spread))
    console.print(table)
    console.print(f"A hit over ten fingers needs {Gallery.HIT_THRESHOLD:g}.")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m matching.samples.measure", description="Measure the engine."
    )
    parser.add_argument(
        "--samples", type=int, default=12, help="how many sample bookings to use (default: %(default)s)"
    )
    count = parser.parse_args().samples
    clean = [sample for sample in CAST if not sample.poor]
    report(measure(clean[:count], Gallery.load(DATA / GALLERY)), Console())


if __name__ == "__main__":
    main()
