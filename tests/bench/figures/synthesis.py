"""How long the synthetic cases took to load, and how fast their events were sealed: noted in the database by the load itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

from tests.bench.harness import Bench, Figure, measure

MOST_SECONDS = 300
FOR_CASES = 1_000_000
SEALED = ("audit_event", "audit_access")


@measure("synthesis")
def synthesis(bench: Bench) -> Iterator[Figure]:
    """Seconds of the whole load without the sealing, and rows sealed per second, at each size."""
    for size in bench.sizes:
        with bench.database(size) as place, place.as_role("owner"):
            cases, told = _first_run()
        yield bench.figure(
            "synthesis.load",
            told["total"],
            unit="s",
            bound=MOST_SECONDS if cases >= FOR_CASES else None,
            size=size,
            rows=sum(told["rows"].values()),
            steps=told["seconds"],
        )
        seconds = told["seconds"].get("seal events")
        rows = sum(told["rows"].get(table, 0) for table in SEALED)
        if seconds and rows:
            yield bench.figure("ledger.sealing", rows / seconds, unit="rows/s", at_most=False, size=size)


def _first_run() -> tuple[int, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases, told FROM synthesis.run WHERE told IS NOT NULL ORDER BY id LIMIT 1")
        cases, told = cursor.fetchone()

    return cases, told if isinstance(told, dict) else json.loads(told)
