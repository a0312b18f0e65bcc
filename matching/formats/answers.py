"""Answers of the state bureau, the FBI and DHS: builders, and the reading of what came in.

Only SRF letters I and N are findings. A reject, a pending result, an unknown letter or no answer at all says
nothing about a person. The immigration response (IAR) is free text for a person to read and is never
interpreted here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from matching.formats import itl
from matching.formats.ebts_build import header_fields
from matching.formats.ebts_check import problem
from matching.formats.ebts_table import RULES_1, RULES_2, STATE_CODES
from matching.formats.error_codes import Retry, advice_for, is_reject
from matching.formats.errors import FieldProblem, RefusedEft, UnwritableEft
from matching.formats.records import TaggedRecord
from matching.formats.writer import TaggedOut, Value, write

FBI_ORI, DHS_ORI = "USFBI0000", "USDHS0000"
SEARCH_ANSWERS = frozenset({"SRE", "IDR"})
IMMIGRATION_RESPONSE = "IAR"
LONGEST_MESSAGE, MOST_MESSAGES = 300, 11
_FIN_PREFIX = "FN-"
_FBI_PREFIXES = ("USFBI", "DCFBI", "WVFBI", "WVNGI")
_DHS_PREFIXES = ("USDHS", "USICE", "VTICE", "DCICE")
_CODE = re.compile(r"\s*([A-Z]{1,2}\d{3,5})\b[\s:-]*", re.ASCII)


class SearchResult(StrEnum):
    """The letters of 2.059 SRF. UNKNOWN stands for a letter that no list names."""

    IDENTIFICATION = "I"
    NON_IDENTIFICATION = "N"
    PENDING = "P"
    DEFERRED = "D"
    INCONCLUSIVE = "C"
    IMAGES_MATCH = "M"
    IMAGES_DIFFER = "X"
    RED = "R"
    YELLOW = "Y"
    GREEN = "G"
    NO_SEARCH = "Z"
    UNKNOWN = "?"

    @property
    def is_finding(self) -> bool:
        """Whether a repository was searched and a result given; M and X count only where one was verified."""
        return self in (SearchResult.IDENTIFICATION, SearchResult.NON_IDENTIFICATION)


class Outcome(StrEnum):
    IDENTIFICATION = "identification"
    NON_IDENTIFICATION = "non_identification"
    INCONCLUSIVE = "inconclusive"
    REJECTED = "rejected"
    ERROR = "error"
    IAR_RECEIVED = "iar_received"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Answer:
    """One received answer. `messages` are (code, text) pairs, the code empty where the text has none."""

    tot: str
    outcome: Outcome
    source: str | None
    tcn: str = field(repr=False)
    tcr: str | None = field(repr=False)
    ori: str = field(repr=False)
    oca: str | None = field(repr=False)
    cri: tuple[str, ...] = field(repr=False)
    srf: str | None = None
    result: SearchResult | None = None
    messages: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    retry: Retry = Retry.NONE
    sid: str | None = field(default=None, repr=False)
    ucn: str | None = field(default=None, repr=False)
    fin: str | None = field(default=None, repr=False)
    ers: str | None = field(default=None, repr=False)

    @property
    def is_finding(self) -> bool:
        return self.result is not None and self.result.is_finding

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.messages if code)


# Reading


def classify(content: bytes) -> Answer:
    """Read an answer; raises UnreadableEft or RefusedEft when it is none, or lacks what makes it one."""
    transaction = itl.read(content)
    header = transaction.header
    bodies = list(transaction.tagged(2))
    tot = header.text(4) or ""
    if len(bodies) != 1:
        message = "An answer must hold exactly one Type-2 record; ask the sender to send it again."
        raise RefusedEft([FieldProblem("2.001", "LEN", message, "structure")])
    body = bodies[0]
    _refuse_incomplete(tot, header, body)
    letter = body.text(59) if tot in SEARCH_ANSWERS else None
    result = None if letter is None else _result(letter)
    messages = _messages(body, is_coded=tot != IMMIGRATION_RESPONSE)
    codes = [code for code, _ in messages if code]
    outcome = _outcome(tot, result, codes)
    return Answer(
        tot=tot,
        outcome=outcome,
        source=_source(tot, header.text(8) or ""),
        tcn=header.text(9) or "",
        tcr=header.text(10) or None,
        ori=header.text(8) or "",
        oca=body.text(9) or None,
        cri=tuple(text for text in body.texts(73) if text),
        srf=letter,
        result=result,
        messages=messages,
        retry=advice_for(codes) if tot.startswith("ERR") else Retry.NONE,
        sid=body.text(15) or None,
        ucn=body.text(14) or None,
        fin=next((text for text in body.texts(17) if text.startswith(_FIN_PREFIX)), None),
        ers=None if (sheet := body.get(75)) is None else sheet.value,
    )


def _refuse_incomplete(tot: str, header: TaggedRecord, body: TaggedRecord) -> None:
    problems: list[FieldProblem] = []
    for number in (4, 8, 9):
        if not header.text(number):
            problems.append(problem(1, RULES_1[number], "missing", "is missing"))
    if tot and not (tot in SEARCH_ANSWERS or tot == IMMIGRATION_RESPONSE or tot.startswith("ERR")):
        message = (
            "1.004 TOT (type of transaction) is no answer that we read; a person has to look at the file."
        )
        problems.append(FieldProblem("1.004", "TOT", message, "unsupported"))
    if tot in SEARCH_ANSWERS:
        result = body.get(59)
        if result is None or not result.value:
            problems.append(problem(2, RULES_2[59], "missing", "is missing"))
        elif len(result.subfields) > 1 or len(result.subfields[0]) > 1:
            problems.append(problem(2, RULES_2[59], "occurrences", "says more than one thing"))
    elif not body.text(60) and not problems:
        problems.append(problem(2, RULES_2[60], "missing", "is missing"))
    if problems:
        raise RefusedEft(problems)


def _result(letter: str) -> SearchResult:
    try:
        return SearchResult(letter)
    except ValueError:
        return SearchResult.UNKNOWN


def _messages(body: TaggedRecord, *, is_coded: bool) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for text in body.texts(60):
        match = _CODE.match(text) if is_coded else None
        pairs.append((match[1], text[match.end() :]) if match else ("", text))
    return tuple(pairs)


def _outcome(tot: str, result: SearchResult | None, codes: Sequence[str]) -> Outcome:
    if tot == IMMIGRATION_RESPONSE:
        return Outcome.IAR_RECEIVED
    if tot.startswith("ERR"):
        return Outcome.REJECTED if is_reject(codes) else Outcome.ERROR
    return {
        SearchResult.IDENTIFICATION: Outcome.IDENTIFICATION,
        SearchResult.NON_IDENTIFICATION: Outcome.NON_IDENTIFICATION,
        SearchResult.PENDING: Outcome.PENDING,
        SearchResult.DEFERRED: Outcome.PENDING,
    }.get(result or SearchResult.UNKNOWN, Outcome.INCONCLUSIVE)


def _source(tot: str, ori: str) -> str | None:
    """Who answers: DHS by its transactions or its ORI, the FBI by its ORI, a state by its code."""
    if tot in ("IDR", IMMIGRATION_RESPONSE) or ori.startswith(_DHS_PREFIXES):
        return "dhs"
    if ori.startswith(_FBI_PREFIXES):
        return "fbi"
    return "state" if ori[:2] in STATE_CODES else None


# Building


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every answer repeats of the request, and who sends it when."""

    tcn: str
    tcr: str | None
    ori: str
    dai: str
    at: datetime
    oca: str | None = None
    cri: tuple[str, ...] = ()


