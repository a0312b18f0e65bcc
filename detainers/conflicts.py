"""Several laws speak at once: which wins, and why, one sentence each. Pure.

The rules, from the strictest protection of the person: what forbids wins over what allows, whoever's law it is; all limits
count and the earliest wins; of two duties the shorter time holds; of two answers on telling ICE the stricter; what ends a hold
wins over what only checks. One law sets another aside only where it says so itself (`preempts`) and counsel reviewed it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detainers.duties import DUTIES
from detainers.policy_rows import ClaimEffect, ClaimRule, Duty, DutyRow, PolicyRow, Stance, Telling

STRICTNESS = (Telling.FORBIDDEN, Telling.ON_CONDITIONS, Telling.REQUIRED, Telling.PERMITTED)
"""Forbidden before conditions, conditions before required, required before permitted."""
EFFECTS = (ClaimEffect.ENDS, ClaimEffect.TIMED_CHECK, ClaimEffect.NONE)
STANCES = {
    Stance.FORBIDDEN: "forbids holding",
    Stance.REQUIRED: "requires holding",
    Stance.PERMITTED: "permits holding",
    Stance.CONDITIONAL: "permits holding on conditions",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """One question on which rows differ: about what, the code of the row that won, its level, and why."""

    about: str
    winner: str
    level: str
    sentence: str


def set_aside(rows: Sequence[PolicyRow], explained: list[Resolved]) -> tuple[PolicyRow, ...]:
    """The rows whose word on holding counts: without local ones that a state's law says it sets aside."""
    ruling = [row for row in rows if row.preempts]
    if not ruling:
        return tuple(rows)
    top = ruling[0]
    out = [row for row in rows if row.level.rank > top.level.rank and row.stance in STANCES]
    for row in out:
        explained.append(
            Resolved(
                "hold",
                top.code,
                top.level.value,
                f"{top.code} ({top.level}) sets local rules on holding aside, so what {row.code} ({row.level}) says "
                "of holding does not count; its duties stay.",
            )
        )
    return tuple(row for row in rows if row not in out)


def explain_hold(rows: Sequence[PolicyRow], explained: list[Resolved]) -> None:
    """Why a row that forbids wins over one that allows, and one that requires over one that only permits."""
    speaking = [row for row in rows if row.stance in STANCES]
    forbidding = [row for row in speaking if row.stance is Stance.FORBIDDEN]
    granting = [row for row in speaking if row.stance.grants]
    if forbidding and granting:
        winner = forbidding[0]
        others = " and ".join(_says(row) for row in granting)
        why = "no level can allow what another one forbids"
        explained.append(
            _won("hold", winner, f"{_says(winner)} and {others}: {winner.code} wins, because {why}.")
        )
        return
    required = [row for row in granting if row.stance is Stance.REQUIRED]
    others_granting = [row for row in granting if row.stance is not Stance.REQUIRED]
    if required and others_granting:
        winner = required[0]
        others = " and ".join(_says(row) for row in others_granting)
        explained.append(
            _won(
                "hold",
                winner,
                f"{_says(winner)} and {others}: {winner.code} wins, because a jail that may must where a law "
                "requires it; the conditions and limits of all of them stay.",
            )
        )


def explain_limits(rows: Sequence[PolicyRow], explained: list[Resolved]) -> None:
    """Rows that allow a hold with limits that differ: all count."""
    granting = [row for row in rows if row.stance.grants]
    shapes = {(r.limits.hours, r.limits.anchor, r.limits.counting, r.limits.same_day_2359) for r in granting}
    if len(granting) > 1 and len(shapes) > 1:
        names = " and ".join(f"{row.code} ({row.level})" for row in granting)
        explained.append(
            _won(
                "limits",
                granting[-1],
                f"{names} limit the hold differently: each limit counts, and the earliest end wins.",
            )
        )


