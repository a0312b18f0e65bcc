"""What one case needs most, in one sentence. Rules only: facts and an instant in, the sentence and its urgency out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import clockwords, duties
from desk.facts import AnswerFacts, CaseFacts, DetainerFacts

SOON = timedelta(hours=4)


class Kind(IntEnum):
    """Situations, most urgent first. The board is sorted by this."""

    BREACH = 1
    HOLD_ENDING = 2
    RELEASE_NOW = 3
    CLAIM = 4
    UNSERVED = 5
    DUTY_LATE = 6
    DUTY = 7
    IAR_TO_CODE = 8
    CANDIDATE = 9
    REJECTED = 10
    NOT_SENT = 11
    NOT_SEARCHED = 12
    HELD_BACK = 13
    BREACH_TO_CLOSE = 14
    WAITING = 15
    QUIET = 16


class Level(StrEnum):
    """How loud: each has its colour, its shape and its word."""

    OVER = "over"
    SOON = "soon"
    ACT = "act"
    WAIT = "wait"
    QUIET = "quiet"


WORDS: dict[Level, Any] = {
    Level.OVER: gettext_lazy("Overdue"),
    Level.SOON: gettext_lazy("Ends soon"),
    Level.ACT: gettext_lazy("To do"),
    Level.WAIT: gettext_lazy("Waiting"),
    Level.QUIET: gettext_lazy("Nothing to do"),
}
NAMES: dict[str, Any] = {
    "state": gettext_lazy("State bureau"),
    "fbi": gettext_lazy("FBI"),
    "dhs": gettext_lazy("DHS"),
}
SOURCES: dict[str, Any] = {
    "state": gettext_lazy("The state bureau"),
    "fbi": gettext_lazy("The FBI"),
    "dhs": gettext_lazy("DHS"),
}


@dataclass(frozen=True)
class Situation:
    """The loudest thing about a case. `due_at` is the instant it is counted to, or since."""

    kind: Kind
    level: Level
    word: str
    sentence: str
    due_at: datetime | None = None
    left: str = ""

    @property
    def sort_key(self) -> tuple[int, float]:
        return int(self.kind), self.due_at.timestamp() if self.due_at else float("inf")


def situation(facts: CaseFacts, now: datetime) -> Situation:
    """The first rule that applies, in the order of `Kind`."""
    return next(found for rule in RULES if (found := rule(facts, now)) is not None)


def _breach(facts: CaseFacts, now: datetime) -> Situation | None:
    authority = facts.authority
    if not authority.in_breach or authority.ends_at is None:
        return None
    ended = clockwords.short(authority.ends_at, facts.zone, now=now)
    over = clockwords.span(now - authority.ends_at)
    eligible = authority.release_eligible_at
    if eligible is not None and authority.ends_at > eligible:
        text = _("The hold on the detainer ended %(when)s. Nothing holds this person now. Release now.")
    elif facts.to_serve and facts.to_serve.needs_service:
        text = _(
            "Authority ended %(when)s. The copy of the detainer was not served, so it holds nobody. Release now."
        )
    elif any(item.is_deficient for item in facts.active_detainers):
        text = _("Authority ended %(when)s. The detainer is deficient and holds nobody. Release now.")
    elif facts.active_detainers:
        text = _("Authority ended %(when)s. The detainer gives no authority to hold. Release now.")
    else:
        text = _("Authority ended %(when)s. Release, or record another authority.")
    return Situation(
        Kind.BREACH, Level.OVER, str(WORDS[Level.OVER]), text % {"when": ended}, authority.ends_at, over
    )


def _hold(facts: CaseFacts, now: datetime) -> Situation | None:
    authority = facts.authority
    if not authority.is_hold or authority.ends_at is None:
        return None
    left = authority.ends_at - now
    when = clockwords.short(authority.ends_at, facts.zone, now=now)
    is_soon = left <= SOON
    text = _("Hold on a detainer ends %(when)s. Unless ICE takes custody before, release by then.") % {
        "when": when
    }
    level = Level.SOON if is_soon else Level.ACT
    word = str(WORDS[Level.SOON]) if is_soon else _("On hold")
    return Situation(
        Kind.HOLD_ENDING,
        level,
        word,
        text,
        authority.ends_at,
        _("%(span)s left") % {"span": clockwords.span(left)},
    )


def _release_now(facts: CaseFacts, now: datetime) -> Situation | None:
    authority = facts.authority
    eligible = authority.release_eligible_at
    if not facts.in_custody or eligible is None or authority.ends_at is None:
        return None
    when = clockwords.short(eligible, facts.zone, now=now)
    ends = clockwords.with_relative(authority.ends_at, facts.zone, now=now)
    text = _("No local ground holds this person since %(when)s. Other authority ends %(ends)s.") % {
        "when": when,
        "ends": ends,
    }
    left = clockwords.span(abs(authority.ends_at - now))
    return Situation(Kind.RELEASE_NOW, Level.SOON, _("Release"), text, authority.ends_at, left)


def _unserved(facts: CaseFacts, now: datetime) -> Situation | None:
    detainer = facts.to_serve
    if detainer is None or not facts.in_custody:
        return None
    received = clockwords.short(detainer.received_at, facts.zone, now=now)
    if detainer.asks_custody and detainer.policy_allows is False:
        text = _(
            "Detainer received %(when)s. The policy here gives no authority to hold on it. Give the person a copy."
        )
    elif detainer.needs_service:
        text = _(
            "Detainer received %(when)s. Serve the copy before release, or there is no authority to hold on it."
        )
    elif not detainer.asks_custody:
        text = _("Notice request received %(when)s. It asks for no custody. Give the person a copy.")
    else:
        text = _("Detainer received %(when)s. Give the person a copy and record it.")
    since = clockwords.ago(now - detainer.received_at)
    return Situation(
        Kind.UNSERVED, Level.ACT, _("Serve copy"), text % {"when": received}, detainer.received_at, since
    )


def _claim(facts: CaseFacts, now: datetime) -> Situation | None:
    claim = facts.claim
    if claim is None or not facts.in_custody:
        return None
    return Situation(
        Kind.CLAIM,
        Level.SOON,
        _("Claim of status"),
        duties.claim_sentence(claim, facts, now),
        claim.due_at,
        clockwords.relative(claim.due_at, now=now),
    )


def _duty_late(facts: CaseFacts, now: datetime) -> Situation | None:
    duty = duties.pressing(facts, now)
    if duty is None or duty.due_at is None or not duty.is_overdue(now):
        return None
    text = duties.sentence(duty, facts, now)
    return Situation(
        Kind.DUTY_LATE, Level.ACT, _("Duty late"), text, duty.due_at, clockwords.ago(now - duty.due_at)
    )


def _duty(facts: CaseFacts, now: datetime) -> Situation | None:
    duty = duties.pressing(facts, now)
    if duty is None:
        return None
    left = clockwords.relative(duty.due_at, now=now) if duty.due_at else ""
    return Situation(Kind.DUTY, Level.ACT, _("Duty"), duties.sentence(duty, facts, now), duty.due_at, left)


def _iar(facts: CaseFacts, now: datetime) -> Situation | None:
    if facts.iar_to_code is None:
        return None
    text = _("An immigration response arrived. Read it and record what it says. By itself it holds nobody.")
    return Situation(Kind.IAR_TO_CODE, Level.ACT, _("Read response"), text, facts.iar_to_code.due_at)


def _candidate(facts: CaseFacts, now: datetime) -> Situation | None:
    if not facts.candidates:
        return None
    if any(item.state == "first_reviewed" for item in facts.candidates):
        text = _(
            "One print examiner has decided on a similar set of prints. A second, different examiner decides now."
        )
    else:
        text = _(
            "The prints resemble those of another case. Two print examiners decide whether it is one person."
        )
    return Situation(Kind.CANDIDATE, Level.ACT, _("Examine"), text)


def _rejected(facts: CaseFacts, now: datetime) -> Situation | None:
    answer = facts.rejected
    if answer is None:
        return None
    text = _("%(source)s refused the prints. That is no finding. Take new prints and send them.")
    return Situation(Kind.REJECTED, Level.ACT, _("Re-print"), text % {"source": SOURCES[answer.source]})


def _not_sent(facts: CaseFacts, now: datetime) -> Situation | None:
    if facts.transmission is None or not facts.transmission.is_stuck:
        return None
    text = _("The prints could not be sent to the state bureau. Somebody must look and send them again.")
    return Situation(Kind.NOT_SENT, Level.ACT, _("Not sent"), text)


def _not_searched(facts: CaseFacts, now: datetime) -> Situation | None:
    if facts.search is None or not facts.search.is_stuck:
        return None
    text = _(
        "The prints could not be compared with our own repository. That is no finding. "
        "Somebody must look and have them searched again."
    )
    return Situation(Kind.NOT_SEARCHED, Level.ACT, _("Not searched"), text)


def _held_back(facts: CaseFacts, now: datetime) -> Situation | None:
    if facts.transmission is None or facts.transmission.state != "held_back":
        return None
    text = _("The prints were not sent. %(why)s") % {"why": facts.transmission.why}
    return Situation(Kind.HELD_BACK, Level.ACT, _("Held back"), text)


def _to_close(facts: CaseFacts, now: datetime) -> Situation | None:
    breach = facts.breach_to_close
    if breach is None or breach.ended_at is None:
        return None
    length = clockwords.span(breach.ended_at - breach.began_at)
    text = _("Held %(span)s beyond authority. Record cause and remedy, so that the breach can be closed.")
    return Situation(Kind.BREACH_TO_CLOSE, Level.ACT, _("Explain"), text % {"span": length}, breach.ended_at)


def _waiting(facts: CaseFacts, now: datetime) -> Situation | None:
    waited = [answer for answer in facts.answers if answer.is_waited_for]
    if not waited:
        return None
    late = [answer for answer in waited if answer.is_late(now)]
    text = " ".join(
        _answer_words(answer, facts, now) for answer in facts.answers if answer.state != "not_expected"
    )
    due = min((answer.due_at for answer in waited if answer.due_at), default=None)
    word = _("Answer late") if late else str(WORDS[Level.WAIT])
    left = clockwords.relative(due, now=now) if due else ""
    return Situation(Kind.WAITING, Level.WAIT, word, text, due, left)


def _answer_words(answer: AnswerFacts, facts: CaseFacts, now: datetime) -> str:
    source = {"source": NAMES[answer.source]}
    if answer.is_late(now):
        return _("%(source)s: late, no finding.") % source
    if answer.state == "inconclusive":
        return _("%(source)s: no finding yet.") % source
    if answer.state == "error":
        return _("%(source)s: error, no finding.") % source
    if answer.is_waited_for:
        due = clockwords.short(answer.due_at, facts.zone, now=now) if answer.due_at else ""
        return (_("%(source)s: due by %(due)s.") if due else _("%(source)s: still to come.")) % (
            source | {"due": due}
        )
    return _("%(source)s: answered.") % source


def _quiet(facts: CaseFacts, now: datetime) -> Situation | None:
    return Situation(Kind.QUIET, Level.QUIET, _quiet_word(facts), _quiet_sentence(facts, now))


def _quiet_word(facts: CaseFacts) -> str:
    return _("Not yet releasable") if facts.in_custody and facts.active_detainers else str(WORDS[Level.QUIET])


def _quiet_sentence(facts: CaseFacts, now: datetime) -> str:
    if not facts.in_custody:
        when = clockwords.short(facts.custody_ended_at, facts.zone, now=now) if facts.custody_ended_at else ""
        said = {
            "released": _("Released %(when)s."),
            "transferred": _("Transferred to another agency %(when)s."),
            "died": _("Died in custody %(when)s."),
            "escaped": _("Escaped %(when)s."),
        }
        return said.get(facts.custody_state, _("Left custody %(when)s.")) % {"when": when}
    if facts.active_detainers:
        return _held_words(facts.active_detainers)
    return _("A local ground holds this person. Nothing is waited for.")


def _held_words(detainers: tuple[DetainerFacts, ...]) -> str:
    if any(item.may_hold for item in detainers):
        return _("A local ground holds this person. The clock of the detainer begins when the last one ends.")
    if all(item.is_deficient for item in detainers):
        return _("A local ground holds this person. The detainer is deficient and gives no ground to hold.")
    return _("A local ground holds this person. There is no authority to hold on the detainer after it.")


Rule = Callable[[CaseFacts, datetime], Situation | None]
RULES: tuple[Rule, ...] = (
    _breach,
    _hold,
    _release_now,
    _claim,
    _unserved,
    _duty_late,
    _duty,
    _iar,
    _candidate,
    _rejected,
    _not_sent,
    _not_searched,
    _held_back,
    _to_close,
    _waiting,
    _quiet,
)
