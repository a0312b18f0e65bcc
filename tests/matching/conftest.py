"""Print files, a bureau in memory, and checks at every stage, made by walking the services."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

import pytest

from accounts.models import Agency
from cases import services as case_services
from cases.models import Case
from matching import ports, services
from matching.formats import answers
from matching.formats.ebts import ArrestCharge, PrintImage, build_car
from matching.models import ExpectedAnswer, Submission, Transmission
from matching.ports import Receipt, Transient, Waiting
from matching.sealing import sealed_templates
from tests.actors import Cast
from tests.factories import booking_request, person_facts

NOW = datetime(2026, 3, 19, 18, 0, tzinfo=UTC)
_seeds = count(1)


def image(position: int, *, seed: int) -> PrintImage:
    """A raw grey square. Enough for everything but extraction."""
    data = bytes((seed * 7 + position * 13 + n) % 256 for n in range(64 * 64))
    return PrintImage(
        position=position, impression=1, width=64, height=64, ppi=500, compression="NONE", data=data
    )


def eft(*, seed: int | None = None, positions: range = range(1, 11), **changes: Any) -> bytes:
    """A valid booking file of an invented adult."""
    number = next(_seeds) if seed is None else seed
    fields: dict[str, Any] = {
        "tcn": f"LIVESCAN{number:012d}",
        "ori": "TX0010000",
        "dai": "TXDPS0000",
        "cri": "TX0010000",
        "at": NOW,
        "surname": "Sample",
        "given_names": "One",
        "dob": date(1990, 5, 17),
        "sex": "F",
        "doa": date(2026, 3, 19),
        "arrests": [ArrestCharge(date(2026, 3, 19), "LARCENY")],
        "prints": [image(position, seed=number) for position in positions],
        "oca": f"OCA{number}",
        "ndr": (1, 9),
    }
    return build_car(**(fields | changes))


@dataclass
class FakeBureau:
    """The bureau of the contract, in memory. `failures` are raised first, one a call."""

    received: dict[str, str] = field(default_factory=dict)
    sends: list[str] = field(default_factory=list)
    mailbox: dict[int, bytes] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    before_send: Callable[[], None] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def send(self, *, content: bytes, sha256: str) -> Receipt:
        if self.before_send:
            self.before_send()
        self._fail()
        self.sends.append(sha256)
        is_duplicate = sha256 in self.received
        number = self.received.setdefault(sha256, f"A2026366{len(self.received) + 1:012d}")
        return Receipt(number, is_duplicate)

    def post(self, content: bytes) -> int:
        """Put an answer into the mailbox."""
        number = next(self.numbers)
        self.mailbox[number] = content
        return number

    def list_waiting(self, *, after: int, limit: int) -> list[Waiting]:
        self._fail()
        numbers = sorted(number for number in self.mailbox if number > after)[:limit]
        return [Waiting(number, sha256(self.mailbox[number]).hexdigest()) for number in numbers]

    def fetch(self, message: Waiting) -> bytes:
        self._fail()
        return self.mailbox[message.number]

    def delete(self, message: Waiting) -> None:
        self._fail()
        self.mailbox.pop(message.number, None)
        self.deleted.append(message.number)

    def delete_all(self, messages: Sequence[Waiting]) -> None:
        for message in messages:
            self.delete(message)

    def is_reachable(self) -> bool:
        return True

    def close(self) -> None:
        return None

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def bureau() -> Iterator[FakeBureau]:
    """The bureau wired for this test."""
    before = dict(ports._gateways)
    fake = FakeBureau()
    ports.register_gateway(ports.BUREAU, lambda: fake)
    yield fake
    ports._gateways.clear()
    ports._gateways.update(before)


@dataclass
class Checks:
    """Opens fingerprint checks in the cast's jail and takes them along their road."""

    cast: Cast

    def book(
        self,
        *,
        content: bytes | None = None,
        agency: Agency | None = None,
        who: str = "officer",
        **person: Any,
    ) -> Case:
        request = booking_request(eft=content or eft(), person=person_facts(**person))
        result = case_services.book(
            actor=self.cast.actor(who), agency=agency or self.cast.jail, request=request, at=NOW
        )
        return result.case

    def open(self, **kwargs: Any) -> Submission:
        submission: Submission = self.book(**kwargs).submissions.get()
        return submission

    def minor(self) -> Submission:
        """A check held back because the person is sixteen."""
        dob = date.today() - timedelta(days=16 * 366)
        return self.open(content=eft(dob=dob), birth_date=dob)

    def transmission(self, state: str, *, bureau: FakeBureau | None = None) -> Transmission:
        """A transmission in the wanted state, reached by services alone."""
        if state == "held_back":
            return self.minor().transmissions.get()
        submission = self.open()
        row = submission.transmissions.get()
        at = row.next_attempt_at
        if state == "cancelled":
            services.reprint(submission_id=submission.pk, actor=self.cast.actor("officer"), at=at, eft=eft())
        elif state == "quarantined":
            self._die_again_and_again(row, at)
        elif state != "queued":
            services.claim_transmission(transmission_id=row.pk, owner="w1", at=at)
        if state == "sent":
            services.record_sent(transmission_id=row.pk, receipt=Receipt("C1", False), at=at)
        if state == "failed":
            error = ports.Permanent("refused", "Refused.")
            services.record_failure(transmission_id=row.pk, owner="w1", error=error, at=at)
        row.refresh_from_db()
        assert row.state == state
        return row

    def _die_again_and_again(self, row: Transmission, at: datetime) -> None:
        for _ in range(5):
            row.refresh_from_db()
            at = max(at, row.next_attempt_at)
            assert services.claim_transmission(transmission_id=row.pk, owner="w1", at=at)
            at += timedelta(hours=1)
            services.sweep_leases(at=at)


