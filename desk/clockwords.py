"""Instants and spans as staff read them: 'Thu 17:19 CDT', 'in 3 h 12 min'. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NEAR_DAYS = 6


def span(length: timedelta) -> str:
    """'0 h 22 min', '3 h 12 min', '2 d 4 h'; never rounded up."""
    minutes = max(int(length.total_seconds() // 60), 0)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        days, hours = divmod(hours, 24)
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def ago(length: timedelta) -> str:
    """'2 s ago', '14 min ago', '3 h 2 min ago'."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return ngettext("%(n)d s ago", "%(n)d s ago", seconds) % {"n": seconds}
    if seconds < 3600:
        return _("%(n)d min ago") % {"n": seconds // 60}
    return _("%(span)s ago") % {"span": span(length)}


def short(moment: datetime, zone: str, *, now: datetime) -> str:
    """The shortest form that cannot be mistaken: '17:19 CDT' today, 'Thu 17:19 CDT' near, 'Thu 19 Mar, 17:19 CDT' else."""
    local, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    days = abs((local.date() - today).days)
    clock = f"{local:%H:%M %Z}"
    if days == 0:
        return clock
    if days <= NEAR_DAYS:
        return f"{local:%a} {clock}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {clock}"


def relative(moment: datetime, *, now: datetime) -> str:
    """'in 3 h 12 min' or '0 h 22 min ago'."""
    if moment >= now:
        return _("in %(span)s") % {"span": span(moment - now)}
    return _("%(span)s ago") % {"span": span(now - moment)}


def with_relative(moment: datetime, zone: str, *, now: datetime) -> str:
    """'Thu 17:19 CDT (in 3 h 12 min)'."""
    return f"{short(moment, zone, now=now)} ({relative(moment, now=now)})"


def wall_clock(now: datetime, zone: str) -> str:
    return f"{now.astimezone(ZoneInfo(zone)):%H:%M %Z}"
