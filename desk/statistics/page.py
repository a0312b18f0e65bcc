"""The page of statistics: each figure as a sentence, a chart and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.statistics.charts import Chart, columns, said
from desk.statistics.figures import SOURCES, WORK, Figures
from desk.statistics.months import Month

SOURCE_NAMES = {
    "state": gettext_lazy("State bureau"),
    "fbi": gettext_lazy("FBI"),
    "dhs": gettext_lazy("DHS"),
}
WORK_NAMES = {
    "booked": gettext_lazy("Booked"),
    "detainers": gettext_lazy("Detainers received"),
    "served": gettext_lazy("Copies served"),
    "ended": gettext_lazy("Custody ended"),
}


@dataclass(frozen=True)
class Section:
    """One figure: what it is, how it is counted, a chart of it, and the same numbers as a table."""

    anchor: str
    title: str
    counted: str
    unit: str
    series: tuple[str, ...]
    chart: Chart
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(figures: Figures, months: Sequence[Month]) -> tuple[Section, ...]:
    """The page, in the order in which somebody responsible would ask."""
    return (
        _deadlines(figures, months),
        _held(figures, months),
        _answers(figures, months),
        _work(figures, months),
        _by_hour(figures),
    )


def _deadlines(figures: Figures, months: Sequence[Month]) -> Section:
    names = (_("In time"), _("Late"))
    values = (
        [float(one.in_time) for one in figures.ended],
        [float(one.late) for one in figures.ended],
    )
    rows = [
        (
            month.name,
            str(one.in_time),
            str(one.late),
            _share(one.in_time, one.late),
            _span(one.longest_minutes),
        )
        for month, one in zip(months, figures.ended, strict=True)
    ]
    return _monthly(
        "deadlines",
        _("Deadlines met"),
        _(
            "People whose custody ended after they had become release-eligible: in time when it ended by the end of all "
            "authority, late when it went on after it."
        ),
        _("people"),
        names,
        values,
        months,
        (*names, _("In time, share"), _("Longest beyond authority")),
        rows,
    )


def _held(figures: Figures, months: Sequence[Month]) -> Section:
    names = (_("Held on detainers"), _("Beyond authority"))
    rows = [
        (month.name, said(held), said(beyond))
        for month, held, beyond in zip(months, figures.held_hours, figures.hours_beyond, strict=True)
    ]
    return _monthly(
        "hours",
        _("Held hours"),
        _(
            "Hours of custody on a detainer after the last local ground, and hours of custody after every authority had ended, "
            "each in the month in which they lie. A hold or a breach that runs now counts up to now."
        ),
        _("hours"),
        names,
        (figures.held_hours, figures.hours_beyond),
        months,
        names,
        rows,
    )


def _answers(figures: Figures, months: Sequence[Month]) -> Section:
    names = tuple(str(SOURCE_NAMES[source]) for source in SOURCES)
    medians = [[one.median if one else None for one in figures.answers[source]] for source in SOURCES]
    rows = []
    for number, month in enumerate(months):
        found = [figures.answers[source][number] for source in SOURCES]
        told = [
            _("%(median)s, 9 of 10 within %(ninth)s (%(count)s)")
            % {"median": _span(one.median), "ninth": _span(one.ninth), "count": said(one.count)}
            if one
            else "–"
            for one in found
        ]
        rows.append((month.name, *told))
    return _monthly(
        "answers",
        _("Answer times"),
        _(
            "From the taking of the prints to the answer, at the median, by the month in which they were taken. Answers "
            "that have not come are not in it; the board shows those."
        ),
        _("minutes"),
        names,
        medians,
        months,
        names,
        rows,
    )


def _work(figures: Figures, months: Sequence[Month]) -> Section:
    names = tuple(str(WORK_NAMES[kind]) for kind in WORK)
    rows = [
        (month.name, *(said(figures.work[kind][number]) for kind in WORK))
        for number, month in enumerate(months)
    ]
    return _monthly(
        "work",
        _("Workload"),
        _("What was done in each month, by when it happened, not by when it was typed in."),
        _("people"),
        names,
        [figures.work[kind] for kind in WORK],
        months,
        names,
        rows,
    )


def _by_hour(figures: Figures) -> Section:
    names = (str(WORK_NAMES["booked"]), str(WORK_NAMES["ended"]))
    series = (figures.by_hour["booked"], figures.by_hour["ended"])
    places = [f"{hour:02}" for hour in range(24)]
    rows = [
        (_("%(hour)s:00 to %(hour)s:59") % {"hour": place}, *(said(values[hour]) for values in series))
        for hour, place in enumerate(places)
    ]
    return Section(
        anchor="hours-of-the-day",
        title=_("By hour of the day"),
        counted=_("The same months together, by the hour on the jail's clock."),
        unit=_("people"),
        series=names,
        chart=columns(places, list(zip(names, series, strict=True)), unit=_("people")),
        heads=(_("Hour"), *names),
        rows=tuple(rows),
    )


def _monthly(
    anchor: str,
    title: str,
    counted: str,
    unit: str,
    names: Sequence[str],
    values: Sequence[Sequence[float | None]],
    months: Sequence[Month],
    heads: Sequence[str],
    rows: Sequence[tuple[str, ...]],
) -> Section:
    places = [month.short for month in months]
    return Section(
        anchor=anchor,
        title=title,
        counted=counted,
        unit=unit,
        series=tuple(names),
        chart=columns(places, list(zip(names, values, strict=True)), unit=unit),
        heads=(_("Month"), *heads),
        rows=tuple(rows),
    )


def _share(in_time: int, late: int) -> str:
    """Rounded down, so that a hundred percent means everybody."""
    return f"{100 * in_time // (in_time + late)} %" if in_time + late else "–"


def _span(minutes: Any) -> str:
    """`4 h 05 min`; a dash where there is none."""
    if minutes is None:
        return "–"
    whole = round(minutes)
    hours, rest = divmod(whole, 60)
    return (
        _("%(hours)s h %(minutes)02d min") % {"hours": hours, "minutes": rest}
        if hours
        else _("%(minutes)s min") % {"minutes": rest}
    )
