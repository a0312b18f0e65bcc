"""What can be done about a case now, first things first, and what cannot and why. Rules only; the services decide again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import Permission as P
from cases.states import Custody
from desk import conditions, duties, work_acts
from desk.facts import CaseFacts, DetainerFacts
from desk.situations import Kind, Situation

May = Callable[[P], bool]


@dataclass(frozen=True)
class Act:
    """One thing a person can do, as a button that leads to its page."""

    name: str
    label: str
    about: UUID
    is_danger: bool = False

    @property
    def url(self) -> str:
        """The page of the act; each takes the public id of what it is about."""
        return reverse(f"desk:{self.name}", kwargs={"public_id": self.about})


@dataclass(frozen=True)
class Cannot:
    """One thing that cannot be done now, and why."""

    label: str
    why: str


@dataclass(frozen=True)
class NextActs:
    """Everything at once. `first` is the one button of the board."""

    acts: tuple[Act, ...]
    cannot: tuple[Cannot, ...]
    first: Act | None


@dataclass(frozen=True)
class _Option:
    act: Act
    permission: P
    why_not: str = ""


ANSWERS_TO: dict[Kind, tuple[str, ...]] = {
    Kind.BREACH: ("release",),
    Kind.HOLD_ENDING: ("release",),
    Kind.RELEASE_NOW: ("release",),
    Kind.UNSERVED: ("detainer_serve",),
    Kind.CLAIM: ("status_check",),
    Kind.DUTY_LATE: ("duty", "tell_ice", "judicial_order"),
    Kind.DUTY: ("duty", "tell_ice", "judicial_order"),
    Kind.IAR_TO_CODE: ("iar_code",),
    Kind.CANDIDATE: ("candidate_review",),
    Kind.REJECTED: ("reprint",),
    Kind.NOT_SENT: ("transmission_retry", "reprint"),
    Kind.NOT_SEARCHED: ("search_retry", "reprint"),
    Kind.HELD_BACK: ("transmission_release",),
    Kind.BREACH_TO_CLOSE: ("breach_close",),
}


def next_acts(facts: CaseFacts, situation: Situation, may: May) -> NextActs:
    """All acts that make sense for this case, split by whether this person may do them now."""
    acts: list[Act] = []
    cannot: list[Cannot] = []
    seen: set[tuple[str, UUID]] = set()
    for option in _options(facts, situation):
        if (option.act.name, option.act.about) in seen:
            continue
        seen.add((option.act.name, option.act.about))
        if option.why_not:
            cannot.append(Cannot(option.act.label, option.why_not))
        elif not may(option.permission):
            cannot.append(Cannot(option.act.label, _("Your role here does not include it.")))
        else:
            acts.append(option.act)
    wanted = ANSWERS_TO.get(situation.kind, ())
    acts.sort(key=lambda act: act.name not in wanted)
    first = next((act for act in acts if act.name in wanted), None)
    return NextActs(tuple(acts), (*cannot, *_holding(facts)), first)


def _options(facts: CaseFacts, situation: Situation) -> Iterator[_Option]:
    yield from _checks(facts)
    if facts.claim is not None and facts.in_custody:
        act = Act("status_check", _("Check the claim"), facts.claim.check)
        yield _Option(act, P.STATUS_CLAIM_RECORD)
    for name, label, about, permission in duties.options(facts):
        yield _Option(Act(name, label, about), permission)
    yield from _detainers(facts)
    yield from _custody(facts, situation)
    yield from (
        _Option(Act(name, label, about), permission, why)
        for name, label, about, permission, why in work_acts.options(facts)
    )
    for breach in facts.breaches:
        running = _("It is still running. Release the person or record another authority first.")
        why = "" if breach.state == "ended" else running
        yield _Option(Act("breach_close", _("Explain the breach"), breach.public_id), P.BREACH_CLOSE, why)


def _checks(facts: CaseFacts) -> Iterator[_Option]:
    for candidate in facts.candidates:
        yield _Option(
            Act("candidate_review", _("Compare the prints"), candidate.public_id), P.CANDIDATE_REVIEW
        )
    if facts.iar_to_code:
        yield _Option(Act("iar_code", _("Read the response"), facts.iar_to_code.public_id), P.IAR_CODE)
    transmission = facts.transmission
    if transmission and transmission.state == "held_back":
        act = Act("transmission_release", _("Decide on sending"), transmission.public_id)
        yield _Option(act, P.TRANSMISSION_RELEASE)
    if transmission and transmission.is_stuck:
        act = Act("transmission_retry", _("Send the prints again"), transmission.public_id)
        yield _Option(act, P.TRANSMISSION_RETRY)
    if facts.search and facts.search.is_stuck:
        act = Act("search_retry", _("Search the prints again"), facts.search.public_id)
        yield _Option(act, P.TRANSMISSION_RETRY)
    if facts.in_custody and facts.answers:
        has_prints = any(answer.state != "not_expected" for answer in facts.answers)
        label = _("Send new prints") if has_prints else _("Send prints")
        yield _Option(Act("reprint", label, facts.public_id), P.REPRINT_SUBMIT)


def _detainers(facts: CaseFacts) -> Iterator[_Option]:
    for detainer in facts.active_detainers:
        if not detainer.is_served and facts.in_custody:
            yield _Option(Act("detainer_serve", _("Serve the copy"), detainer.public_id), P.DETAINER_SERVE)
    if facts.in_custody:
        for detainer in facts.active_detainers:
            yield from _conditions(detainer)
        yield _Option(
            Act("detainer_register", _("Register a detainer"), facts.public_id), P.DETAINER_REGISTER
        )
    for detainer in facts.active_detainers:
        if facts.in_custody:
            yield _Option(
                Act("judicial_order", _("Record a judge's order"), detainer.public_id), P.WARRANT_RECORD
            )
            label = _("Register a new version")
            yield _Option(Act("detainer_amend", label, detainer.public_id), P.DETAINER_REGISTER)
        yield _Option(
            Act("detainer_lift", _("Record that it was lifted"), detainer.public_id), P.DETAINER_LIFT
        )
    for detainer in facts.active_detainers:
        yield _Option(Act("tell_ice", _("Record what ICE was told"), detainer.public_id), P.ICE_TELL)
    if facts.in_custody and facts.active_detainers:
        act = Act("status_claim", _("Record a claim of status"), facts.public_id)
        yield _Option(act, P.STATUS_CLAIM_RECORD)


def _conditions(detainer: DetainerFacts) -> Iterator[_Option]:
    """What the law of this place still asks for; a warrant may come at any time and changes much where a judge signed it."""
    if any(item in conditions.BY_FINDING for item in detainer.missing):
        act = Act("condition_record", _("Record a condition that is met"), detainer.public_id)
        yield _Option(act, P.HOLD_DECIDE)
    yield _Option(Act("warrant_record", _("Record a warrant"), detainer.public_id), P.WARRANT_RECORD)


def _custody(facts: CaseFacts, situation: Situation) -> Iterator[_Option]:
    if not facts.in_custody:
        why = _("The person is no longer in custody.")
        yield _Option(Act("release", _("Release"), facts.public_id), P.CASE_RELEASE, why)
        if facts.custody_state == Custody.ESCAPED:
            yield _Option(Act("custody", _("Record the return"), facts.public_id), P.CUSTODY_RECORD)
        return
    on_hold = situation.kind is Kind.HOLD_ENDING
    label = _("Release or pickup") if on_hold else _("Release")
    yield _Option(Act("release", label, facts.public_id), P.CASE_RELEASE)
    for ground in facts.grounds:
        label = (
            _("End: %(ground)s") % {"ground": ground.words}
            if len(facts.grounds) > 1
            else _("End the local ground")
        )
        yield _Option(Act("ground_end", label, ground.public_id), P.GROUND_EDIT)
    yield _Option(Act("ground_add", _("Record a local ground"), facts.public_id), P.GROUND_EDIT)
    yield _Option(Act("custody", _("Death or escape"), facts.public_id), P.CUSTODY_RECORD)


def _holding(facts: CaseFacts) -> Iterator[Cannot]:
    """Holding is never a button: it follows from facts. Where it cannot follow, say why."""
    if not facts.in_custody:
        return
    for detainer in facts.active_detainers:
        why = _why_no_hold(detainer)
        if why:
            yield Cannot(_("Hold on the detainer (%(edition)s)") % {"edition": detainer.edition}, why)
    if not facts.active_detainers:
        yield Cannot(
            _("Hold on immigration grounds"), _("There is no detainer. An answer or a match holds nobody.")
        )


def _why_no_hold(detainer: DetainerFacts) -> str:
    if detainer.is_deficient:
        return _("The form is deficient on its face, so it gives no ground to hold.")
    if not detainer.asks_custody:
        return _("This edition of the form asks for notice of release, not for custody.")
    if detainer.missing:
        return _("The law here (%(law)s) asks for more. Not recorded: that %(what)s.") % {
            "law": detainer.policy_citation or detainer.policy_code,
            "what": _("; that ").join(conditions.words(item) for item in detainer.missing),
        }
    if detainer.policy_allows is False:
        cited: dict[str, Any] = {"code": detainer.policy_code, "citation": detainer.policy_citation}
        if detainer.policy_citation:
            return _("Policy %(code)s gives no authority (%(citation)s).") % cited
        return _("No law of this place gives the jail authority to hold on it.")
    if detainer.needs_service and not detainer.is_served:
        return _("The copy was not served. Without it this edition gives no ground to hold.")
    return ""
