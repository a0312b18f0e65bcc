"""Wall times as people type them, read in the facility's zone. Pure.

A wall time that does not exist (clocks jumped over it) or exists twice (clocks went back) is refused with a sentence that says
what to enter: `design.md` section 5.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from accounts.errors import Invalid

_FORMATS = (
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
FIRST_YEAR, LAST_YEAR = 1900, 2200
NONEXISTENT = "nonexistent_local_time"
AMBIGUOUS = "ambiguous_local_time"


def parse_local(text: str, zone: str, *, field: str = "") -> datetime:
    """The instant (UTC) that `text` names in IANA zone `zone`.

    Accepts 2026-03-19 14:00, 2026-03-19T14:00, 03/19/2026 14:00 or 2:00 PM, each optionally with an offset such as -05:00.
    Raises Invalid for anything else, and for wall times that do not exist or exist twice.
    """
    text = text.strip()
    has_offset = _OFFSET.search(text) is not None
    typed = _with_offset(text, field) if has_offset else _naive(text, field)
    if not FIRST_YEAR <= typed.year <= LAST_YEAR:
        raise Invalid(
            f"Check the year: it lies outside {FIRST_YEAR} to {LAST_YEAR}.",
            field=field,
            code="unreadable_time",
        )
    return typed if has_offset else resolve(typed, zone, field=field)


def resolve(naive: datetime, zone: str, *, field: str = "") -> datetime:
    """The one instant of a naive wall time in a zone; Invalid when there is none or there are two."""
    info = ZoneInfo(zone)
    first, second = naive.replace(tzinfo=info, fold=0), naive.replace(tzinfo=info, fold=1)
    if first.astimezone(UTC).astimezone(info).replace(tzinfo=None) != naive:
        after = first.astimezone(UTC).astimezone(info).strftime("%Y-%m-%d %H:%M")
        raise Invalid(
            f"{naive:%d %b %Y %H:%M} does not exist in {zone}: clocks went forward over it. "
            f"If the clock on the wall had not been changed, enter {after}.",
            field=field,
            code=NONEXISTENT,
        )
    if first.utcoffset() != second.utcoffset():
        raise Invalid(
            f"{naive:%d %b %Y %H:%M} happened twice in {zone}: clocks went back. "
            f"Enter it with its offset, {_iso(first)} for the first time or {_iso(second)} for the second.",
            field=field,
            code=AMBIGUOUS,
        )
    return first.astimezone(UTC)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") + moment.isoformat()[-6:]


def _with_offset(text: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace(" ", "T", 1) if "T" not in text else text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unreadable(field) from None


def _naive(text: str, field: str) -> datetime:
    for pattern in _FORMATS:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise _unreadable(field)


def _unreadable(field: str) -> Invalid:
    return Invalid(
        "This is not a date and time. Enter it like 2026-03-19 14:00.", field=field, code="unreadable_time"
    )
