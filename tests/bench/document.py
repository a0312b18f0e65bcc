"""`docs/performance.md`: the figures of the last full run in words, tables and plots, written by `make bench ARGS=--document`."""

from __future__ import annotations

import json
import platform
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.harness import Figure

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {
    "board": "Board",
    "case_list": "List of cases",
    "case_list.search": "Search",
    "case_page": "Case page",
    "api.cases": "API: list",
    "api.case": "API: one case",
    "api.events": "API: events feed",
    "oversight.list": "Oversight: list",
}
PARTS: tuple[tuple[str, str, str], ...] = (
    (
        "read.",
        "Pages and lists",
        "The 95th percentile of each page at each size, asked for in turns; the reference is the smallest size, the bound 1.3 "
        "times that. The same people are inside the first jail at every size; behind them lies ever more history. The number of "
        "queries must not grow.",
    ),
    (
        "bookings.",
        "Bookings",
        "A booking with a print file of 700 kB by the API, through the peer simulator, until the answers of FBI and DHS are "
        "recorded; the reference are bare Celery tasks and SQL that write the same rows.",
    ),
    (
        "sweep.",
        "The sweep",
        "Holds that end at one moment, each with its event and the breach of a person still inside; the reference is bare SQL "
        "that writes the same rows.",
    ),
    (
        "alarm.",
        "Alarms",
        "From the end of an authority to its record, while the workers of the print search have more to do than they can.",
    ),
    (
        "rows.",
        "The second wall",
        "Pages and acts as the web role, under row-level security; the reference is the owner, whom no policy binds.",
    ),
    (
        "synthesis.",
        "Synthetic cases",
        "How long the load of `manage.py synthesise_cases` took, without the sealing.",
    ),
    ("ledger.", "Sealing", "Rows sealed per second, all in one go."),
    ("engine.", "The print engine", "On the committed samples."),
)


def read_lines(path: Path) -> list[Figure]:
    """The figures of earlier runs; none where there is no file."""
    known = {field.name for field in fields(Figure)}
    lines = path.read_text().splitlines() if path.exists() else []
    found = [{key: value for key, value in json.loads(line).items() if key in known} for line in lines]
    return [Figure(**{"value": 0.0, "at_most": False, "ok": False, **item}) for item in found]


def merged(earlier: Iterable[Figure], later: Iterable[Figure]) -> list[Figure]:
    """Every figure once by name and size, the later one where there are two."""
    found = {(figure.name, figure.size): figure for figure in earlier}
    for figure in later:
        found.pop((figure.name, figure.size), None)
        found[figure.name, figure.size] = figure
    return list(found.values())


def write(figures: Sequence[Figure], docs: Path = DOCS) -> Path:
    """The page and its plots. Returns the page."""
    plots = docs / "performance"
    plots.mkdir(parents=True, exist_ok=True)
    parts = []
    for prefix, title, words in PARTS:
        here = [figure for figure in figures if figure.name.startswith(prefix)]
        if here:
            parts += [f"## {title}", words, *_plot(prefix, here, plots), _table(here)]
    missed = [figure for figure in figures if not figure.ok]
    page = docs / "performance.md"
    page.write_text("\n\n".join([*_head(figures, missed), *parts]) + "\n", encoding="utf-8")
    return page


def _head(figures: Sequence[Figure], missed: Sequence[Figure]) -> list[str]:
    sizes = sorted({figure.size for figure in figures if figure.size})
    bound = [figure for figure in figures if figure.bound is not None]
    cores = max((figure.cores for figure in figures), default=0)
    told = [f"- `{figure.name}`{_at(figure)}: {figure.note or _value(figure)}" for figure in missed]
    return [
        "# What it costs, and how it grows",
        "<!-- Written by `make bench ARGS=--document`. Measure again instead of editing. -->",
        f"Measured on {datetime.now(UTC):%d %B %Y} on {cores} cores ({platform.machine()}, Python "
        f"{platform.python_version()}), embedded services, databases of {', '.join(f'{size:,}' for size in sizes)} synthetic "
        "cases. Each figure stands beside its reference from the same run; a bound is what it must keep. `load` is how many "
        "processes wanted a core at that moment: figures of a machine with more of them than cores are worse than it can do.",
        f"{len(bound) - sum(not figure.ok for figure in bound)} of {len(bound)} bounds are kept."
        + ("" if not missed else " These are not:\n\n" + "\n".join(told)),
    ]


