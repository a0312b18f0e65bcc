"""`make bench`: measure, print one JSON line per figure and a table, exit 1 when a bound is missed."""

import argparse
import json
import os
import sys
from pathlib import Path

import django
from rich.console import Console

from tests.bench.harness import QUICK_SIZES, SIZES, Bench, Figure, load_measures, run

OUTPUT = Path(__file__).resolve().parents[2] / ".data" / "bench" / "figures.jsonl"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tests.bench import document, report

    options = _options()
    console = Console(stderr=True)
    bench = Bench(
        sizes=options.sizes or (QUICK_SIZES if options.quick else SIZES),
        quick=options.quick,
        fresh=options.fresh,
        say=lambda words: console.print(words, style="dim", highlight=False, markup=False),
    )
    figures: list[Figure] = []
    for figure in run(bench, options.only or list(load_measures())):
        figures.append(figure)
        print(json.dumps(figure.as_json()), flush=True)
    known = document.merged([] if options.quick else document.read_lines(options.output), figures)
    report.write_lines(known, options.output)
    report.show(figures, console)
    if options.document:
        console.print(f"Written: {document.write(known)}")
    return 0 if all(figure.ok for figure in figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    known = list(load_measures())
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, few repeats, no bounds: only that everything runs"
    )
    parser.add_argument("--sizes", type=int, nargs="+", metavar="N", help=f"cases (default: {SIZES})")
    parser.add_argument("--only", nargs="+", choices=known, metavar="NAME", help=f"of: {', '.join(known)}")
    parser.add_argument("--fresh", action="store_true", help="make the databases of the sizes again")
    parser.add_argument(
        "--document",
        action="store_true",
        help="write docs/performance.md from these figures and the earlier ones",
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the JSON lines go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
