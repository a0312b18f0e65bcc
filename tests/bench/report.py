"""What a run of figures says: a line of JSON each, a table for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.harness import Figure


def write_lines(figures: Sequence[Figure], path: Path) -> None:
    """One JSON object per line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(figure.as_json()) + "\n" for figure in figures))


def show(figures: Sequence[Figure], console: Console) -> None:
    """The figures as a table: what was measured, beside what, and whether it is within its bound."""
    table = Table("figure", "cases", "value", "reference", "bound", "spread", "load", "", pad_edge=False)
    for figure in figures:
        sign = "≤" if figure.at_most else "≥"
        table.add_row(
            figure.name,
            f"{figure.size:,}" if figure.size else "",
            f"{figure.value:g} {figure.unit}",
            "" if figure.reference is None else f"{figure.reference:g}",
            "" if figure.bound is None else f"{sign} {figure.bound:g}",
            f"{figure.spread[0]:g}-{figure.spread[1]:g}" if figure.spread and len(figure.runs) > 1 else "",
            f"{figure.load:g}",
            "[green]ok[/]" if figure.ok else f"[bold red]missed[/] {figure.note}",
        )
    console.print(table)
