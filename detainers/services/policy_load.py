"""A policy file into the database: all of it or nothing, and the same file twice changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, system
from audit import record
from audit.record import Ref
from detainers import events, rulebook
from detainers.decisions import canonical
from detainers.models import Policy
from detainers.policy_file import read_policies
from detainers.policy_rows import PolicyRow
from detainers.states import PolicyStage

SHIPPED = "shipped"
NOT_SAID = frozenset({"from", "to", "enabled"})


@dataclass(slots=True)
class Loaded:
    """What loading a file did, by code."""

    in_force: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)


def load_policies(*, text: str, actor: Actor, told: bool = True) -> Loaded:
    """Take every row of a policy file. Raises RulebookError, naming row and field, and then nothing was loaded.

    Into an empty table the rows that are on come into force as the file says. Later a row that is new or says something else
    becomes a draft, because what the law of a place is, counsel decides; one that is known already is left alone. `told`: with
    an event for each row.
    """
    _version, rows = read_policies(text)
    done = Loaded()
    with transaction.atomic():
        first = not Policy.objects.select_for_update().exists()
        known = {(item.code, _said(item.row)) for item in Policy.objects.exclude(stage=PolicyStage.DISCARDED)}
        now = timezone.now()
        for row in rows:
            if (row.code, _said(row)) in known:
                done.known.append(row.code)
                continue
            seeded = first and row.enabled
            policy = _create(row, seeded=seeded, actor=actor, at=now)
            (done.in_force if seeded else done.drafts).append(row.code)
            if told:
                _tell(policy, actor, now)
    return done


def seed() -> Loaded:
    """The file shipped with the software, into a table that has no row yet: part of setting up, as the tables are."""
    if Policy.objects.exists():
        return Loaded()
    text = (rulebook.DATA / "policies.yaml").read_text("utf-8")
    return load_policies(text=text, actor=system("set-up"), told=False)


def _said(row: PolicyRow) -> str:
    """Everything a row says, dates included, as a text to compare; whether it is on is another question."""
    data = {key: value for key, value in row.source.items() if key not in NOT_SAID}
    ends = row.ends_on.isoformat() if row.ends_on else None
    return canonical([data, row.starts_on.isoformat(), ends]).decode()


def columns(row: PolicyRow) -> dict[str, Any]:
    """What the table holds of a row beside its body."""
    return {
        "code": row.code,
        "level": row.level.value,
        "state": row.state,
        "county": row.county,
        "city": row.city,
        "agency": row.agency,
        "citation": row.citation,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "body": {key: value for key, value in row.source.items() if key not in NOT_SAID},
    }


def _create(row: PolicyRow, *, seeded: bool, actor: Actor, at: datetime) -> Policy:
    entry: dict[str, Any] = {}
    if seeded:
        entry = {"stage": PolicyStage.IN_FORCE, "enacted_by": SHIPPED, "enacted_at": at}
        entry["enacted_label"] = "The file shipped with the software"
    return Policy.objects.create(
        **columns(row),
        **entry,
        seeded=seeded,
        author=SHIPPED,
        author_label="The file shipped with the software" if seeded else f"A policy file ({actor.label})",
    )


def _tell(policy: Policy, actor: Actor, at: datetime) -> None:
    record.event(
        events.POLICY_LOADED,
        actor=actor,
        subject=Ref("policy", policy.public_id),
        occurred_at=at,
        facts={"policy": policy.code, "citation": policy.citation, "stage": policy.stage.replace("_", " ")},
    )
