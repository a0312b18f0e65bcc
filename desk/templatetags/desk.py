"""Instants in the facility's time, and the shape that goes with each level of urgency."""

from datetime import datetime

from django import template

from audit.sentences import local_time
from desk import clockwords
from desk.filters import MORE_ROWS, Filters

register = template.Library()


@register.filter
def at(moment: datetime | None, zone: str) -> str:
    """'Thu 19 Mar 2026, 14:00 EDT', or a dash."""
    return local_time(moment, zone) if moment else "–"


@register.filter
def ago(moment: datetime, now: datetime) -> str:
    """'2 s ago'."""
    return clockwords.ago(now - moment)


@register.filter
def clock(now: datetime, zone: str) -> str:
    """'14:07 CDT'."""
    return clockwords.wall_clock(now, zone)


@register.filter
def minus(first: datetime, second: datetime) -> str:
    """The span between two instants: '0 h 22 min'."""
    return clockwords.span(first - second)


@register.filter
def unlocal(number: float) -> str:
    """A coordinate with a point, whatever the language."""
    return f"{number:.1f}"


@register.inclusion_tag("desk/shape.svg")
def shape(level: str) -> dict[str, str]:
    """Octagon for overdue, triangle for soon, ring for to do, dot for waiting, tick for nothing to do."""
    return {"level": str(level)}


@register.simple_tag
def board_url(filters: Filters, choice: str) -> str:
    """The board with another urgency, the same again to leave it, or with more rows."""
    if choice == "more":
        return filters.but(rows=str(MORE_ROWS)).url
    return filters.but(level="" if filters.level == choice else choice).url
