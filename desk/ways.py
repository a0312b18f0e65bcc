"""The way somebody came: a chosen board is kept through a case page and an act, and found again afterwards. Pure.

Only what `Filters` understands is ever read back from an address, so no address can lead anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from desk.filters import Filters


@dataclass(frozen=True)
class Way:
    """The board that was left, and whether to go back to it directly."""

    filters: Filters
    to_board: bool = False

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Way:
        """From the address of a case page or an act page."""
        return cls(Filters.parse(str(given.get("board", ""))), to_board=given.get("then") == "board")

    @property
    def to_act(self) -> str:
        """What to put behind the address of an act that starts here."""
        query = self._query() | ({"then": "board"} if self.to_board else {})
        return f"?{urlencode(query)}" if query else ""

    @property
    def to_case(self) -> str:
        """What to put behind the address of a case page."""
        query = self._query()
        return f"?{urlencode(query)}" if query else ""

    def after(self, case_url: str) -> str:
        """Where to go once an act is done, or was given up."""
        return self.filters.url if self.to_board else case_url + self.to_case

    def _query(self) -> dict[str, str]:
        return {"board": self.filters.query} if self.filters.query else {}
