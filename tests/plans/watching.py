"""The plan of every statement in a block, asked for in the same role and scope, right before it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

PLANNED = ("SELECT", "(SELECT", "WITH", "UPDATE", "INSERT", "DELETE")


@dataclass
class Plans:
    """What PostgreSQL meant to do: indexes used, and tables read from end to end with the statement that did."""

    indexes: set[str] = field(default_factory=set)
    whole: list[tuple[str, str]] = field(default_factory=list)
    statements: int = 0

    def add(self, sql: str, plan: dict[str, Any]) -> None:
        self.statements += 1
        waiting = [plan]
        while waiting:
            node = waiting.pop()
            waiting += node.get("Plans", [])
            if "Index Name" in node:
                self.indexes.add(node["Index Name"])
            if node["Node Type"] == "Seq Scan":
                self.whole.append((node["Relation Name"], sql))

    def read_whole(self, tables: frozenset[str]) -> list[tuple[str, str]]:
        """Of these tables, those read from end to end, each with its statement."""
        return [(table, sql[:3000]) for table, sql in self.whole if table in tables]


@contextmanager
def watched() -> Iterator[Plans]:
    """Gather the plans of what this block asks of the database."""
    plans = Plans()

    def explain(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not many and sql.lstrip().startswith(PLANNED):
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params)
                (found,) = cursor.fetchone()
            plans.add(sql, (json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans
