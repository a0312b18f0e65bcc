"""Writes the table of `docs/faults.md` from the JSON lines of the runs: `python -m tests.faults.report FILE`."""

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HEAD = "| # | fault | broker | runs | lost | doubled | other | full recovery, s: median, max | load | proof of the first run |"
OURS = 100

Line = dict[str, Any]


def read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def table(lines: Iterable[Line]) -> str:
    """One line for each row and broker."""
    groups: dict[tuple[int, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line["row"], line["broker"]].append(line)
    written = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    written += [_row(groups[key]) for key in sorted(groups)]
    return "\n".join(written)


def _row(runs: list[Line]) -> str:
    first = runs[0]
    ended = [run for run in runs if "failed" not in run]
    spans = [run["recovery"] for run in ended]
    loads = [run["load"] for run in runs]
    number = str(first["row"]) if first["row"] < OURS else "–"
    sums = [str(sum(run[key] for run in ended)) for key in ("lost", "doubled", "other")]
    count = str(len(runs)) if len(ended) == len(runs) else f"{len(runs)}, {len(runs) - len(ended)} failed"
    span = f"{statistics.median(spans):.1f}, {max(spans):.1f}" if spans else "–"
    proof = first["proof"].replace("|", "/") or first.get("failed", "")[:120].replace("\n", " ")
    load = f"{min(loads):.0f}–{max(loads):.0f}"
    return f"| {' | '.join([number, first['fault'], first['broker'], count, *sums, span, load, proof])} |"


def summary(lines: list[Line]) -> str:
    """What the table comes to, in two sentences."""
    ended = [line for line in lines if "failed" not in line]
    kills = [line["recovery"] for line in ended if line["kills"]]
    late = sum(span > 15 for span in kills)
    alarms = [line["alarm"] for line in ended if line["kills"] and line["alarm"] is not None]
    return (
        f"{len(lines)} runs of {len({line['row'] for line in lines})} faults on "
        f"{' and '.join(sorted({line['broker'] for line in lines}, reverse=True))}: "
        f"{sum(line['lost'] for line in ended)} lost, {sum(line['doubled'] for line in ended)} doubled, "
        f"{sum(line['other'] for line in ended)} other findings, {len(lines) - len(ended)} runs that did not come to their end. "
        f"Of {len(kills)} kills {len(kills) - late} were fully recovered within 15 s (median "
        f"{statistics.median(kills):.1f} s, longest {max(kills):.1f} s); a breach that began during a kill was recorded "
        f"{statistics.median(alarms):.1f} s after it began at the median, {max(alarms):.1f} s at the most."
    )


def write(lines: list[Line], page: Path = PAGE) -> None:
    """Put summary and table between the two marks of the page."""
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found, f"{page} has no place for the figures."
    page.write_text(f"{before}{BEGIN}\n{summary(lines)}\n\n{table(lines)}\n{END}{after}")


def main() -> None:
    write([line for name in sys.argv[1:] for line in read(Path(name))])


if __name__ == "__main__":
    main()
