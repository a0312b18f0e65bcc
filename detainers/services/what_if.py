"""A draft of the law tried on past cases, or on made-up ones: who would have been held longer or shorter. Writes nothing.

Each case is decided twice by the real rules, on the facts stored with its latest decision: by the rows stored with it, and by
those with the draft in the place of the row of its code. The clock then says how long each gives authority on the detainer. What
would have happened to the person then, nobody knows; what is compared is authority, in hours after the release time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Agency
from detainers import rulebook
from detainers.clock import ClockInput, Document, FormRule, PolicyLimits, Rule, compute
from detainers.decisions import Facts, canonical, facts_from_json
from detainers.policies import decide_on
from detainers.policy_book import agency_code, rulebook_in_force
from detainers.policy_rows import PolicyRow, policy_row
from detainers.rulebook import Rulebook

BATCH = 2000
MOST = 50_000
"""Cases looked at in one run, the newest first."""
SHOWN = 100
"""Cases named on the page, those with the greatest difference."""
CASES = """
    SELECT c.id FROM cases_case c
     WHERE c.agency_id = ANY(%s) AND c.release_eligible_at IS NOT NULL AND c.id < %s
       AND EXISTS (SELECT 1 FROM detainers_detainer d WHERE d.case_id = c.id AND d.withdrawn_at IS NULL)
     ORDER BY c.id DESC LIMIT %s
"""
PAPERS = """
    SELECT c.id, c.public_id, c.number, c.agency_id,
           LEAST(c.release_eligible_at, (SELECT min(h.anchor_at) FROM detainers_hold h
                                          WHERE h.case_id = c.id AND h.superseded_by IS NULL)),
           d.edition, d.received_at, d.ended_at, d.deficiencies::text <> '[]',
           (SELECT min(s.served_at) FROM detainers_detainerservice s
             WHERE s.detainer_id = d.id AND s.counts AND s.withdrawn_at IS NULL),
           p.facts::text, md5((p.trace->'rows')::text), p.id
      FROM cases_case c
      JOIN detainers_detainer d ON d.case_id = c.id AND d.withdrawn_at IS NULL
      JOIN LATERAL (SELECT x.id, x.facts, x.trace FROM detainers_policydecision x
                     WHERE x.detainer_id = d.id ORDER BY x.id DESC LIMIT 1) p ON true
     WHERE c.id = ANY(%s)
     ORDER BY c.id DESC, d.received_at, d.id
"""


@dataclass(slots=True)
class Cell:
    """One jail in one month: how many cases have longer, shorter or equal authority, and by how many hours in all."""

    facility: str
    month: str
    same: int = 0
    longer: int = 0
    shorter: int = 0
    hours_longer: float = 0.0
    hours_shorter: float = 0.0


@dataclass(frozen=True, slots=True)
class Changed:
    """One case whose authority would differ, in hours after the release time. It carries no name."""

    case: UUID | None
    number: str
    facility: str
    hours_before: float
    hours_after: float
    verdict_before: str
    verdict_after: str

    @property
    def hours(self) -> float:
        """How much longer; negative when shorter."""
        return self.hours_after - self.hours_before


@dataclass(slots=True)
class WhatIf:
    """What a draft would have done."""

    drafts: list[str]
    is_synthetic: bool
    cases: int = 0
    decisions: int = 0
    more: bool = False
    begun: int = 0
    gone: int = 0
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)

    def total(self, name: str) -> float:
        """The sum of one figure of all cells."""
        return round(sum(getattr(cell, name) for cell in self.cells.values()), 2)

    def rows(self) -> list[Cell]:
        """Cells by facility and month."""
        return [self.cells[key] for key in sorted(self.cells)]

    def as_json(self) -> dict[str, Any]:
        """For machines; without the cases."""
        figures = {
            name: self.total(name) for name in ("same", "longer", "shorter", "hours_longer", "hours_shorter")
        }
        return {
            "drafts": self.drafts,
            "synthetic": self.is_synthetic,
            "cases": self.cases,
            "decisions": self.decisions,
            "more_cases_than_looked_at": self.more,
            "holds_begun": self.begun,
            "holds_gone": self.gone,
            **figures,
            "by_facility_and_month": [asdict(cell) for cell in self.rows()],
        }


@dataclass(frozen=True, slots=True)
class Paper:
    """One detainer of a case as the clock and the policy see it."""

    document: Document
    facts: Facts
    rows: tuple[PolicyRow, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One case to try the draft on."""

    case: UUID | None
    number: str
    agency: Agency
    anchor: datetime
    papers: tuple[Paper, ...]


