"""Stored decisions decided again. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from detainers import rulebook
from detainers.decisions import canonical
from detainers.models import PolicyDecision
from detainers.policies import replay

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Different:
    """A decision that does not replay, and which parts differ."""

    decision: str
    policy: str
    what: str


@dataclass(slots=True)
class Replayed:
    """What came of replaying: how many gave the same bytes, and those that did not."""

    same: int = 0
    different: list[Different] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"same": self.same, "different": [asdict(item) for item in self.different]}


def replay_decisions(*, limit: int = 0) -> Replayed:
    """Every stored decision, or the newest `limit`. Equal facts and rows are decided once."""
    found = Replayed()
    book = rulebook.current()
    known: dict[bytes, bool] = {}
    for row in _decisions(limit):
        stored = canonical({"facts": row.facts, "trace": row.trace})
        if stored not in known:
            known[stored] = replay(row.facts, row.trace, book).to_bytes() == stored
        if known[stored] and _columns_agree(row):
            found.same += 1
        else:
            found.different.append(Different(str(row.public_id), row.policy_code, _what(row, book)))
    return found


def _decisions(limit: int) -> Iterator[PolicyDecision]:
    rows = PolicyDecision.objects.order_by("-pk")
    yield from (rows[:limit] if limit > 0 else rows).iterator(chunk_size=BATCH)


def _columns_agree(row: PolicyDecision) -> bool:
    """The columns beside the trace say what the trace says."""
    return all(
        getattr(row, name) == row.trace[name] for name in ("verdict", "policy_code", "version", "citation")
    )


def _what(row: PolicyDecision, book: rulebook.Rulebook) -> str:
    again = replay(row.facts, row.trace, book)
    trace = again.trace()
    parts = [key for key in sorted({*trace, *row.trace}) if trace.get(key) != row.trace.get(key)]
    parts += [] if _columns_agree(row) else ["its columns"]
    return f"differs in {', '.join(parts)}" if parts else "differs in its facts"
