"""What the state bureau, the FBI and DHS answer to one submission.

Steps: 1 check the file, 2 take the best four fingers, 3 search each repository by these prints alone,
4 enrol a retained CAR, 5 write the answers. What an answer repeats of the request is an address, never a
criterion.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from matching.formats import answers, itl
from matching.formats.answers import DHS_ORI, FBI_ORI, Envelope
from matching.formats.ebts import BookingEft, validate_booking_eft
from matching.formats.ebts_table import STATE_CODES
from matching.formats.errors import EftError, FieldProblem, UnwritableEft
from matching.formats.names import wire_name
from matching.formats.prints import PrintImage
from matching.formats.records import Transaction as Eft
from matching.formats.tcn import is_valid_tcn
from matching.imaging import GreyImage, decode, from_print
from matching.simulator.identify import DHS, ENROLLED_FROM, FBI, STATE, Meta, Place, SearchEngine
from matching.simulator.options import Faults, Options
from matching.simulator.spool import Outgoing, Transaction

POOR_PRINTS = "L0008 - The quality of the prints is too low to be searched; take them again."
OUT_OF_ORDER = "The bureau could not process this transaction; ask the bureau before sending it again."
NO_ANSWER_WANTED = frozenset({"CNA"})
FORWARDED_TO_DHS = frozenset({"CAR"})
_ELEMENT_CODES = {
    "missing": "0001",
    "invalid": "0002",
    "characters": "0002",
    "length": "0003",
    "occurrences": "0003",
}
_WHOLE_FILE_CODES = {"contradiction": "E0006", "structure": "E0005", "image": "E0004", "unsupported": "A0004"}


Prints = dict[int, Any]


@dataclass(frozen=True, slots=True)
class Addressed:
    """One answer before it is given its instant."""

    source: str
    content: bytes
    follows_dhs: bool = False


class Bureau:
    """Stateless but for its repositories; the same submission gives the same bytes again."""

    def __init__(self, engine: SearchEngine | None, options: Options, faults: Faults) -> None:
        self._engine = engine
        self._options = options
        self._faults = faults

    def answer(self, transaction: Transaction, content: bytes) -> tuple[list[Outgoing], Meta | None, Prints]:
        """The answers, and what is to be enrolled: meta and prints, or None."""
        eft = itl.read(content)
        at = datetime.fromtimestamp(transaction.accepted_ms / 1000, UTC)
        post = _Post(eft, transaction, at, self._options.state_ori, keeps_tcr=not self._faults.no_tcr)
        try:
            booking = validate_booking_eft(content, transaction=eft)
        except EftError as error:
            return self._timed(transaction, _rejects(post, _texts(error.errors))), None, {}
        prints: Prints = {}
        if self._engine is not None:
            prints, is_poor = self._usable(self._engine, booking)
            if is_poor:
                return self._timed(transaction, _rejects(post, [POOR_PRINTS])), None, {}
        found = self._search(transaction, prints, post.bureau_state)
        replies = [] if booking.tot in NO_ANSWER_WANTED else _results(post, booking, found)
        meta = _enrolment(transaction, booking, found, prints, post.bureau_state)
        return self._timed(transaction, replies), meta, prints

    def excuse(self, transaction: Transaction, content: bytes) -> list[Outgoing]:
        """The answer when the bureau itself has failed."""
        at = datetime.fromtimestamp(transaction.accepted_ms / 1000, UTC)
        post = _Post(itl.read(content), transaction, at, self._options.state_ori, keeps_tcr=True)
        return self._timed(transaction, _rejects(post, [OUT_OF_ORDER]))

    def _usable(self, engine: SearchEngine, booking: BookingEft) -> tuple[Prints, bool]:
        """Templates of the best fingers, and whether too few of those that were sent can be used."""
        rule = self._options.search
        by_position = {image.position: image for image in booking.prints}
        order = [by_position[position] for position in rule.fingers if position in by_position]
        usable: Prints = {}
        for start in range(0, len(order), rule.wanted):
            for image, decoded in _decoded(order[start : start + rule.wanted]):
                made = engine.extract(decoded.pixels, decoded.ppi)
                if made.minutiae >= rule.least_minutiae and made.quality <= rule.worst_quality:
                    usable[image.position] = made.template
                if len(usable) == rule.wanted:
                    return usable, False
        return usable, len(usable) < min(rule.wanted, max(len(order), 1))

    def _search(self, transaction: Transaction, prints: Prints, state: str) -> dict[str, Meta | None]:
        if self._engine is None or not prints:
            return dict.fromkeys((STATE, FBI, DHS))
        engine, own = self._engine, transaction.digest
        places = (Place(STATE, state), Place(FBI), Place(DHS))
        return {place.source: engine.search(prints, place, but_not=own) for place in places}

    def _timed(self, transaction: Transaction, replies: Sequence[Addressed]) -> list[Outgoing]:
        delays = self._options.delays
        seconds = {STATE: delays.state, FBI: delays.fbi, DHS: delays.dhs}
        due = [seconds[reply.source] + (delays.iar if reply.follows_dhs else 0) for reply in replies]
        if self._faults.reorder:
            due = [max(due, default=0.0) + place * 0.001 for place in reversed(range(len(due)))]
        timed = [
            Outgoing(transaction.accepted_ms + round(wait * 1000), reply.content)
            for wait, reply in zip(due, replies, strict=True)
        ]
        return [item for item in timed for _ in range(2 if self._faults.duplicate else 1)]


def check_readable(content: bytes) -> None:
    """Raises EftError for a file that could not even be answered: unreadable, or without a control number."""
    header = itl.read(content).header
    if not is_valid_tcn(header.text(9) or "") or not header.text(8):
        message = "1.009 TCN or 1.008 ORI is missing; without both no answer can be addressed."
        raise EftError([FieldProblem("1.009", "TCN", message, "missing")])


class _Post:
    """Addresses answers: who sends, to whom, in answer to what."""

    def __init__(
        self, eft: Eft, transaction: Transaction, at: datetime, state_ori: str | None, *, keeps_tcr: bool
    ) -> None:
        header = eft.header
        body = next(eft.tagged(2), None)
        self._digest = transaction.digest
        self._at = at
        self._tcr = header.text(9) if keeps_tcr else None
        self._dai = header.text(8) or ""
        self._oca = _plain(body.text(9) if body else None)
        self._cri = tuple(filter(None, map(_plain, body.texts(73)))) if body else ()
        addressed = header.text(7) or ""
        is_state = addressed[:2] in STATE_CODES and "FBI" not in addressed
        self._oris = {STATE: state_ori or (addressed if is_state else f"{self._dai[:2]}SBI0000")}
        self._oris |= {FBI: FBI_ORI, DHS: DHS_ORI}

    @property
    def bureau_state(self) -> str:
        """Whose repository the state bureau is; a bureau of no known state keeps one for all."""
        state = self._oris[STATE][:2]
        return state if state in STATE_CODES else ""

    def envelope(self, source: str, kind: str) -> Envelope:
        number = int(hashlib.sha256(f"{self._digest}:{source}:{kind}".encode()).hexdigest(), 16) % 10**15
        return Envelope(
            tcn=f"E{self._at:%Y}{number:015d}", tcr=self._tcr, ori=self._oris[source], dai=self._dai,
            at=self._at, oca=self._oca, cri=self._cri,
        )  # fmt: skip


def _plain(text: str | None) -> str | None:
    """An echoed value, only where the wire can carry it back."""
    return text if text and text.isascii() and text.isprintable() else None


def _decoded(images: Sequence[PrintImage]) -> list[tuple[PrintImage, GreyImage]]:
    results = decode([from_print(image) for image in images])
    return [(image, made) for image, made in zip(images, results, strict=True) if isinstance(made, GreyImage)]


def _results(post: _Post, booking: BookingEft, found: Mapping[str, Meta | None]) -> list[Addressed]:
    name = _echoed_name(booking)
    state, fbi, dhs = found[STATE], found[FBI], found[DHS]
    sid = str(state["sid"]) if state else None
    ucn, ers = (str(fbi["ucn"]), str(fbi.get("rap_sheet") or "") or None) if fbi else (None, None)
    replies = [
        Addressed(
            STATE,
            answers.build_sre(post.envelope(STATE, "SRE"), srf="I" if state else "N", name=name, sid=sid),
        ),
        Addressed(
            FBI,
            answers.build_sre(
                post.envelope(FBI, "SRE"), srf="I" if fbi else "N", name=name, ucn=ucn, ers=ers
            ),
        ),
    ]
    if booking.tot in FORWARDED_TO_DHS:
        fin = _finger_number(dhs)
        idr = answers.build_idr(post.envelope(DHS, "IDR"), srf="I" if dhs else "N", fin=fin)
        replies.append(Addressed(DHS, idr))
    if booking.tot in FORWARDED_TO_DHS and dhs:
        text = str(dhs.get("iar") or "A record was found. No further text is kept for it.")
        replies.append(
            Addressed(DHS, answers.build_iar(post.envelope(DHS, "IAR"), text=text), follows_dhs=True)
        )
    return replies


def _finger_number(meta: Meta | None) -> str | None:
    """2.017 MNU with its prefix, whether the gallery keeps the number with it or without."""
    return f"FN-{str(meta['fin']).removeprefix('FN-')}" if meta else None


def _echoed_name(booking: BookingEft) -> str:
    try:
        return wire_name(booking.surname, booking.given_names)
    except UnwritableEft:
        return "LNU,FNU"


def _rejects(post: _Post, messages: Sequence[str]) -> list[Addressed]:
    """The state rejects and so does the FBI behind it; what was rejected never reaches DHS."""
    return [
        Addressed(source, answers.build_errt(post.envelope(source, "ERRT"), messages=messages))
        for source in (STATE, FBI)
    ]


def _texts(problems: Sequence[FieldProblem]) -> list[str]:
    """Error texts in the bureau's form: the code, a hyphen, the sentence."""
    texts = []
    for problem in problems:
        family = "H" if problem.tag.startswith("1.") else "E"
        number = _ELEMENT_CODES.get(problem.code)
        code = f"{family}{number}" if number else _WHOLE_FILE_CODES.get(problem.code, "E0002")
        texts.append(f"{code} - {problem.message}")
    return texts


def _enrolment(
    transaction: Transaction,
    booking: BookingEft,
    found: Mapping[str, Meta | None],
    prints: Prints,
    state: str,
) -> Meta | None:
    """New numbers where a retained transaction was not known; the state's and the FBI's repositories only."""
    if not booking.is_retained or not prints:
        return None
    meta: dict[str, Any] = {}
    if found[STATE] is None:
        meta["sid"] = f"{state}{int(transaction.digest[:12], 16) % 10**8:08d}"
    if found[FBI] is None:
        meta["ucn"] = f"{int(transaction.digest[12:24], 16) % 10**8:08d}X"
    return {**meta, ENROLLED_FROM: transaction.digest} if meta else None
