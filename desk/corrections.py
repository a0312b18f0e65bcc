"""Corrections as the desk shows them: what was entered, what stands now, who, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit.sentences import local_time
from cases.corrections import registry
from cases.corrections.models import Correction
from cases.corrections.registry import WITHDRAWN, Field, Kind
from cases.models import Case
from detainers import rulebook


@dataclass(frozen=True)
class Shown:
    """One correction in words. `then` is what was entered, `now` what stands since."""

    row: Correction
    what: str
    field: str
    then: str
    now: str
    effect: str

    @property
    def is_waiting(self) -> bool:
        return bool(self.row.state == "requested")

    @property
    def is_applied(self) -> bool:
        return bool(self.row.state == "applied")


@dataclass(frozen=True)
class FactField:
    """One field of one fact that can be corrected."""

    kind: str
    subject: UUID
    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Fact:
    """One fact with its fields."""

    title: str
    words: str
    fields: tuple[FactField, ...]


def shown(row: Correction, zone: str) -> Shown:
    """A correction as a page shows it."""
    kind = registry.kind(row.kind)
    field = _field(kind, row.field)
    if row.way == Correction.Way.WITHDRAW:
        then, now = _all_of(kind, row.before, zone), _("entered in error")
    else:
        then, now = value_words(field, row.before, zone), value_words(field, row.after, zone)
    label = _("the whole entry") if row.field == WITHDRAWN else str(field.label)
    return Shown(row, str(kind.label), label, then, now, effect_words(row, zone))


def of_case(case: Case) -> tuple[Shown, ...]:
    """Every correction of a case, the newest first; what was refused or taken back stays readable too."""
    rows = Correction.objects.filter(case=case).order_by("-pk")
    return tuple(shown(row, case.agency.time_zone) for row in rows)


def facts_of(case: Case) -> Iterator[Fact]:
    """Every fact of a case that can be corrected, as it stands."""
    for kind in registry.kinds().values():
        for row in kind.rows(case):
            subject = kind.subject(row)
            fields = [
                FactField(
                    kind.slug,
                    subject,
                    field.name,
                    str(field.label),
                    value_words(field, field.as_json(getattr(row, field.name)), case.agency.time_zone),
                )
                for field in kind.fields
                if not (field.name == "destination" and row.kind != "released")
            ]
            if kind.can_be_withdrawn:
                label = _("The whole entry is wrong")
                fields.append(FactField(kind.slug, subject, WITHDRAWN, label, ""))
            yield Fact(str(kind.label), kind.words(row), tuple(fields))


def value_words(field: Field, value: Any, zone: str) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, "", []):
        return _("nothing")
    if field.form == "instant":
        return local_time(datetime.fromisoformat(value), zone)
    if field.form == "date":
        day = date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    if field.form == "choice":
        return str(dict(field.options()).get(value, value))
    if isinstance(value, dict):
        words, ticked = rulebook.current().boxes, [*value.get("basis", ()), *value.get("priority", ())]
        return ", ".join(str(words.get(code, code)) for code in ticked) or _("none ticked")
    if isinstance(value, list):
        return "; ".join(str(item.get("code", item)) for item in value)
    return str(value)


def effect_words(row: Correction, zone: str) -> str:
    """What it did to the clock, or would do, in a sentence."""
    return clock_words(row.movement, row.clock_before.get("ends_at"), row.clock_after.get("ends_at"), zone)


def clock_words(movement: str, before: str | None, after: str | None, zone: str) -> str:
    """'Authority would end 2 h later' with both instants."""
    if movement == "none":
        return _("The end of authority stays as it is.")
    late = movement == "later"
    start = _("The end of authority moves later.") if late else _("The end of authority moves earlier.")
    if before == after:
        return _("%(start)s Custody that was not covered by an authority changes.") % {"start": start}
    words = [
        local_time(datetime.fromisoformat(at), zone) if at else _("no end known") for at in (before, after)
    ]
    return _("%(start)s Before: %(before)s. After: %(after)s.") % {
        "start": start,
        "before": words[0],
        "after": words[1],
    }


def _field(kind: Kind, name: str) -> Field:
    """The field, also one that only follows from others, such as the deficiencies of a form."""
    known: Iterable[Field] = kind.fields
    return next((field for field in known if field.name == name), Field(name, name.replace("_", " ")))


def _all_of(kind: Kind, before: Any, zone: str) -> str:
    if not isinstance(before, dict):
        return str(kind.label)
    parts = [
        f"{_field(kind, name).label}: {value_words(_field(kind, name), value, zone)}"
        for name, value in before.items()
    ]
    return "; ".join(parts)
