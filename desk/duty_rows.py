"""The duties of a case, and those of a jail, as lines to read: what is due until when, done by whom, overdue first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import has_permission
from cases.models import Case
from desk import clockwords, duties
from desk.facts import DutyFacts
from detainers.duties import COUNTS, WHEN, Counts, asks
from detainers.models import Duty, DutyOutcome
from detainers.policy_rows import Duty as Code

MOST = 300


@dataclass(frozen=True)
class Line:
    """One duty as the page shows it."""

    row: Duty
    tone: str
    word: str
    due: str
    did: tuple[str, ...]
    url: str
    label: str

    @property
    def law(self) -> str:
        return f"{self.row.policy_code} · {self.row.citation}" if self.row.citation else self.row.policy_code


def of_case(actor: Actor, case: Case, at: datetime) -> tuple[Line, ...]:
    """The case's duties: overdue first, then what is open, then what is settled."""
    return _lines(actor, Duty.objects.visible_to(actor).filter(case=case), at)


def due(actor: Actor, at: datetime, *, within: timedelta = timedelta(hours=48)) -> tuple[Line, ...]:
    """The worklist: everything open of the actor's jails that is overdue or due within `within`, the earliest first."""
    rows = Duty.objects.visible_to(actor).still_open().filter(due_at__lt=at + within)
    return _lines(actor, rows.order_by("due_at", "pk")[:MOST], at)


def _lines(actor: Actor, rows: QuerySet[Any], at: datetime) -> tuple[Line, ...]:
    found = rows.select_related("detainer", "case__person", "case__agency").prefetch_related(
        "outcomes", "detainer__services"
    )
    lines = [_line(actor, row, at) for row in found]
    return tuple(sorted(lines, key=lambda line: _rank(line.row, at)))


def _rank(row: Duty, at: datetime) -> tuple[int, float, str]:
    group = 0 if row.is_overdue(at) else 1 if row.is_open else 2
    return group, row.due_at.timestamp() if row.due_at else float("inf"), row.code


def _line(actor: Actor, row: Duty, at: datetime) -> Line:
    zone = row.case.agency.time_zone
    facts = DutyFacts(row.public_id, row.code, row.detainer.public_id, row.due_at, row.is_condition)
    name, about, permission = duties.page_of(facts)
    may = row.is_open and has_permission(actor, permission, row.case.agency_id)
    return Line(
        row=row,
        tone=_tone(row, at),
        word=_word(row, at),
        due=_due(row, zone, at),
        did=tuple(_did(row, zone)),
        url=reverse(f"desk:{name}", kwargs={"public_id": about}) if may else "",
        label=str(duties.LABELS[Code(row.code)]),
    )


def _tone(row: Duty, at: datetime) -> str:
    if row.is_overdue(at):
        return "is-over"
    if row.is_open:
        return "is-soon" if row.is_condition else "is-act"
    return ""


def _word(row: Duty, at: datetime) -> str:
    if row.is_overdue(at):
        return _("Overdue")
    if row.state == "done":
        return _("Done late") if row.was_late else _("Done")
    return {"open": _("To do"), "refused": _("Refused"), "not_applicable": _("No longer owed")}[row.state]


def _due(row: Duty, zone: str, at: datetime) -> str:
    if row.due_at is not None:
        if row.is_open:
            return _("Due %(when)s") % {"when": clockwords.with_relative(row.due_at, zone, now=at)}
        return _("Was due %(when)s") % {"when": clockwords.short(row.due_at, zone, now=at)}
    counts = COUNTS.get(Code(row.code), Counts.RECEIPT)
    if counts is Counts.BEFORE_EVENT:
        return _("Before it happens; no hour is set")
    hours = row.due_hours if row.due_hours is not None else 24
    return _("Within %(hours)d hours, %(when)s") % {
        "hours": hours,
        "when": WHEN[counts] or WHEN[Counts.RELEASE],
    }


def _did(row: Duty, zone: str) -> Iterable[str]:
    """What came of it, a sentence for each record."""
    if row.code == Code.GIVE_COPY:
        for service in row.detainer.services.all():
            when = clockwords.short(service.served_at, zone, now=service.served_at)
            text = _("Served %(when)s, language %(language)s, %(method)s.")
            if not service.counts:
                text = _(
                    "Given %(when)s, language %(language)s, %(method)s, with a notice that nobody had reviewed: "
                    "it does not count as service."
                )
            yield text % {
                "when": when,
                "language": service.language,
                "method": service.get_method_display().lower(),
            }
    for outcome in row.outcomes.all():
        yield " ".join(_parts(row, outcome, zone))


def _parts(row: Duty, outcome: DutyOutcome, zone: str) -> Iterable[str]:
    local = clockwords.short(outcome.done_at, zone, now=outcome.recorded_at)
    yield _("%(what)s %(when)s by %(who)s, %(method)s%(language)s.") % {
        "what": outcome.get_outcome_display(),
        "when": local,
        "who": outcome.recorded_label,
        "method": outcome.get_method_display().lower(),
        "language": _(", language %(code)s") % {"code": outcome.language} if outcome.language else "",
    }
    answer = dict(asks(Code(row.code)).answers).get(outcome.answer)
    if answer:
        yield f"{answer}."
    if outcome.recipients:
        yield _("Given to: %(who)s.") % {
            "who": ", ".join(item.replace("_", " ") for item in outcome.recipients)
        }
    if outcome.refused_to_sign:
        yield _("The person refused to sign.")
    if outcome.witness:
        yield _("Witness: %(who)s.") % {"who": outcome.witness}
    if outcome.interpreter_id:
        yield _("Interpreter: %(number)s.") % {"number": outcome.interpreter_id}
    if outcome.statement:
        yield outcome.statement