def build_sre(
    envelope: Envelope,
    *,
    srf: str,
    name: str,
    sid: str | None = None,
    ucn: str | None = None,
    ers: str | None = None,
    messages: Sequence[str] = (),
) -> bytes:
    """Search result of the state or the FBI. `name` is the submitted 2.018 NAM, as received."""
    fields: dict[int, Value] = {18: name, 59: srf}
    fields.update({number: text for number, text in ((14, ucn), (15, sid), (75, ers)) if text})
    return _build("SRE", envelope, fields, messages)


def build_errt(envelope: Envelope, *, messages: Sequence[str]) -> bytes:
    """Reject; each message is `code - text`."""
    return _build("ERRT", envelope, {}, messages)


def build_idr(envelope: Envelope, *, srf: str, fin: str | None = None, messages: Sequence[str] = ()) -> bytes:
    """Second response after a search of the DHS records; `fin` starts with FN-."""
    fields: dict[int, Value] = {59: srf}
    if fin:
        fields[17] = fin
    return _build("IDR", envelope, fields, messages)


def build_iar(envelope: Envelope, *, text: str) -> bytes:
    """Immigration response: free text, an occurrence of 2.060 per line and per 300 characters."""
    parts = [part for line in text.splitlines() for part in _cut(line)]
    if len(parts) > MOST_MESSAGES:
        parts = _cut(" ".join(text.split()))
    if len(parts) > MOST_MESSAGES:
        longest = MOST_MESSAGES * LONGEST_MESSAGE
        raise UnwritableEft([problem(2, RULES_2[60], "length", f"has more than {longest} characters")])
    return _build(IMMIGRATION_RESPONSE, envelope, {}, parts)


def _cut(text: str) -> list[str]:
    return [text[start : start + LONGEST_MESSAGE] for start in range(0, len(text), LONGEST_MESSAGE)]


def _build(tot: str, envelope: Envelope, fields: dict[int, Value], messages: Sequence[str]) -> bytes:
    header = header_fields(
        tot=tot, tcn=envelope.tcn, ori=envelope.ori, dai=envelope.dai, at=envelope.at, has_binary=False
    )
    if envelope.tcr is not None:
        header[10] = envelope.tcr
    if envelope.oca:
        fields[9] = envelope.oca
    if envelope.cri:
        fields[73] = [[code] for code in envelope.cri]
    if messages:
        fields[60] = [[message[:LONGEST_MESSAGE]] for message in messages[:MOST_MESSAGES]]
    return write(header, [TaggedOut(2, 0, fields)])
