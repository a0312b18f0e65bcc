"""From received bytes to what we need to know of them.

Pure: nothing is looked up, nothing is decided about a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from matching.formats import itl
from matching.formats.answers import Answer, classify
from matching.formats.answers import Outcome as WireOutcome
from matching.formats.errors import EftError
from matching.policies import Outcome

_LONGEST: Final = 40
_OUTCOMES: Final[dict[WireOutcome, Outcome]] = {
    WireOutcome.IDENTIFICATION: Outcome.IDENTIFICATION,
    WireOutcome.NON_IDENTIFICATION: Outcome.NON_IDENTIFICATION,
    WireOutcome.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    WireOutcome.PENDING: Outcome.INCONCLUSIVE,
    WireOutcome.REJECTED: Outcome.REJECTED,
    WireOutcome.ERROR: Outcome.ERROR,
    WireOutcome.IAR_RECEIVED: Outcome.IMMIGRATION_RESPONSE,
}


@dataclass(frozen=True)
class ReadReply:
    """One received message as far as it could be read.

    `problem` is a key of events.QUARANTINE_REASONS, or ''.
    """

    message_tcn: str = field(default="", repr=False)
    tcr: str = field(default="", repr=False)
    tot: str = ""
    source: str = ""
    outcome: Outcome = Outcome.NOT_UNDERSTOOD
    result_code: str = ""
    error_codes: tuple[str, ...] = ()
    oca: str = field(default="", repr=False)
    cri: tuple[str, ...] = field(default=(), repr=False)
    identifiers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    problem: str = ""


def read_reply(content: bytes) -> ReadReply:
    """Read a message.

    Never raises for what a sender may have put into it: an unreadable one says so in `problem`.
    """
    try:
        answer = classify(content)
    except EftError:
        return _header_only(content)
    problem = "" if answer.source else "unknown_source"
    if not answer.tcr:
        problem = "no_reference"
    return _from_answer(answer, problem)


def _from_answer(answer: Answer, problem: str) -> ReadReply:
    return ReadReply(
        message_tcn=answer.tcn[:_LONGEST],
        tcr=(answer.tcr or "")[:_LONGEST],
        tot=answer.tot[:5],
        source=answer.source or "",
        outcome=_OUTCOMES[answer.outcome],
        result_code=(answer.srf or "")[:1],
        error_codes=tuple(code[:10] for code in answer.codes),
        oca=answer.oca or "",
        cri=answer.cri,
        identifiers=tuple(
            (kind, value)
            for kind, value in (("sid", answer.sid), ("ucn", answer.ucn), ("fin", answer.fin))
            if value
        ),
        problem=problem,
    )


def _header_only(content: bytes) -> ReadReply:
    """What the first record says of a message that is no answer we understand."""
    try:
        header = itl.read(content).header
    except EftError:
        return ReadReply(problem="unreadable")
    return ReadReply(
        message_tcn=(header.text(9) or "")[:_LONGEST],
        tcr=(header.text(10) or "")[:_LONGEST],
        tot=(header.text(4) or "")[:5],
        problem="not_understood",
    )
