"""Everything the case page shows, read within the actor's sight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.errors import NotFound
from accounts.permissions import Permission, has_permission
from audit import sentences
from audit.models import Access, Event
from cases import people
from cases.identifiers import PersonIdentifier
from cases.models import (
    Assignment,
    AssignmentOffer,
    Case,
    CaseNote,
    Charge,
    Conviction,
    Document,
    LocalGround,
)
from cases.people import Alias
from cases.services.identifiers import Shown, opened
from desk import corrections, duty_rows, strip
from desk.facts import CaseFacts
from desk.loader import load
from desk.next_acts import NextActs, next_acts
from desk.person_page import Elsewhere, elsewhere
from desk.situations import Situation, situation
from detainers import rulebook
from detainers.clock import ExcludedDay
from detainers.duties import TELLING
from detainers.models import (
    Breach,
    CriminalLevel,
    Detainer,
    DutyOutcome,
    Hold,
    IceDisclosure,
    PolicyDecision,
    StatusClaim,
)
from detainers.policies import VERDICTS, Verdict
from detainers.policy_rows import Telling
from detainers.services.records import Opened, opened_details
from detainers.situation import load as load_clock
from matching.events import ANSWER_WORDS
from matching.models import ExpectedAnswer, Reply, Submission

LEGAL = (
    "cases.release_eligible",
    "detainers.hold",
    "detainers.policy",
    "detainers.deadline",
    "cases.released",
)
ALARMS = ("detainers.breach_opened", "detainers.breach_ended", "detainers.deficient")
MOST_ACCESSES = 100
HEADINGS: dict[str, Any] = {
    "state": gettext_lazy("State criminal history"),
    "fbi": gettext_lazy("FBI criminal history"),
    "dhs": gettext_lazy("DHS immigration records"),
}
TRANSMISSION_WORDS: dict[str, Any] = {
    "held_back": gettext_lazy("Not sent."),
    "queued": gettext_lazy("Waiting to be sent."),
    "sending": gettext_lazy("Being sent now."),
    "sent": gettext_lazy("Sent to the state bureau."),
    "failed": gettext_lazy("Could not be sent. A person must look."),
    "quarantined": gettext_lazy("Sending was stopped. A person must look."),
}


@dataclass(frozen=True)
class Entry:
    """One event as a sentence."""

    at: str
    moment: datetime
    sentence: str
    who: str
    noted: str
    tone: str


@dataclass(frozen=True)
class Answer:
    """What one source said, with the words for it. The three are never merged."""

    source: Any
    words: str
    tone: str
    row: ExpectedAnswer
    is_late: bool


@dataclass(frozen=True)
class Paper:
    """A detainer with everything that hangs on it."""

    row: Detainer
    boxes: tuple[str, ...]
    decision: PolicyDecision | None
    said: Opened = field(default_factory=Opened)

    @property
    def verdict(self) -> str:
        """What the policy said, as a sentence."""
        return VERDICTS[Verdict(self.decision.verdict)] if self.decision else ""

    @property
    def tried(self) -> list[dict[str, Any]]:
        """Each rule tried, with its citation."""
        return list(self.decision.trace["tried"]) if self.decision else []

    @property
    def telling(self) -> list[str]:
        """What ICE may be told: status is one thing, a release time another."""
        if self.decision is None:
            return []
        trace = self.decision.trace
        return [
            TELLING["status"][Telling(trace["status_information"])],
            TELLING["release"][Telling(trace["release_information"])],
        ]


@dataclass(frozen=True)
class Clock:
    """How the end of authority came about."""

    lines: tuple[str, ...]
    citations: tuple[str, ...]
    strip: strip.Strip | None


@dataclass(frozen=True)
class Link:
    """Another case of the same person; `url_id` only where this actor may open it."""

    number: str
    agency: str
    reason: str
    linked_at: datetime
    url_id: UUID | None


@dataclass(frozen=True)
class CasePage:
    """The page at one instant."""

    case: Case
    facts: CaseFacts
    situation: Situation
    acts: NextActs
    timeline: tuple[tuple[str, tuple[Entry, ...]], ...]
    answers: tuple[Answer, ...]
    submission: Submission | None
    earlier_submissions: int
    papers: tuple[Paper, ...]
    duties: tuple[duty_rows.Line, ...]
    disclosures: tuple[IceDisclosure, ...]
    claims: tuple[StatusClaim, ...]
    convictions: tuple[Conviction, ...]
    level: CriminalLevel | None
    may_record_conviction: bool
    may_protect: bool
    clock: Clock | None
    breaches: tuple[Breach, ...]
    documents: tuple[Document, ...]
    links: tuple[Link, ...]
    identifiers: tuple[Shown, ...]
    accesses: tuple[Access, ...] | None
    charges: tuple[Charge, ...]
    grounds: tuple[LocalGround, ...]
    aliases: tuple[Alias, ...]
    other_cases: tuple[Case, ...]
    elsewhere: tuple[Elsewhere, ...]
    notes: tuple[CaseNote, ...]
    owners: tuple[Assignment, ...]
    offers: tuple[AssignmentOffer, ...]
    sees_person: bool
    corrections: tuple[corrections.Shown, ...]
    may_correct: bool
    at: datetime

    @property
    def zone(self) -> str:
        return self.facts.zone

    @property
    def waiting(self) -> tuple[corrections.Shown, ...]:
        """What waits for a second person."""
        return tuple(item for item in self.corrections if item.is_waiting)

    @property
    def corrected_breaches(self) -> set[int]:
        """Breaches that were raised before a correction that moved the clock: they stay as they were raised."""
        moved = [item.row for item in self.corrections if item.is_applied and item.row.movement != "none"]
        return {
            breach.pk for breach in self.breaches if any(row.decided_at >= breach.opened_at for row in moved)
        }

    @property
    def transmission_words(self) -> str:
        """Where the prints are, in a sentence."""
        transmission = self.facts.transmission
        return str(TRANSMISSION_WORDS.get(transmission.state, transmission.state)) if transmission else ""


def read(actor: Actor, public_id: UUID, *, at: datetime) -> CasePage:
    """The case, if this actor may see it; NotFound otherwise."""
    rows = Case.objects.visible_to(actor).select_related("person", "agency", "booking__document")
    case = rows.filter(public_id=public_id).first()
    if case is None:
        raise NotFound("There is no such case.")
    facts = load(actor, [case.pk], at=at)[0]
    now = situation(facts, at)
    submissions = list(
        Submission.objects.visible_to(actor).filter(case=case).select_related("document").order_by("-pk")
    )
    current = next((item for item in submissions if item.state != "superseded"), None)
    papers = tuple(_papers(actor, case))
    seen = has_permission(actor, Permission.AUDIT_VIEW, case.agency)
    return CasePage(
        case=case,
        facts=facts,
        situation=now,
        acts=next_acts(facts, now, lambda permission: has_permission(actor, permission, case.agency)),
        timeline=tuple(_timeline(case)),
        answers=tuple(_answers(actor, current, at)) if current else (),
        submission=current,
        earlier_submissions=len(submissions) - (1 if current else 0),
        papers=papers,
        duties=duty_rows.of_case(actor, case, at),
        disclosures=tuple(
            IceDisclosure.objects.visible_to(actor).filter(case=case).order_by("told_at", "pk")
        ),
        claims=tuple(
            StatusClaim.objects.visible_to(actor)
            .filter(case=case)
            .select_related("check_of_claim")
            .order_by("claimed_at", "pk")
        ),
        convictions=tuple(
            Conviction.objects.visible_to(actor)
            .filter(case__person_id=case.person_id)
            .order_by("convicted_on", "pk")
        ),
        level=CriminalLevel.objects.visible_to(actor).filter(case=case).order_by("-pk").first(),
        may_record_conviction=has_permission(actor, Permission.CONVICTION_RECORD, case.agency_id),
        may_protect=has_permission(actor, Permission.PROTECTION_HANDLE, case.agency_id),
        clock=_clock(actor, case, facts, at),
        breaches=tuple(Breach.objects.visible_to(actor).filter(case=case).order_by("from_at", "pk")),
        documents=_documents(actor, case, submissions, papers),
        links=tuple(_links(actor, case)),
        identifiers=tuple(
            opened(PersonIdentifier.objects.visible_to(actor).filter(case=case).order_by("pk"))
        ),
        accesses=tuple(Access.objects.filter(case_id=public_id).order_by("-id")[:MOST_ACCESSES])
        if seen
        else None,
        charges=tuple(case.charges.order_by("added_at", "pk")),
        grounds=tuple(case.grounds.order_by("started_at", "pk")),
        aliases=people.also_recorded_as(case.person),
        other_cases=tuple(rows.filter(person=case.person).exclude(pk=case.pk).order_by("-opened_at", "-pk")),
        elsewhere=tuple(elsewhere(actor, people.known_at([case.person_id]))),
        notes=tuple(CaseNote.objects.visible_to(actor).filter(case=case).order_by("pk")),
        owners=tuple(case.assignments.select_related("owner").order_by("-pk")),
        offers=tuple(case.offers.select_related("to").order_by("-pk")),
        sees_person=has_permission(actor, Permission.PERSON_VIEW, case.agency_id),
        corrections=corrections.of_case(case),
        may_correct=has_permission(actor, Permission.CORRECTION_REQUEST, case.agency),
        at=at,
    )


def _timeline(case: Case) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    zone = case.agency.time_zone
    info = ZoneInfo(zone)
    events = Event.objects.filter(case_id=case.public_id).order_by("occurred_at", "id")
    for day, group in groupby(events, key=lambda event: event.occurred_at.astimezone(info).date()):
        yield f"{day:%A} {day.day} {day:%B %Y}", tuple(_entry(event, zone) for event in group)


def _entry(event: Event, zone: str) -> Entry:
    local = event.occurred_at.astimezone(ZoneInfo(zone))
    is_later = (event.recorded_at - event.occurred_at).total_seconds() > 90
    tone = (
        "alarm" if event.action.startswith(ALARMS) else "legal" if event.action.startswith(LEGAL) else "plain"
    )
    return Entry(
        at=f"{local:%H:%M %Z}",
        moment=event.occurred_at,
        sentence=sentences.sentence(event, zone=zone),
        who=event.actor_label,
        noted=sentences.local_time(event.recorded_at, zone) if is_later else "",
        tone=tone,
    )


def _answers(actor: Actor, submission: Submission, at: datetime) -> Iterator[Answer]:
    for row in ExpectedAnswer.objects.visible_to(actor).filter(submission=submission).in_order():
        late = row.is_late(at)
        tone = (
            "soon"
            if late or row.state in ("rejected", "error", "inconclusive")
            else "act"
            if row.is_finding
            else ""
        )
        yield Answer(HEADINGS[row.source], ANSWER_WORDS.get(row.state, row.state), tone, row, late)


def _papers(actor: Actor, case: Case) -> Iterator[Paper]:
    boxes = rulebook.current().boxes
    rows = Detainer.objects.visible_to(actor).filter(case=case).select_related("document", "federal_agency")
    papers = list(
        rows.prefetch_related("services", "warrants", "findings", "decisions").order_by("received_at", "pk")
    )
    details = opened_details(papers) if papers else {}
    for row in papers:
        decision = max(row.decisions.all(), key=lambda item: item.pk, default=None)
        ticked = [code for group in ("basis", "reasons", "priority") for code in row.boxes.get(group, ())]
        ticked += ["loan_back"] if row.boxes.get("loan_back") else []
        yield Paper(
            row=row,
            boxes=tuple(str(boxes.get(code, code)) for code in ticked),
            decision=decision,
            said=details[row.pk],
        )


def _clock(actor: Actor, case: Case, facts: CaseFacts, at: datetime) -> Clock | None:
    """The derivation of the last hold; without one, how the clock answers now, or that nothing follows the local ground."""
    hold = (
        Hold.objects.visible_to(actor)
        .filter(case=case)
        .select_related("detainer")
        .order_by("-started_at", "-pk")
        .first()
    )
    if hold is not None:
        limit = hold.clock.governing_limit
        excluded = limit.excluded_days if limit else ()
        drawn = _picture(case, hold.anchor_at, hold.ends_at, excluded, at)
        return Clock(tuple(hold.sentences()), hold.clock.citations, drawn)
    eligible, ends = case.release_eligible_at, facts.authority.ends_at
    if eligible is None:
        return None
    result = load_clock(case, at).result
    picture = _picture(case, eligible, ends, (), at) if ends else None
    if result is None:
        when = sentences.local_time(eligible, case.agency.time_zone)
        nothing = _("The last local ground ended on %(when)s. There is no hold, so authority ended with it.")
        return Clock((nothing % {"when": when},), (), picture)
    return Clock(tuple(result.sentences()), result.derivation.citations, picture)


def _picture(
    case: Case, start: datetime, end: datetime, excluded: Sequence[ExcludedDay], at: datetime
) -> strip.Strip:
    until = min(case.custody_ended_at or at, at)
    zone = case.agency.time_zone
    return strip.draw(start=start, end=end, excluded=excluded, zone=zone, now=at, custody_until=until)


def _documents(
    actor: Actor, case: Case, submissions: list[Submission], papers: tuple[Paper, ...]
) -> tuple[Document, ...]:
    """Everything received about this case that this actor may download, without its bytes."""
    ids = {case.booking.document_id} if hasattr(case, "booking") else set()
    ids |= {item.document_id for item in submissions}
    ids |= {paper.row.document_id for paper in papers}
    ids |= {warrant.document_id for paper in papers for warrant in paper.row.warrants.all()}
    ids |= {finding.document_id for paper in papers for finding in paper.row.findings.all()}
    ids |= set(
        DutyOutcome.objects.visible_to(actor).filter(duty__case=case).values_list("document_id", flat=True)
    )
    replies = Reply.objects.visible_to(actor).filter(submission__in=[item.pk for item in submissions])
    ids |= set(replies.values_list("document_id", flat=True))
    rows = Document.objects.visible_to(actor).filter(pk__in=ids - {None}).defer("content")
    return tuple(rows.order_by("received_at", "pk"))


def _links(actor: Actor, case: Case) -> Iterator[Link]:
    """Cases that examiners tied to this one. Of another jail's the database gives the number and the jail, no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT public_id, number, agency, reason, linked_at FROM clearhold_linked_cases(%s)", [case.pk]
        )
        rows = cursor.fetchall()
    mine = Case.objects.visible_to(actor).filter(public_id__in=[row[0] for row in rows])
    visible = set(mine.values_list("public_id", flat=True))
    for public_id, number, agency, reason, linked_at in rows:
        yield Link(number, agency, reason, linked_at, public_id if public_id in visible else None)
