"""Form editions and jurisdiction policies: dated data read from YAML that a lawyer can read.

The version of a rulebook is its stated version and a digest of its content, so that a decision names exactly
what it was made on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from detainers.clock import FormRule, Rule
from detainers.policy_file import read_policies
from detainers.policy_rows import (
    ClaimEffect,
    ClaimRule,
    Condition,
    DueFrom,
    Duty,
    DutyRow,
    Level,
    MinorRule,
    PolicyRow,
    RulebookError,
    Stance,
    Telling,
    day,
    policy_row,
)

__all__ = [
    "DATA",
    "ClaimEffect",
    "ClaimRule",
    "Condition",
    "DueFrom",
    "Duty",
    "DutyRow",
    "Edition",
    "Level",
    "MinorRule",
    "PolicyRow",
    "Rulebook",
    "RulebookError",
    "Stance",
    "Telling",
    "current",
    "load",
    "policy_row",
]

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the form."""

    code: str
    title: str
    starts_on: date
    ends_on: date | None
    clock: Rule
    holds: bool
    service_required: bool
    copy_requested: bool
    basis: tuple[str, ...]
    priority: tuple[str, ...]
    loan_back: bool
    on_conviction_box: bool
    citation: str
    confidence: str
    reasons: tuple[str, ...] = ()
    cancel_box: bool = True
    wording: str = ""
    source: str = ""

    def form_rule(self) -> FormRule:
        return FormRule(self.code, self.clock, self.holds, self.service_required, citation=self.citation)


@dataclass(frozen=True, slots=True)
class Rulebook:
    version: str
    editions: Mapping[str, Edition]
    rows: tuple[PolicyRow, ...]
    boxes: Mapping[str, str]

    def in_force(
        self, *, state: str, county: str, city: str, on: date, agency: str = ""
    ) -> tuple[PolicyRow, ...]:
        """Enabled rows for a place and date, from federal to the jail's own, each level in the order of the book."""
        found = (
            row
            for row in self.rows
            if row.enabled and row.applies(state=state, county=county, city=city, on=on, agency=agency)
        )
        return tuple(sorted(found, key=lambda row: row.level.rank))


@lru_cache(maxsize=1)
def current() -> Rulebook:
    """The rulebook shipped with this version of the software."""
    return load((DATA / "editions.yaml").read_text("utf-8"), (DATA / "policies.yaml").read_text("utf-8"))


def load(editions_text: str, policies_text: str) -> Rulebook:
    """A rulebook from the text of its two files. Raises RulebookError."""
    editions_data = yaml.safe_load(editions_text)
    boxes = dict(editions_data["boxes"])
    editions = {}
    for item in editions_data["editions"]:
        edition = _edition(item, boxes)
        editions[edition.code] = edition
    version, rows = read_policies(policies_text)
    digest = hashlib.sha256(f"{editions_text}\0{policies_text}".encode()).hexdigest()[:12]
    return Rulebook(f"{version}+{digest}", editions, rows, boxes)


def _edition(item: Mapping[str, Any], boxes: Mapping[str, str]) -> Edition:
    for box in (*item.get("basis", ()), *item.get("reasons", ()), *item.get("priority", ())):
        if box not in boxes:
            raise RulebookError(
                f"editions.yaml: {item.get('code')} names box {box}, which `boxes` does not explain."
            )
    try:
        return Edition(
            code=item["code"],
            title=item["title"],
            starts_on=day(item["from"]),
            ends_on=day(item["to"]) if item.get("to") else None,
            clock=Rule(item["clock"]),
            holds=item["holds"],
            service_required=item["service_required"],
            copy_requested=item.get("copy_requested", False),
            basis=tuple(item.get("basis", ())),
            priority=tuple(item.get("priority", ())),
            loan_back=item.get("loan_back", False),
            on_conviction_box=item.get("on_conviction_box", False),
            citation=item["citation"],
            confidence=item["confidence"],
            reasons=tuple(item.get("reasons", ())),
            cancel_box=item.get("cancel_box", True),
            wording=item["wording"],
            source=item["source"],
        )
    except (KeyError, ValueError) as error:
        raise RulebookError(f"editions.yaml: {item.get('code', 'a row without code')}: {error}.") from error