def claim_rule(rows: Sequence[PolicyRow], explained: list[Resolved]) -> ClaimRule:
    """What claims do here: of the rows that say something the strictest, else the default."""
    saying = [row for row in rows if row.says_claim]
    if not saying:
        return ClaimRule()

    def strictest(of: Callable[[ClaimRule], ClaimEffect]) -> ClaimEffect:
        return min((of(row.claim) for row in saying), key=EFFECTS.index)

    rule = ClaimRule(
        strictest(lambda claim: claim.on_claim),
        strictest(lambda claim: claim.on_citizenship_proof),
        strictest(lambda claim: claim.on_lawful_status_proof),
        min(row.claim.check_hours for row in saying),
    )
    if len({row.claim for row in saying}) > 1:
        winner = next((row for row in saying if row.claim == rule), saying[0])
        names = " and ".join(f"{row.code} ({row.level})" for row in saying)
        explained.append(
            _won(
                "claim",
                winner,
                f"{names} treat a claim of status differently: what protects the person more wins, point by point.",
            )
        )
    return rule


def strictest_telling(
    rows: Sequence[PolicyRow],
    about: str,
    of: Callable[[PolicyRow], Telling | None],
    default: Telling,
    explained: list[Resolved],
) -> Telling:
    """What may be told: the strictest of what the rows say, else `default`."""
    saying = [(row, told) for row in rows if (told := of(row)) is not None]
    if not saying:
        return default
    winner, told = min(saying, key=lambda pair: STRICTNESS.index(pair[1]))
    local = [(row, other) for row, other in saying if other is not told]
    if local:
        others = ", ".join(f"{row.code} ({row.level}): {_words(other)}" for row, other in local)
        what = about.replace("_", " ")
        explained.append(
            _won(
                about,
                winner,
                f"On {what}, {winner.code} ({winner.level}) says {_words(told)}; {others}. The stricter wins.",
            )
        )
    return told


def duties(rows: Sequence[PolicyRow], explained: list[Resolved]) -> tuple[tuple[DutyRow, str], ...]:
    """Every duty once, with the row it comes from: the shortest time of all, a condition if any row says so."""
    found: dict[Duty, tuple[DutyRow, PolicyRow]] = {}
    for row in rows:
        for duty in row.duties:
            if duty.code not in found:
                found[duty.code] = (duty, row)
                continue
            first, owner = found[duty.code]
            kept, source = (duty, row) if _sooner(duty, first) else (first, owner)
            is_condition = first.is_condition or duty.is_condition
            if duty != first:
                why = "the shorter time holds" + (", and the hold waits for it" if is_condition else "")
                explained.append(
                    _won(
                        f"duty {duty.code}",
                        source,
                        f"{owner.code} ({owner.level}) and {row.code} ({row.level}) both ask: "
                        f"{DUTIES[duty.code]}. {source.code} wins, because {why}.",
                    )
                )
            found[duty.code] = (DutyRow(kept.code, kept.due_hours, kept.due_from, is_condition), source)
    return tuple((found[code][0], found[code][1].code) for code in DUTIES if code in found)


def accounts(rows: Sequence[PolicyRow], explained: list[Resolved]) -> bool:
    """Whether an immigration office may have accounts here: a law says so, and none says no."""
    saying = [row for row in rows if row.federal_accounts is not None]
    refusing = [row for row in saying if row.federal_accounts is False]
    if refusing and len(refusing) < len(saying):
        winner = refusing[0]
        explained.append(
            _won(
                "federal_accounts",
                winner,
                f"{winner.code} ({winner.level}) allows no federal accounts and another row does: the one that "
                "refuses wins.",
            )
        )
    return bool(saying) and not refusing


def _sooner(one: DutyRow, other: DutyRow) -> bool:
    if one.due_hours is None:
        return False
    return other.due_hours is None or one.due_hours < other.due_hours


def _says(row: PolicyRow) -> str:
    return f"{row.code} ({row.level}) {STANCES[row.stance]}"


def _words(told: Telling) -> str:
    return told.value.replace("_", " ")


def _won(about: str, row: PolicyRow, sentence: str) -> Resolved:
    return Resolved(about, row.code, row.level.value, sentence)