def what_if(*, drafts: Sequence[PolicyRow], agencies: Sequence[Agency], synthetic: bool = False) -> WhatIf:
    """Try drafts on the cases of these jails, or on made-up ones of their places, inside a transaction that cannot write."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        found = WhatIf([row.code for row in drafts], synthetic)
        judge = _Judge(drafts, rulebook.current())
        source = made_up(agencies) if synthetic else past_cases(agencies, found)
        for case in source:
            _count(found, case, judge)
    found.changed.sort(key=lambda item: (-abs(item.hours), item.number))
    del found.changed[SHOWN:]
    return found


class _Judge:
    """Both decisions on a paper, each distinct pair of facts and rows decided once."""

    def __init__(self, drafts: Sequence[PolicyRow], book: Rulebook) -> None:
        self.drafts, self.book = tuple(drafts), book
        self.known: dict[tuple[Any, ...], tuple[Any, Any]] = {}

    def both(
        self, paper: Paper
    ) -> tuple[tuple[tuple[PolicyLimits, ...], str], tuple[tuple[PolicyLimits, ...], str]]:
        """(limits, verdict) by the stored rows and by those with the drafts. The day of the facts plays no part."""
        key = (replace(paper.facts, on=""), paper.key)
        if key not in self.known:
            before = decide_on(paper.facts, paper.rows, self.book)
            after = decide_on(paper.facts, self._with_drafts(paper), self.book)
            self.known[key] = ((before.limits, before.verdict.value), (after.limits, after.verdict.value))
        return self.known[key]

    def _with_drafts(self, paper: Paper) -> tuple[PolicyRow, ...]:
        facts = paper.facts
        place = {"state": facts.state, "county": facts.county, "city": facts.city, "agency": facts.agency}
        mine = [row for row in self.drafts if row.covers(**place)]
        codes = {row.code for row in self.drafts}
        rows = [row for row in paper.rows if row.code not in codes]
        return tuple(sorted([*rows, *mine], key=lambda row: row.level.rank))


def past_cases(agencies: Sequence[Agency], found: WhatIf) -> Iterator[Tried]:
    """Cases with a release time and a decision, the newest first, at most `MOST`."""
    homes = {agency.pk: agency for agency in agencies}
    laws: dict[str, tuple[PolicyRow, ...]] = {}
    last, taken = 2**62, 0
    while taken < MOST:
        keys = [key for (key,) in _fetch(CASES, [list(homes), last, min(BATCH, MOST - taken)])]
        if not keys:
            return
        yield from _cases(_fetch(PAPERS, [keys]), homes, laws)
        last, taken = keys[-1], taken + len(keys)
    found.more = bool(_fetch(CASES, [list(homes), last, 1]))


def made_up(agencies: Sequence[Agency]) -> Iterator[Tried]:
    """Invented cases of each place: every third day of a year, by day and by night, with and without the conditions asked for."""
    book = rulebook_in_force()
    edition = max(book.editions.values(), key=lambda item: item.starts_on)
    for agency in agencies:
        start = datetime(2025, 1, 1, 9, tzinfo=agency.zone)
        for number in range(243):
            anchor = start + timedelta(days=3 * (number // 2), hours=11 * (number % 2))
            place = {"state": agency.state, "county": agency.county, "city": agency.city}
            rows = book.in_force(**place, on=anchor.date(), agency=agency_code(agency))
            met = tuple(sorted({item.value for row in rows for item in (*row.all_of, *row.any_of)}))
            for conditions in ((), met) if met else ((),):
                facts = Facts(
                    on=anchor.date().isoformat(), **place, edition=edition.code,
                    conditions=conditions, agency=agency_code(agency), convicted=bool(conditions),
                )  # fmt: skip
                document = Document(
                    edition.form_rule(),
                    anchor - timedelta(days=2),
                    anchor - timedelta(days=1),
                    reference="made up",
                )
                yield Tried(
                    None, f"made up {number + 1}", agency, anchor, (Paper(document, facts, rows, _key(rows)),)
                )


def _cases(
    rows: Sequence[tuple[Any, ...]], homes: Mapping[int, Agency], laws: dict[str, tuple[PolicyRow, ...]]
) -> Iterator[Tried]:
    missing = {row[11]: row[12] for row in rows if row[11] not in laws}
    for key, decision in missing.items():
        ((stored,),) = _fetch(
            "SELECT (trace->'rows')::text FROM detainers_policydecision WHERE id = %s", [decision]
        )
        laws[key] = tuple(policy_row(item) for item in json.loads(stored))
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][0] == rows[at][0]:
            end += 1
        _case, public_id, number, agency_id, anchor = rows[at][:5]
        papers = tuple(_paper(row, laws, place) for place, row in enumerate(rows[at:end]))
        yield Tried(public_id, number, homes[agency_id], anchor, papers)
        at = end


def _paper(row: tuple[Any, ...], laws: Mapping[str, tuple[PolicyRow, ...]], place: int) -> Paper:
    edition, received_at, ended_at, deficient, served_at, facts, key = row[5:12]
    known = rulebook.current().editions.get(edition)
    form = known.form_rule() if known else None
    document = Document(
        form or _no_form(edition),
        received_at,
        served_at,
        ended_at,
        deficient,
        reference=f"{edition} {place + 1}",
    )
    return Paper(document, facts_from_json(json.loads(facts)), laws[key], key)


def _count(found: WhatIf, case: Tried, judge: _Judge) -> None:
    found.cases += 1
    found.decisions += len(case.papers)
    decided = [judge.both(paper) for paper in case.papers]
    before = _hours(case, [pair[0][0] for pair in decided])
    after = _hours(case, [pair[1][0] for pair in decided]) if any(a != b for a, b in decided) else before
    local = case.anchor.astimezone(case.agency.zone)
    key = (case.agency.name, f"{local:%Y-%m}")
    cell = found.cells.setdefault(key, Cell(*key))
    difference = round(after - before, 4)
    if not difference:
        cell.same += 1
        return
    if difference > 0:
        cell.longer += 1
        cell.hours_longer = round(cell.hours_longer + difference, 4)
    else:
        cell.shorter += 1
        cell.hours_shorter = round(cell.hours_shorter - difference, 4)
    found.begun += before == 0
    found.gone += after == 0
    verdicts = [_verdicts(decided, which) for which in (0, 1)]
    found.changed.append(Changed(case.case, case.number, case.agency.name, before, after, *verdicts))
    if len(found.changed) > 20 * SHOWN:
        found.changed.sort(key=lambda item: (-abs(item.hours), item.number))
        del found.changed[SHOWN:]


def _verdicts(decided: Sequence[tuple[tuple[Any, str], tuple[Any, str]]], which: int) -> str:
    return ", ".join(dict.fromkeys(pair[which][1] for pair in decided))


def _hours(case: Tried, limits: Sequence[tuple[PolicyLimits, ...]]) -> float:
    """Hours of authority on detainers after the release time, under these limits of each paper."""
    documents = tuple(
        replace(paper.document, policies=limit) for paper, limit in zip(case.papers, limits, strict=True)
    )
    result = compute(ClockInput(case.agency.time_zone, case.anchor, documents))
    if result.expires_at is None or not result.hold_on_detainer_permitted:
        return 0.0
    return max(0.0, round((result.expires_at - case.anchor).total_seconds() / 3600, 4))


def _key(rows: Sequence[PolicyRow]) -> str:
    return hashlib.md5(canonical([dict(row.source) for row in rows]), usedforsecurity=False).hexdigest()


def _no_form(code: str) -> FormRule:
    """A form that is not known asks for nothing."""
    return FormRule(code, Rule.NONE, False, True)


def _fetch(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