@pytest.fixture
def checks(cast: Cast) -> Checks:
    return Checks(cast)


@pytest.fixture
def committed_checks(transactional_cast: Cast) -> Checks:
    return Checks(transactional_cast)


_messages = count(1)


def envelope(submission: Submission, from_whom: str, **changes: Any) -> answers.Envelope:
    fields: dict[str, Any] = {
        "tcn": f"E2026{next(_messages):015d}",
        "tcr": submission.tcn,
        "ori": from_whom,
        "dai": "TX0010000",
        "at": NOW,
        "oca": submission.oca,
        "cri": tuple(submission.cri),
    }
    return answers.Envelope(**(fields | changes))


ORI = {"state": "TXDPS0000", "fbi": answers.FBI_ORI, "dhs": answers.DHS_ORI}


def sre(submission: Submission, source: str, srf: str, **changes: Any) -> bytes:
    """A search result of one source; DHS answers with its own transaction."""
    sealed = envelope(submission, ORI[source], **changes)
    if source == "dhs":
        return answers.build_idr(sealed, srf=srf, fin="FN-1234567890" if srf == "I" else None)
    return answers.build_sre(sealed, srf=srf, name="SAMPLE,ONE")


def errt(submission: Submission, source: str, code: str = "L0008", **changes: Any) -> bytes:
    return answers.build_errt(
        envelope(submission, ORI[source], **changes), messages=[f"{code} - The prints are of low quality."]
    )


def iar(submission: Submission, **changes: Any) -> bytes:
    return answers.build_iar(
        envelope(submission, answers.DHS_ORI, **changes), text="NO RECORD THAT IS OF INTEREST."
    )


_mail = count(1)


def receive(content: bytes, *, at: datetime = NOW) -> services.Recorded:
    return services.record_reply(peer="bureau", message_id=str(next(_mail)), content=content, at=at)


def answer_states(submission: Submission) -> dict[str, str]:
    return dict(ExpectedAnswer.objects.filter(submission=submission).values_list("source", "state"))


def unreachable() -> Transient:
    return Transient("unreachable", "The bureau could not be reached.")


def sealed(submission: Submission, position: int, version: str, plain: bytes = b"minutiae") -> bytes:
    """Minutiae as they are stored: sealed for this finger of this submission."""
    place = (position, version)
    kept = sealed_templates(
        {place: plain}, submission=submission.public_id, document_id=submission.document_id
    )
    return kept[place]
