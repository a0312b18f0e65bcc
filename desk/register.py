"""The register of detainers: what came, how, in what state, and what became of it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from desk.acts.fields import TypedDateField
from detainers.lifts import MEANING, LiftCode, outcome
from detainers.models import Detainer, DetainerService, Hold, PolicyDecision
from detainers.services import opened_details
from detainers.states import DetainerState

PAGE = 50
MOST_EXPORTED = 20_000
STATES = [
    ("", _("Any state")),
    *((state.value, state.value.replace("_", " ").capitalize()) for state in DetainerState),
]
CHANNELS = [("", _("Any channel")), *Detainer.Channel.choices]
HEADER = (
    "case",
    "detainer",
    "received",
    "channel",
    "edition",
    "date_on_form",
    "event_number",
    "state",
    "deficiencies",
    "copy_given",
    "ended",
    "lift_code",
    "outcome",
    "issuing_office",
)


class FilterForm(forms.Form):
    """What is looked for; every field may be empty."""

    since = TypedDateField(label=_("Received from"), required=False)
    until = TypedDateField(label=_("to"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS, required=False)
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)


@dataclass(frozen=True)
class Line:
    """One detainer of the register."""

    row: Detainer
    zone: str
    served_at: datetime | None
    outcome: str

    @property
    def outcome_words(self) -> str:
        """What became of it, in words; empty while nothing has."""
        return MEANING[LiftCode(self.outcome)] if self.outcome else ""


def rows(actor: Actor, wanted: FilterForm, zone: ZoneInfo) -> QuerySet[Detainer]:
    """The detainers in the actor's sight that the filter lets through, newest first."""
    found: QuerySet[Detainer] = Detainer.objects.visible_to(actor)
    given = wanted.cleaned_data if wanted.is_valid() else {}
    if given.get("since"):
        found = found.filter(received_at__gte=_midnight(given["since"], zone))
    if given.get("until"):
        found = found.filter(received_at__lt=_midnight(given["until"], zone, days=1))
    for name in ("channel", "state"):
        if given.get(name):
            found = found.filter(**{name: given[name]})
    return found.order_by("-received_at", "-pk")


def _midnight(day: date, zone: ZoneInfo, *, days: int = 0) -> datetime:
    return datetime.combine(date.fromordinal(day.toordinal() + days), datetime.min.time(), tzinfo=zone)


def lines(found: Sequence[Detainer] | QuerySet[Detainer]) -> list[Line]:
    """The rows with what hangs on them, in a constant number of queries."""
    ids = [row.pk for row in found]
    newest = PolicyDecision.objects.filter(detainer=OuterRef("pk")).order_by("-pk").values("verdict")[:1]
    last = Hold.objects.filter(detainer=OuterRef("pk")).order_by("-started_at").values("recorded_state")[:1]
    first = (
        DetainerService.objects.filter(detainer=OuterRef("pk"), counts=True)
        .order_by("served_at")
        .values("served_at")[:1]
    )
    full = (
        Detainer.objects.filter(pk__in=ids)
        .select_related("case__agency")
        .annotate(verdict=Subquery(newest), hold_state=Subquery(last), first_served=Subquery(first))
    )
    by_key = {row.pk: row for row in full}
    return [_line(by_key[key]) for key in ids]


def _line(row: Any) -> Line:
    grants = None if row.verdict is None else row.verdict in ("hold_permitted", "hold_required")
    became = outcome(
        lift_code=row.lift_code, is_live=row.is_live, hold_state=row.hold_state or "", grants=grants
    )
    return Line(row=row, zone=row.case.agency.time_zone, served_at=row.first_served, outcome=became)


def table(found: list[Line]) -> Iterable[Sequence[Any]]:
    """The rows of the download: no name; the event number as on the form, so that it can be compared."""
    details = opened_details([line.row for line in found])
    for line in found:
        row, zone = line.row, ZoneInfo(line.zone)
        yield (
            row.case.number,
            row.public_id,
            _local(row.received_at, zone),
            row.channel,
            row.edition,
            row.issued_on,
            details[row.pk].details.event_number,
            row.state,
            " ".join(item["code"] for item in row.deficiencies),
            _local(line.served_at, zone),
            _local(row.ended_at, zone),
            row.lift_code,
            line.outcome,
            row.issuing_office,
        )


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else ""
