"""What the board is narrowed to: read from an address, written back into one, so that it can be kept and shared. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from desk.stages import Stage

MINE, TEAM, NOBODY = "me", "team", "none"
OWNERS = (MINE, TEAM, NOBODY)
ROWS, MORE_ROWS = 200, 1000
LONGEST_UNIT = 40


@dataclass(frozen=True)
class Filters:
    """One choice for each question; empty means all."""

    agency: str = ""
    unit: str = ""
    owner: str = ""
    stage: str = ""
    level: str = ""
    rows: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Filters:
        """From an address. What is not understood is left out: a bookmark of last year opens the board all the same."""
        return cls(
            agency=_id(given.get("agency")),
            unit=str(given.get("unit") or "").replace("\0", "")[:LONGEST_UNIT],
            owner=given["owner"] if given.get("owner") in OWNERS else _id(given.get("owner")),
            stage=_one_of(given.get("stage"), {item.value for item in Stage}),
            level=_one_of(given.get("level"), {"over", "soon", "act", "late"}),
            rows=str(MORE_ROWS) if given.get("rows") == str(MORE_ROWS) else "",
        )

    @classmethod
    def parse(cls, query: str) -> Filters:
        """From the text that `query` wrote."""
        return cls.read(dict(parse_qsl(query[:500], keep_blank_values=False)))

    @property
    def query(self) -> str:
        """The address' query, without what is not chosen and always in the same order."""
        return urlencode(
            {item.name: getattr(self, item.name) for item in fields(self) if getattr(self, item.name)}
        )

    @property
    def url(self) -> str:
        """The board with this choice."""
        return f"/admin/?{self.query}" if self.query else "/admin/"

    @property
    def is_narrow(self) -> bool:
        """Whether somebody may be missing from the board because of it."""
        return bool(self.agency or self.unit or self.owner or self.stage or self.level)

    @property
    def most(self) -> int:
        return int(self.rows or ROWS)

    def but(self, **changes: str) -> Filters:
        """The same with some other choices."""
        return replace(self, **changes)


def _id(given: Any) -> str:
    try:
        return str(UUID(str(given))) if given else ""
    except ValueError:
        return ""


def _one_of(given: Any, known: set[str]) -> str:
    return str(given) if given in known else ""
