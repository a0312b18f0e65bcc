"""Duties at the desk: which is the most urgent, what it says on the board, and which page does it. Pure but for the count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission as P
from desk import clockwords
from detainers.duties import SHORT
from detainers.policy_rows import Duty as Code

if TYPE_CHECKING:
    from desk.facts import CaseFacts, ClaimFacts, DutyFacts

NEAR = timedelta(hours=24)

LABELS: dict[Code, Any] = {
    Code.GIVE_COPY: gettext_lazy("Serve the copy"),
    Code.STATE_INTENT: gettext_lazy("State the intent"),
    Code.INFORM_DETENTION_BASIS: gettext_lazy("Say what the hold rests on"),
    Code.RECORD_CITIZENSHIP_EVIDENCE: gettext_lazy("Ask for evidence of status"),
    Code.JUDICIAL_ORDER: gettext_lazy("Record a judge's order"),
    Code.JUDGE_NOTICE: gettext_lazy("Record the notice to the judge"),
    Code.NOTIFY_ICE: gettext_lazy("Record that ICE was told"),
    Code.DO_NOT_NOTIFY_ICE: gettext_lazy("Record that ICE was not told"),
    Code.WRITTEN_RELEASE_NOTICE: gettext_lazy("Record the release notice"),
    Code.INTERVIEW_CONSENT: gettext_lazy("Record the consent form"),
    Code.INTERVIEW_ADVISEMENT: gettext_lazy("Record the advice given"),
    Code.INTERPRETER: gettext_lazy("Record the interpreter"),
    Code.CONSULAR_NOTICE: gettext_lazy("Record the consular notice"),
    Code.LOG_AND_REPORT: gettext_lazy("Log the request"),
}
PAGES: dict[Code, tuple[str, P]] = {
    Code.GIVE_COPY: ("detainer_serve", P.DETAINER_SERVE),
    Code.JUDICIAL_ORDER: ("judicial_order", P.WARRANT_RECORD),
    Code.NOTIFY_ICE: ("tell_ice", P.ICE_TELL),
}
"""Duties that are done by a page of their own, about the detainer; all others by the page of the duty."""


def page_of(duty: DutyFacts) -> tuple[str, UUID, P]:
    """The act that does a duty: its name, what it is about, and the permission it asks for."""
    name, permission = PAGES.get(Code(duty.code), ("duty", P.DUTY_RECORD))
    return name, duty.public_id if name == "duty" else duty.detainer, permission


def in_order(duties: tuple[DutyFacts, ...]) -> tuple[DutyFacts, ...]:
    """What is due first before what is due later, what has no hour last; conditions of a hold before others."""
    far = float("inf")
    return tuple(
        sorted(duties, key=lambda d: (d.due_at.timestamp() if d.due_at else far, not d.is_condition, d.code))
    )


def pressing(facts: CaseFacts, now: datetime) -> DutyFacts | None:
    """The duty to do next: overdue, due within a day, or a condition of the hold. The copy has a rule of its own."""
    copies = {
        item.public_id for item in facts.active_detainers if item.waits_for_service and facts.in_custody
    }
    for duty in in_order(facts.duties):
        if duty.code == Code.GIVE_COPY and duty.detainer in copies:
            continue
        if duty.is_condition or (duty.due_at is not None and duty.due_at <= now + NEAR):
            return duty
    return None


def options(facts: CaseFacts) -> Iterator[tuple[str, str, UUID, P]]:
    """(name, label, about, permission) of every open duty, the most urgent first."""
    for duty in in_order(facts.duties):
        name, about, permission = page_of(duty)
        if name == "detainer_serve":
            continue
        yield name, str(LABELS[Code(duty.code)]), about, permission


def sentence(duty: DutyFacts, facts: CaseFacts, now: datetime) -> str:
    """What is not done, until when it is due, and what hangs on it."""
    words = {"what": SHORT[Code(duty.code)]}
    if duty.is_overdue(now):
        assert duty.due_at is not None
        text = _("%(what)s: not done. It was due %(when)s.") % {
            **words,
            "when": clockwords.short(duty.due_at, facts.zone, now=now),
        }
    elif duty.due_at is not None:
        text = _("%(what)s: due %(when)s.") % {
            **words,
            "when": clockwords.short(duty.due_at, facts.zone, now=now),
        }
    else:
        text = _("%(what)s: to be done.") % words
    if duty.is_condition:
        text += " " + _("Until it is done there is no authority to hold on the detainer.")
    return text


def end_of_day(now: datetime, zone: Any) -> datetime:
    """The next midnight of the facility: 'today' ends there."""
    local = now.astimezone(zone)
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def claim_sentence(claim: ClaimFacts, facts: CaseFacts, now: datetime) -> str:
    """What the person says, and until when somebody must check it."""
    said = {
        "what": _("to be a citizen") if claim.kind == "citizenship" else _("to have lawful status"),
        "when": clockwords.short(claim.due_at, facts.zone, now=now),
    }
    if claim.due_at < now:
        return _("The person says %(what)s. The check was due %(when)s and is not done.") % said
    return _("The person says %(what)s. Check it by %(when)s; no deadline moves.") % said
