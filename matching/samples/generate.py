"""Make the sample files: `python -m matching.samples.generate --out DIRECTORY [--only KEY]`.

Writes one booking file per sample (and one more where poor prints are taken again) and the gallery of the
simulated repositories. Bytes may differ between builds of OpenCV; minutiae and scores do not, beyond
rounding.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from matching.engine.gallery import Gallery
from matching.engine.leader import Extractor
from matching.engine.template import Template
from matching.samples.bookings import booking_file
from matching.samples.cast import CAST
from matching.samples.casting import Sample
from matching.samples.repositories import Holder, enrolled_prints, holders, meta

DATA: Final = Path(__file__).parent / "data"
GALLERY: Final = "gallery"

Result = TypeVar("Result")

_extractor = Extractor()


def generate(
    out: Path, samples: Sequence[Sample], enrolled: Sequence[Holder], *, jobs: int, console: Console
) -> None:
    """Write the files of these samples and, unless nobody is to be enrolled, the gallery."""
    out.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress, multiprocessing.Pool(jobs) as pool:
        files = _watched(progress, "Booking files", pool.imap_unordered(_files, samples), len(samples))
        for name, content in (pair for group in files for pair in group):
            (out / name).write_bytes(content)
        if not enrolled:
            return
        found = dict(
            _watched(progress, "People on file", pool.imap_unordered(_enrol, enrolled), len(enrolled))
        )
    gallery = Gallery()
    for holder in enrolled:
        gallery.add(holder.ref, found[holder.ref], meta(holder))
    gallery.save(out / GALLERY)


def _watched(progress: Progress, words: str, results: Iterable[Result], total: int) -> Iterable[Result]:
    task = progress.add_task(words, total=total)
    for result in results:
        progress.advance(task)
        yield result


def _files(sample: Sample) -> list[tuple[str, bytes]]:
    files = [(sample.file_name, booking_file(sample))]
    if sample.reprint_file_name is not None:
        files.append((sample.reprint_file_name, booking_file(sample, is_reprint=True)))
    return files


def _enrol(holder: Holder) -> tuple[str, dict[int, Template]]:
    return holder.ref, enrolled_prints(holder, _extractor)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m matching.samples.generate", description="Make the sample files."
    )
    parser.add_argument("--out", type=Path, default=DATA, help="directory to write to (default: %(default)s)")
    parser.add_argument("--only", metavar="KEY", help="one sample's booking file, without the gallery")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes to use (default: all cores)"
    )
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    arguments = _arguments(words)
    samples = [sample for sample in CAST if arguments.only in (None, sample.key)]
    if not samples:
        print(
            f"There is no sample {arguments.only!r}; known are {', '.join(s.key for s in CAST)}.",
            file=sys.stderr,
        )
        return 2
    enrolled = holders(CAST) if arguments.only is None else []
    generate(arguments.out, samples, enrolled, jobs=arguments.jobs, console=Console(stderr=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
