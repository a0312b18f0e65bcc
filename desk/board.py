"""The board: everybody in custody with a clock, a duty or an unanswered check, most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from django.db.models import F, QuerySet, Value

from accounts.actors import Actor
from accounts.models import Agency
from accounts.permissions import Permission, has_permission
from accounts.scope import agencies
from cases.states import Custody
from desk import duties, heartbeat, stuck
from desk.facts import CaseFacts
from desk.loader import load
from desk.next_acts import Act, next_acts
from desk.situations import Kind, Level, Situation, situation
from desk.stuck import Stuck
from detainers.models import Breach, CaseAuthority, Detainer, Duty
from matching.models import Candidate, ExpectedAnswer, PrintSearch, Transmission

MOST_ROWS = 200
OPEN_ANSWERS = ("waiting", "awaiting_iar", "overdue", "inconclusive", "error", "rejected", "held_back")
"""Answers that still need somebody: from a repository, or from us."""


@dataclass(frozen=True)
class Row:
    """One person on the board."""

    facts: CaseFacts
    situation: Situation
    act: Act | None
    also: str = ""
    """A claim or a duty that presses beside what the sentence says."""


@dataclass(frozen=True)
class Lead:
    """A candidate for an examiner: a case number and no name."""

    candidate: Candidate
    is_second: bool


@dataclass(frozen=True)
class Board:
    """Everything the page shows, at one instant."""

    rows: tuple[Row, ...]
    leads: tuple[Lead, ...]
    stuck: tuple[Stuck, ...]
    is_cut: bool
    agencies: tuple[Agency, ...]
    chosen: Agency | None
    pulse: heartbeat.Pulse
    at: datetime
    duties_today: int = 0

    @property
    def zone(self) -> str:
        return (self.chosen or self.agencies[0]).time_zone if self.agencies else "UTC"

    @property
    def has_names_of_jails(self) -> bool:
        return len(self.agencies) > 1 and self.chosen is None

    def count(self, test: Callable[[Row], bool]) -> int:
        return sum(1 for row in self.rows if test(row))

    @property
    def overdue(self) -> int:
        return self.count(lambda row: row.situation.level is Level.OVER)

    @property
    def soon(self) -> int:
        return self.count(lambda row: row.situation.level is Level.SOON)

    @property
    def to_do(self) -> int:
        return self.count(
            lambda row: row.situation.level is Level.ACT and row.situation.kind is not Kind.HOLD_ENDING
        )

    @property
    def late(self) -> int:
        return self.count(lambda row: any(answer.is_late(self.at) for answer in row.facts.answers))


def read(actor: Actor, *, at: datetime, agency: str = "") -> Board:
    """The board of this actor; `agency` is the public id of one of theirs, anything else means all of them."""
    allowed = agencies(actor, Permission.BOARD_VIEW)
    found = tuple(Agency.objects.filter(pk__in=allowed).order_by("name", "pk")) if allowed else ()
    chosen = next((item for item in found if str(item.public_id) == agency), None)
    keys = [chosen.pk] if chosen else [item.pk for item in found]
    ids = _case_ids(actor, keys, at) if keys else []
    facts = load(actor, ids[:MOST_ROWS], at=at) if ids else []
    rows = sorted(
        (_row(actor, item, at) for item in facts), key=lambda row: (row.situation.sort_key, row.facts.number)
    )
    return Board(
        rows=tuple(rows),
        leads=_leads(actor) if actor.may_somewhere(Permission.CANDIDATE_REVIEW) else (),
        stuck=stuck.read(actor),
        is_cut=len(ids) > MOST_ROWS,
        agencies=found,
        chosen=chosen if chosen or len(found) != 1 else found[0],
        pulse=heartbeat.read(at=at),
        at=at,
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
    pressing = None if now.kind in (Kind.DUTY_LATE, Kind.DUTY) else duties.pressing(facts, at)
    also = [duties.sentence(pressing, facts, at)] if pressing is not None and pressing.is_overdue(at) else []
    if facts.claim is not None and now.kind is not Kind.CLAIM:
        also.insert(0, duties.claim_sentence(facts.claim, facts, at))
    return Row(facts, now, acts.first, " ".join(also))


def _leads(actor: Actor) -> tuple[Lead, ...]:
    rows = (
        Candidate.objects.to_review_by(actor)
        .select_related("submission__case__agency")
        .order_by("proposed_at", "pk")[:MOST_ROWS]
    )
    return tuple(Lead(row, row.state == "first_reviewed") for row in rows)


def _case_ids(actor: Actor, keys: list[int], at: datetime) -> list[int]:
    """Cases of the board, by one query of ranked parts, each bounded: a full jail never makes the page slow."""
    first, *rest = _parts(actor, keys, at)
    found = sorted(
        first.union(*rest, all=True), key=lambda item: (item[1], item[2].timestamp() if item[2] else inf)
    )
    return list(dict.fromkeys(case for case, _rank, _since in found))


def _parts(actor: Actor, keys: list[int], at: datetime) -> list[QuerySet[Any, Any]]:
    """(case, rank, since when) of everything that may put somebody on the board."""
    clocks = CaseAuthority.objects.visible_to(actor).filter(agency_id__in=keys, in_custody=True)
    over = clocks.in_breach()
    running = clocks.filter(in_breach=False, release_eligible_at__isnull=False)
    papers = Detainer.objects.visible_to(actor).live().filter(**_held("case__", keys))
    answers = ExpectedAnswer.objects.visible_to(actor).filter(**_held("submission__case__", keys))
    open_answers = answers.exclude(submission__state="superseded").filter(state__in=OPEN_ANSWERS)
    sent = Transmission.objects.visible_to(actor).filter(**_held("submission__case__", keys))
    not_sent = sent.filter(state__in=("held_back", "failed", "quarantined"))
    searches = PrintSearch.objects.visible_to(actor).filter(**_held("submission__case__", keys))
    not_searched = searches.filter(state__in=("failed", "quarantined"))
    leads = Candidate.objects.visible_to(actor).filter(**_held("submission__case__", keys))
    undecided = leads.filter(state__in=("unreviewed", "first_reviewed"))
    late = Duty.objects.visible_to(actor).still_open().filter(due_at__lt=at, **_held("case__", keys))
    ended = Breach.objects.visible_to(actor).filter(case__agency_id__in=keys, state="ended")
    return [
        _ranked(over, 1, "case_id", "authority_ends_at"),
        _ranked(running, 2, "case_id", "authority_ends_at"),
        _ranked(papers.exclude(state="served"), 3, "case_id", "received_at"),
        _ranked(late, 3, "case_id", "due_at"),
        _ranked(
            open_answers.filter(state__in=("awaiting_iar", "rejected")), 4, "submission__case_id", "due_at"
        ),
        _ranked(undecided, 5, "submission__case_id", "proposed_at"),
        _ranked(not_sent, 6, "submission__case_id", "created_at"),
        _ranked(not_searched, 6, "submission__case_id", "created_at"),
        _ranked(ended, 7, "case_id", "until_at"),
        _ranked(open_answers, 8, "submission__case_id", "due_at"),
        _ranked(papers, 9, "case_id", "received_at"),
    ]


def _held(path: str, keys: list[int]) -> dict[str, Any]:
    return {f"{path}agency_id__in": keys, f"{path}custody_state": Custody.IN_CUSTODY}


def _ranked(rows: QuerySet[Any], rank: int, case: str, since: str) -> QuerySet[Any, Any]:
    named = rows.annotate(case_key=F(case), rank_now=Value(rank), since=F(since))
    return named.order_by("since", "pk").values_list("case_key", "rank_now", "since")[: MOST_ROWS + 1]
