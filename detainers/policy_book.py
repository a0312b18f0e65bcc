"""The rulebook as it stands in the database: which rows of law are in force, read once per version."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from functools import lru_cache

from django.db import connection

from accounts.models import Agency
from detainers import rulebook
from detainers.conflicts import accounts
from detainers.decisions import canonical
from detainers.models import Policy
from detainers.policy_rows import Level, PolicyRow
from detainers.rulebook import Rulebook

# A few dozen rows: one short query tells whether anything changed, also after a rollback or a restored backup.
STAMP = """
    SELECT count(*) || ':' || coalesce(md5(string_agg(concat_ws('.', id, lock, starts_on, ends_on), ',' ORDER BY id)), '')
      FROM detainers_policy WHERE stage IN ('in_force', 'ended')
"""


def rulebook_in_force(on: date | None = None) -> Rulebook:
    """The editions shipped with the software and the rows of law that came into force here; with `on` only those of that day.

    One query when nothing has changed since the last call in this process. A place without a row has no authority to hold.
    """
    stamp = _stamp()
    return _book(stamp) if on is None else _of_day(stamp, on)


def place_digest(book: Rulebook, agency: Agency, on: date) -> str:
    """A digest of the rows that rule in one jail on one day: it changes when what they say changes."""
    rows = book.in_force(
        state=agency.state, county=agency.county, city=agency.city, on=on, agency=agency_code(agency)
    )
    return hashlib.sha256(canonical([dict(row.source) for row in rows])).hexdigest()


def agency_code(agency: Agency) -> str:
    """By which code a row of law names a jail: its ORI, or the facility code where it has none."""
    return agency.ori or agency.facility_code


def covered(row: PolicyRow | Policy) -> list[Agency]:
    """The jails of this installation that are under a row of law."""
    law = row if isinstance(row, PolicyRow) else row.row
    jails = Agency.objects.filter(kind=Agency.Kind.JAIL).order_by("pk")
    if law.level != Level.FEDERAL:
        jails = jails.filter(state=law.state)
    return [
        jail
        for jail in jails
        if law.covers(state=jail.state, county=jail.county, city=jail.city, agency=agency_code(jail))
    ]


def federal_accounts_allowed(jail: Agency, on: date) -> bool:
    """Whether the law of a jail's place lets immigration offices have accounts: a row says so, and none refuses."""
    place = {"state": jail.state, "county": jail.county, "city": jail.city}
    return accounts(rulebook_in_force().in_force(**place, on=on, agency=agency_code(jail)), [])


def _stamp() -> str:
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        (stamp,) = cursor.fetchone()
    return str(stamp)


@lru_cache(maxsize=8)
def _book(stamp: str) -> Rulebook:
    """Read all rows; `stamp` is what they stood at."""
    rows = sorted(
        Policy.objects.ever_in_force(), key=lambda item: (item.row.level.rank, item.code, item.starts_on)
    )
    laws = tuple(item.row for item in rows)
    shipped = rulebook.current()
    digest = hashlib.sha256(canonical([shipped.version, [dict(law.source) for law in laws]])).hexdigest()[:12]
    return Rulebook(f"{len(laws)}rows+{digest}", shipped.editions, laws, shipped.boxes)


@lru_cache(maxsize=64)
def _of_day(stamp: str, on: date) -> Rulebook:
    book = _book(stamp)
    rows = tuple(
        row for row in book.rows if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on)
    )
    return replace(book, rows=rows)
