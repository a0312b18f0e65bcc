"""The board: everybody in custody with a clock, a duty or an unanswered check, most urgent first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import inf
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from accounts.actors import Actor
from accounts.models import Agency, User
from accounts.permissions import Permission, has_permission
from accounts.scope import agencies
from cases.models import Assignment, Case
from cases.states import Custody
from desk import colleagues, duties, heartbeat, stuck
from desk.facts import CaseFacts
from desk.filters import MINE, NOBODY, TEAM, Filters
from desk.freshness import Look, look
from desk.loader import load
from desk.next_acts import Act, next_acts
from desk.situations import Kind, Level, Situation, situation
from desk.stages import Stage, stage_of
from desk.stuck import Stuck
from desk.ticking import Ticker, ticker
from detainers.models import Breach, CaseAuthority, Detainer, Duty
from matching.models import Candidate, ExpectedAnswer, PrintSearch, Transmission

MOST_LEADS = 200
MOST_UNITS = 200
EVERYBODY = Filters()
OPEN_ANSWERS = ("waiting", "awaiting_iar", "overdue", "inconclusive", "error", "rejected", "held_back")
"""Answers that still need somebody: from a repository, or from us."""


@dataclass(frozen=True)
class Row:
    """One person on the board."""

    facts: CaseFacts
    situation: Situation
    act: Act | None
    stage: Stage
    ticker: Ticker | None
    is_late: bool
    is_mine: bool
    also: str = ""
    """A claim or a duty that presses beside what the sentence says."""


@dataclass(frozen=True)
class Lead:
    """A candidate for an examiner: a case number and no name."""

    candidate: Candidate
    is_second: bool


@dataclass(frozen=True)
class Count:
    """One figure of the line above the rows; it leads to the people it counts."""

    key: str
    number: int


@dataclass(frozen=True)
class Board:
    """Everything the page shows, at one instant. `everybody` are the rows before stage and urgency were chosen."""

    everybody: tuple[Row, ...]
    leads: tuple[Lead, ...]
    stuck: tuple[Stuck, ...]
    is_cut: bool
    agencies: tuple[Agency, ...]
    chosen: Agency | None
    filters: Filters
    pulse: heartbeat.Pulse
    at: datetime
    actor: Actor = field(compare=False)
    duties_today: int = 0

    @property
    def zone(self) -> str:
        return (self.chosen or self.agencies[0]).time_zone if self.agencies else "UTC"

    @property
    def has_names_of_jails(self) -> bool:
        return len(self.agencies) > 1 and self.chosen is None

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Who is shown."""
        return tuple(row for row in self.everybody if _is_chosen(row, self.filters))

    @property
    def counts(self) -> tuple[Count, ...]:
        return tuple(
            Count(key, sum(1 for row in self.everybody if test(row))) for key, test in COUNTED.items()
        )

    @cached_property
    def agency_keys(self) -> list[int]:
        return [self.chosen.pk] if self.chosen else [item.pk for item in self.agencies]

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Housing units in which somebody is now, for the choice above the board; the chosen one always among them."""
        found = set(units_of(self.actor, self.agency_keys)) if self.agency_keys else set()
        return tuple(sorted(found | ({self.filters.unit} - {""}), key=_natural))

    @cached_property
    def colleagues(self) -> tuple[User, ...]:
        """Who may own cases here."""
        return colleagues.of(self.agency_keys) if self.agency_keys else ()


COUNTED: dict[str, Callable[[Row], bool]] = {
    "over": lambda row: row.situation.level is Level.OVER,
    "soon": lambda row: row.situation.level is Level.SOON,
    "act": lambda row: row.situation.level is Level.ACT and row.stage is not Stage.HOLD,
    "late": lambda row: row.is_late,
}


def read(
    actor: Actor,
    *,
    at: datetime,
    filters: Filters = EVERYBODY,
    seen: Look | None = None,
) -> Board:
    """The board of this actor; an agency in `filters` that is not one of theirs means all of them.

    `seen` is what `freshness.look` has read for the same actor at the same instant.
    """
    seen = seen or look(actor, filters, is_wall=False, at=at)
    allowed = agencies(actor, Permission.BOARD_VIEW)
    found = tuple(row for row in seen.agencies if row.pk in allowed)
    chosen = next((item for item in found if str(item.public_id) == filters.agency), None)
    keys = [chosen.pk] if chosen else [item.pk for item in found]
    ids = _case_ids(actor, keys, filters, at) if keys else []
    facts = load(actor, ids[: filters.most], at=at) if ids else []
    rows = sorted(
        (_row(actor, item, at) for item in facts), key=lambda row: (row.situation.sort_key, row.facts.number)
    )
    return Board(
        everybody=tuple(rows),
        leads=_leads(actor) if actor.may_somewhere(Permission.CANDIDATE_REVIEW) else (),
        stuck=() if filters.is_narrow else stuck.read(actor),
        is_cut=len(ids) > filters.most,
        agencies=found,
        chosen=chosen if chosen or len(found) != 1 else found[0],
        filters=filters if chosen or not filters.agency else filters.but(agency=""),
        pulse=seen.pulse,
        at=at,
        actor=actor,
        duties_today=_duties_today(actor, found, keys, at) if keys else 0,
    )


def _duties_today(actor: Actor, found: Sequence[Agency], keys: list[int], at: datetime) -> int:
    """Open duties that are overdue or due before the next midnight of the facility."""
    end = duties.end_of_day(at, found[0].zone)
    rows = Duty.objects.visible_to(actor).still_open()
    return int(rows.filter(case__agency_id__in=keys, due_at__lt=end).count())


def _row(actor: Actor, facts: CaseFacts, at: datetime) -> Row:
    now = situation(facts, at)
    acts = next_acts(facts, now, lambda permission: has_permission(actor, permission, facts.agency_id))
    return Row(
        facts=facts,
        situation=now,
        act=acts.first,
        stage=stage_of(now),
        ticker=ticker(now, at),
        is_late=any(answer.is_late(at) for answer in facts.answers),
        is_mine=facts.owner is not None and facts.owner.is_me,
        also=_also(facts, now, at),
    )


def _also(facts: CaseFacts, now: Situation, at: datetime) -> str:
    pressing = None if now.kind in (Kind.DUTY_LATE, Kind.DUTY) else duties.pressing(facts, at)
    also = [duties.sentence(pressing, facts, at)] if pressing is not None and pressing.is_overdue(at) else []
    if facts.claim is not None and now.kind is not Kind.CLAIM:
        also.insert(0, duties.claim_sentence(facts.claim, facts, at))
    return " ".join(also)


def _is_chosen(row: Row, filters: Filters) -> bool:
    is_of_stage = not filters.stage or row.stage.value == filters.stage
    return is_of_stage and (not filters.level or COUNTED[filters.level](row))


def units_of(actor: Actor, keys: list[int]) -> list[str]:
    """Housing units of these jails in which somebody is now, in their natural order."""
    rows = Case.objects.visible_to(actor).in_custody().filter(agency_id__in=keys).exclude(unit="")
    return sorted(rows.order_by("unit").values_list("unit", flat=True).distinct()[:MOST_UNITS], key=_natural)


def _natural(unit: str) -> list[tuple[int, int, str]]:
    """'Unit 2' before 'Unit 10'."""
    parts = re.split(r"(\d+)", unit.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _leads(actor: Actor) -> tuple[Lead, ...]:
    rows = (
        Candidate.objects.to_review_by(actor)
        .select_related("submission__case__agency")
        .order_by("proposed_at", "pk")[:MOST_LEADS]
    )
    return tuple(Lead(row, row.state == "first_reviewed") for row in rows)


def _case_ids(actor: Actor, keys: list[int], filters: Filters, at: datetime) -> list[int]:
    """Cases of the board, by one query of ranked parts, each bounded: a full jail never makes the page slow."""
    first, *rest = _parts(actor, keys, filters, at)
    found = sorted(
        first.union(*rest, all=True), key=lambda item: (item[1], item[2].timestamp() if item[2] else inf)
    )
    return list(dict.fromkeys(case for case, _rank, _since in found))


def _parts(actor: Actor, keys: list[int], filters: Filters, at: datetime) -> list[QuerySet[Any, Any]]:
    """(case, rank, since when) of everything that may put somebody on the board."""

    def held(path: str) -> Q:
        return Q(**{f"{path}agency_id__in": keys, f"{path}custody_state": Custody.IN_CUSTODY}) & _narrowed(
            actor, path, filters
        )

    clocks = CaseAuthority.objects.visible_to(actor).filter(agency_id__in=keys, in_custody=True)
    clocks = clocks.filter(_narrowed(actor, "case__", filters))
    over = clocks.in_breach()
    running = clocks.filter(in_breach=False, release_eligible_at__isnull=False)
    papers = Detainer.objects.visible_to(actor).live().filter(held("case__"))
    answers = ExpectedAnswer.objects.visible_to(actor).filter(held("submission__case__"))
    open_answers = answers.exclude(submission__state="superseded").filter(state__in=OPEN_ANSWERS)
    sent = Transmission.objects.visible_to(actor).filter(held("submission__case__"))
    not_sent = sent.filter(state__in=("held_back", "failed", "quarantined"))
    searches = PrintSearch.objects.visible_to(actor).filter(held("submission__case__"))
    not_searched = searches.filter(state__in=("failed", "quarantined"))
    leads = Candidate.objects.visible_to(actor).filter(held("submission__case__"))
    undecided = leads.filter(state__in=("unreviewed", "first_reviewed"))
    late = Duty.objects.visible_to(actor).still_open().filter(held("case__"), due_at__lt=at)
    ended = Breach.objects.visible_to(actor).filter(case__agency_id__in=keys, state="ended")
    ended = ended.filter(_narrowed(actor, "case__", filters))
    parts = [
        (over, 1, "case_id", "authority_ends_at"),
        (running, 2, "case_id", "authority_ends_at"),
        (papers.exclude(state="served"), 3, "case_id", "received_at"),
        (late, 3, "case_id", "due_at"),
        (open_answers.filter(state__in=("awaiting_iar", "rejected")), 4, "submission__case_id", "due_at"),
        (undecided, 5, "submission__case_id", "proposed_at"),
        (not_sent, 6, "submission__case_id", "created_at"),
        (not_searched, 6, "submission__case_id", "created_at"),
        (ended, 7, "case_id", "until_at"),
        (open_answers, 8, "submission__case_id", "due_at"),
        (papers, 9, "case_id", "received_at"),
    ]
    if filters.owner and filters.owner != NOBODY:
        owned = Assignment.objects.visible_to(actor).open().filter(held("case__"))
        parts.append((owned, 10, "case_id", "began_at"))
    return [_ranked(rows, rank, case, since, filters.most) for rows, rank, case, since in parts]


def _narrowed(actor: Actor, path: str, filters: Filters) -> Q:
    """The case reached by `path` is in the chosen unit and has the chosen owner."""
    chosen = Q(**{f"{path}unit": filters.unit}) if filters.unit else Q()
    if not filters.owner:
        return chosen
    owners = Assignment.objects.open().filter(case_id=OuterRef(f"{path.removesuffix('__')}_id"))
    owners = owners.filter(colleagues.works_here("owner_id", "case__agency_id"))
    if filters.owner == NOBODY:
        return chosen & ~Exists(owners)
    if filters.owner == TEAM:
        return chosen & Exists(owners.exclude(owner__public_id=actor.id))
    owner = actor.id if filters.owner == MINE else filters.owner
    return chosen & Exists(owners.filter(owner__public_id=owner))


def _ranked(rows: QuerySet[Any], rank: int, case: str, since: str, most: int) -> QuerySet[Any, Any]:
    named = rows.annotate(case_key=F(case), rank_now=Value(rank), since=F(since))
    return named.order_by("since", "pk").values_list("case_key", "rank_now", "since")[: most + 1]