def _at(figure: Figure) -> str:
    return f" at {figure.size:,} cases" if figure.size else ""


def _value(figure: Figure) -> str:
    sign = "at most" if figure.at_most else "at least"
    return f"{figure.value:g} {figure.unit}" + (
        f", {sign} {figure.bound:g}" if figure.bound is not None else ""
    )


def _table(figures: Sequence[Figure]) -> str:
    lines = [
        "| figure | cases | value | reference | bound | lowest to highest run | load | |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for figure in figures:
        sign = "≤" if figure.at_most else "≥"
        lines.append(
            f"| `{figure.name}` | {f'{figure.size:,}' if figure.size else ''} | {figure.value:g} {figure.unit} "
            f"| {'' if figure.reference is None else f'{figure.reference:g}'} "
            f"| {'' if figure.bound is None else f'{sign} {figure.bound:g}'} "
            f"| {f'{figure.spread[0]:g} to {figure.spread[1]:g}' if figure.spread and len(figure.runs) > 1 else ''} "
            f"| {figure.load:g} | {'kept' if figure.ok and figure.bound is not None else '' if figure.ok else '**missed**'} |"
        )
    return "\n".join(lines)


def _plot(prefix: str, figures: Sequence[Figure], plots: Path) -> list[str]:
    """A picture where there is something to see: growth with the size, or a figure beside its reference."""
    if prefix == "read.":
        lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for figure in figures:
            if figure.name.endswith(".p95") and figure.size and figure.reference:
                name = figure.name.removeprefix("read.").removesuffix(".p95")
                lines[PAGES.get(name, name)].append((figure.size, figure.value / figure.reference))
        if all(len(points) < 2 for points in lines.values()):
            return []
        _draw_growth(lines, plots / "reads.svg")
        return ["![Each page's 95th percentile against the smallest size](performance/reads.svg)"]
    beside = [figure for figure in figures if figure.reference and figure.unit in ("s", "ms", "1/s")]
    if not beside:
        return []
    name = prefix.rstrip(".")
    _draw_beside(beside, plots / f"{name}.svg")
    return [f"![Figures beside their references](performance/{name}.svg)"]


def _draw_growth(lines: dict[str, list[tuple[int, float]]], path: Path) -> None:
    figure, axes = _axes()
    marks = "os^vDP*X"
    for place, (name, points) in enumerate(lines.items()):
        sizes, times = zip(*sorted(points), strict=True)
        axes.plot(sizes, times, marker=marks[place % len(marks)], label=name, linewidth=1.5)
    axes.axhline(1.3, color="black", linestyle="--", linewidth=1, label="bound")
    axes.set_xscale("log")
    shown = sorted({size for points in lines.values() for size, _times in points})
    axes.set_xticks(shown, [f"{size:,}" for size in shown])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("cases in the database")
    axes.set_ylabel("times the smallest size")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    _save(figure, path)


def _draw_beside(figures: Sequence[Figure], path: Path) -> None:
    figure, axes = _axes(height=0.9 + 0.5 * len(figures))
    names = [f"{item.name}{_at(item)}" for item in figures]
    places = range(len(figures))
    axes.barh(
        [place + 0.2 for place in places], [item.value for item in figures], height=0.38, label="Clearhold"
    )
    references = [item.reference or 0 for item in figures]
    axes.barh(
        [place - 0.2 for place in places], references, height=0.38, label="reference", hatch="//", alpha=0.6
    )
    axes.set_yticks(list(places), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(figures[0].unit)
    axes.legend(fontsize=8, frameon=False)
    _save(figure, path)


def _axes(height: float = 4.2) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "clearhold"  # the same figures make the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, height))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="both", linewidth=0.3)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot

    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None}, facecolor="white")
    pyplot.close(figure)
