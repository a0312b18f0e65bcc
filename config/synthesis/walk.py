"""One person taken along the road by the services, at instants of long ago, in a transaction that is rolled back.

Two kinds of instants come of it. Those that the story says are whole seconds. Those that a service takes from a clock have a part
of a second: `harvest` counts them from the beginning of the walk, so `at_clock` gives instants of that kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import numpy as np
from django.utils import timezone

from accounts.actors import Actor, system
from audit import record
from audit.record import Ref
from cases import services as cases
from cases.booking import BookingRequest, ChargeFacts, PersonFacts, digest
from cases.models import Case, LocalGround
from config.synthesis.places import Jail, State, World
from detainers import services as detainers
from detainers.deficiency import EMPTY_BOXES
from detainers.models import Breach, Detainer, Hold
from detainers.services import DetainerForm
from detainers.services.assess import reassess
from matching import services as matching
from matching.engine.template import Template
from matching.formats import answers
from matching.formats.ebts import ArrestCharge, PrintImage, build_car
from matching.models import PrintSearch, Submission, Transmission
from matching.ports import Receipt
from matching.services.searches import claim_search, record_search
from oversight import events as oversight_events
from oversight.models import ReviewNote

SURNAME, GIVEN = "Zqsurname", "Zqgiven"
NO_MINUTIAE = {1: Template.build(np.empty((0, 4)), width=8, height=8, extractor="none", version="synthetic")}
FINGER_NUMBER = "5550001234"
BIRTH = date(1987, 6, 5)
MINOR_YEARS = 16
CHARGE_CODES = ("9871", "9872")
CHARGE_WORDS = ("ZQCHARGE1", "ZQCHARGE2")
NOTES = (
    "The file shows when the last ground ended and when the door opened. Nothing in between explains the wait.",
    "The copy was given in the person's language and the deadline kept.",
    "Nobody wrote down why the person was not let go at once. Ask the jail.",
)


@dataclass
class Walk:
    """What the steps of a story need. `base` is when the person was booked; steps say hours after it."""

    world: World
    state: State
    jail: Jail
    random: Random
    base: datetime
    begun: datetime = field(default_factory=timezone.now)
    case: Case = None  # type: ignore[assignment]
    cases: list[Case] = field(default_factory=list)
    content_texts: list[tuple[str, str]] = field(default_factory=list)
    identity_digests: list[str] = field(default_factory=list)
    birth: date = BIRTH
    _marks: Iterator[int] = field(default_factory=lambda: count(1))

    def at(self, hours: float) -> datetime:
        """An instant of the story: whole minutes."""
        return (self.base + timedelta(hours=hours)).replace(second=0, microsecond=0)

    def at_clock(self, minutes: float) -> datetime:
        """An instant that a clock would have given, `minutes` after the booking."""
        return (self.begun + timedelta(minutes=minutes)).replace(microsecond=123457)

    def who(self, name: str) -> Actor:
        return self.jail.people[name]

    def mark(self, kind: str, length: int) -> str:
        """A word that no other row has; every copy gets another of the same length."""
        return f"ZQ{kind}{next(self._marks):0{length - 2 - len(kind)}d}"

    # -- booking and the check ---------------------------------------------------------------------------------------
    def book(
        self,
        *,
        hours: float = 0,
        prints: bool = False,
        charges: tuple[str, ...] = ("misdemeanor",),
        minor: bool = False,
    ) -> Case:
        """Book the person, with or without a file of prints."""
        booked_at, number = self.at(hours), self.mark("", 10)
        self.birth = booked_at.date().replace(year=booked_at.year - MINOR_YEARS, day=5) if minor else BIRTH
        facts = tuple(
            ChargeFacts(code, words, kind)
            for code, words, kind in zip(CHARGE_CODES, CHARGE_WORDS, charges, strict=False)
        )
        person = PersonFacts(
            SURNAME,
            GIVEN,
            self.birth,
            self.random.choice("MMMF"),
            self.random.choice(("TX", "CA", "MX", "YY")),
        )
        request = BookingRequest(
            booking_number=number,
            booked_at=booked_at,
            person=person,
            charges=facts,
            arrested_at=booked_at - timedelta(minutes=self.random.randrange(30, 180)),
            eft=self._file(number, booked_at) if prints else None,
            channel="file" if prints else "admin",
        )
        self.case = cases.book(
            actor=self.who("officer"), agency=self.jail.agency, request=request, at=booked_at
        ).case
        self.cases.append(self.case)
        self.content_texts.append((request.content_digest(), _canonical(request)))
        self.identity_digests.append(request.identity_digest())
        return self.case

    def take_again(self, *, minutes: float = 40) -> None:
        """The officer takes the prints again after the first were refused."""
        eft = self._file(self.submission.oca, self.at(0), tile=b"\x40" * 64)
        matching.reprint(
            submission_id=self.submission.pk, actor=self.who("officer"), at=self.at_clock(minutes), eft=eft
        )

    def late(self, *, minutes: float = 300) -> None:
        """The usual time passed without an answer."""
        matching.mark_overdue(at=self.at_clock(minutes))

    def _file(self, number: str, booked_at: datetime, tile: bytes = bytes(range(64))) -> bytes:
        """A print file with one tile of 8 by 8 points where the ten images are: there is nothing to look at in it."""
        agency = self.jail.agency
        day = booked_at.astimezone(agency.zone).date()
        image = PrintImage(1, 1, 8, 8, 500, "NONE", tile)
        return build_car(
            tcn=self.mark("LS", 19)
            + "X",  # a letter: the common end of received and outgoing file stops here
            ori=agency.ori,
            dai=self.state.bureau.ori,
            cri=agency.ori,
            at=booked_at,
            surname=SURNAME,
            given_names=GIVEN,
            dob=self.birth,
            sex="X",
            doa=day,
            arrests=[ArrestCharge(day, "SEE THE BOOKING")],
            prints=[image],
            amputations=[(position, "UP") for position in range(2, 11)],
            oca=number,
            ndr=(1, 9),
        )

    @property
    def submission(self) -> Submission:
        found: Submission = Submission.objects.filter(case=self.case).order_by("-pk")[0]
        return found

    def send(self, *, minutes: float = 0.5) -> None:
        """A worker carries the file to the bureau."""
        row: Transmission = self.submission.transmissions.get(state="queued")
        claimed = matching.claim_transmission(
            transmission_id=row.pk, owner="worker", at=self.at_clock(minutes)
        )
        assert claimed is not None
        receipt = Receipt(self.mark("C", 20), False)
        matching.record_sent(transmission_id=row.pk, receipt=receipt, at=self.at_clock(minutes + 0.02))

    def search(self, *, hits: tuple[Any, ...] = (), minutes: float = 1.0) -> None:
        """A worker searches our own repository; nobody is found unless `hits` says so."""
        row = PrintSearch.objects.get(submission=self.submission)
        assert claim_search(search_id=row.pk, owner="worker", at=self.at_clock(minutes))
        record_search(
            search_id=row.pk,
            owner="worker",
            prints=NO_MINUTIAE,
            hits=list(hits),
            searched=1000,
            at=self.at_clock(minutes + 0.1),
        )

    def answer(self, *, minutes: float = 6, **letters: str) -> None:
        """Answers of state, FBI and DHS with the letter of the search result; 'E' is a reject."""
        oris = {"state": self.state.bureau.ori, "fbi": answers.FBI_ORI, "dhs": answers.DHS_ORI}
        for place, (source, letter) in enumerate(letters.items()):
            envelope = self._envelope(oris[source])
            if letter == "E":
                content = answers.build_errt(envelope, messages=["L0008 - The prints are of low quality."])
            elif source == "dhs":
                content = answers.build_idr(
                    envelope, srf=letter, fin=f"FN-{FINGER_NUMBER}" if letter == "I" else None
                )
            else:
                content = answers.build_sre(envelope, srf=letter, name=f"{SURNAME.upper()},{GIVEN.upper()}")
            self._receive(content, minutes + place)

    def immigration_response(self, meaning: str, *, minutes: float = 30) -> None:
        """The response comes and a clerk reads it."""
        self._receive(answers.build_iar(self._envelope(answers.DHS_ORI), text="READ BY A PERSON."), minutes)
        matching.code_iar(
            submission_id=self.submission.pk,
            actor=self.who("clerk"),
            at=self.at_clock(minutes + 20),
            meaning=meaning,
            reason="Read in full.",
        )

    def _envelope(self, ori: str) -> answers.Envelope:
        submission = self.submission
        return answers.Envelope(
            tcn=self.mark("M", 20),
            tcr=submission.tcn,
            ori=ori,
            dai=self.jail.agency.ori,
            at=self.at(0),
            oca=submission.oca,
            cri=tuple(submission.cri),
        )

    def _receive(self, content: bytes, minutes: float) -> None:
        matching.record_reply(
            peer="bureau", message_id=self.mark("I", 12), content=content, at=self.at_clock(minutes)
        )

    # -- grounds and leaving -----------------------------------------------------------------------------------------
    def end_grounds(self, hours: float, reason: str = LocalGround.EndReason.BOND) -> None:
        for ground in self.case.grounds.filter(ended_at__isnull=True).order_by("pk"):
            cases.end_ground(ground_id=ground.pk, actor=self.who("officer"), at=self.at(hours), reason=reason)

    def add_ground(self, hours: float, kind: str, words: str) -> None:
        cases.add_ground(
            case_id=self.case.pk, actor=self.who("officer"), at=self.at(hours), kind=kind, description=words
        )

    def release(self, hours: float, *, to: str = "street", reason: str = "") -> None:
        cases.release(
            case_id=self.case.pk, actor=self.who("officer"), at=self.at(hours), to=to, reason=reason
        )

    def leave(self, hours: float) -> None:
        """Grounds end and the person goes, in one instant."""
        self.end_grounds(hours)
        self.release(hours)

    # -- detainers ---------------------------------------------------------------------------------------------------
    def detainer(
        self, hours: float, *, warrant: bool = True, complete: bool = True, served: float | None = None
    ) -> None:
        """A detainer is registered as received at `hours`, and served if `served` says when."""
        at, zone = self.at(hours), self.jail.agency.zone
        row = detainers.register_detainer(
            case_id=self.case.pk,
            actor=self.who("clerk"),
            at=at,
            channel="email",
            form=DetainerForm(
                edition="I-247A_2017",
                boxes={**EMPTY_BOXES, "basis": ["biometric_records_check"] if complete else []},
                subject_surname=SURNAME,
                subject_given_names=GIVEN,
                subject_birth_date=self.birth,
                notify_ice=True,
                issuing_office="An invented field office",
                officer_title="Deportation Officer",
                signature_present=complete,
                issued_on=at.astimezone(zone).date(),
            ),
        )
        if warrant:
            detainers.record_warrant(
                detainer_id=row.pk,
                actor=self.who("clerk"),
                at=at,
                kind="ADMIN_I200",
                signed_by_role="Supervisory officer",
            )
        if self.state.code == "NC" and complete:
            detainers.record_judicial_order(
                detainer_id=row.pk,
                actor=self.who("supervisor"),
                at=at,
                official_role="magistrate",
                basis="Order on file",
            )
        if served is not None:
            detainers.serve_detainer(
                detainer_id=row.pk, actor=self.who("officer"), at=self.at(served), language="es"
            )

    @property
    def paper(self) -> Detainer:
        return Detainer.objects.filter(case=self.case).order_by("pk")[0]

    def lift(self, hours: float) -> None:
        detainers.lift_detainer(
            detainer_id=self.paper.pk,
            actor=self.who("clerk"),
            at=self.at(hours),
            reason="Letter of the office",
        )

    def clock_runs_out(self) -> datetime:
        """The sweep records the end of the hold; when that was."""
        hold = Hold.objects.get(case=self.case)
        reassess(case_id=self.case.pk, actor=system("clock"), at=hold.deadline_at + timedelta(seconds=1))
        return hold.deadline_at

    def hours_of(self, moment: datetime) -> float:
        return (moment - self.base) / timedelta(hours=1)

    def close_breach(self, hours: float) -> None:
        breach = Breach.objects.get(case=self.case)
        detainers.close_breach(
            breach_id=breach.pk,
            actor=self.who("administrator"),
            at=self.at(hours),
            cause="The release order lay unread over a change of shift.",
            remedy="Orders are now read out at every change of shift.",
        )

    # -- looking -----------------------------------------------------------------------------------------------------
    def note(self, words: str | None = None) -> None:
        """A reviewer writes a note: the row and the event of `oversight.services.write_note`, which has its own connection."""
        watch, reviewer = self.world.watch, self.world.reviewer
        note = ReviewNote.objects.create(
            case_id=self.case.public_id,
            agency_id=watch.public_id,
            agency_label=watch.name,
            author_id=reviewer.id,
            author_label=reviewer.label,
            text=words or self.random.choice(NOTES),
        )
        record.event(
            oversight_events.NOTE_WRITTEN,
            actor=reviewer,
            subject=Ref("review_note", note.public_id),
            case=self.case.public_id,
            agency=watch.public_id,
            occurred_at=self.at_clock(60 * 24 * 9),
        )

    def look(self, name: str = "officer") -> None:
        """Somebody opens the page of the case."""
        record.access(
            "case.opened",
            actor=self.who(name),
            objects=[self.case.public_id],
            object_type="case",
            case=self.case.public_id,
            agency=self.jail.agency.public_id,
        )


def _canonical(request: BookingRequest) -> str:
    """The text whose digest is the booking's content digest; the walk fails when it is not any more."""
    content = {
        "booked_at": request.booked_at,
        "charges": sorted((asdict(c) for c in request.charges), key=lambda item: str(sorted(item.items()))),
        "grounds": [asdict(ground) for ground in request.grounds],
    }
    assert digest(content) == request.content_digest()
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=lambda value: value.isoformat())


def long_ago(now: datetime, random: Random) -> datetime:
    """A whole minute about four months ago, in the small hours of a weekday or not: the copies come at all times."""
    return (
        (now - timedelta(days=120, minutes=random.randrange(60 * 24 * 7)))
        .astimezone(UTC)
        .replace(second=0, microsecond=0)
    )
