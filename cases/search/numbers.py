"""Cases by a number somebody reads out: their own, the booking's, or one by which other records know the person."""

from collections.abc import Collection

from django.db import connection
from django.db.models import Q

from audit.keys.blind import blind_indexes
from cases import ports
from cases.identifiers import PersonIdentifier
from cases.search.terms import LAST
from cases.search.why import Why, better
from cases.services.identifiers import is_usable

# Both numbers are unique in an agency, by an index that begins with it: each agency is a range of that index.
PLAIN = """
SELECT found.id, found.number, found.kind
  FROM unnest(%(agencies)s::bigint[]) AS a(id), unnest(%(texts)s::text[], %(ends)s::text[]) AS t(first, last)
 CROSS JOIN LATERAL (
    (SELECT c.id, c.number, 'case_number' AS kind FROM cases_case c
      WHERE c.agency_id = a.id AND c.number >= t.first AND c.number < t.last AND starts_with(c.number, t.first)
      ORDER BY c.number LIMIT %(most)s)
    UNION ALL
    (SELECT b.case_id, b.booking_number, 'booking_number' FROM cases_booking b
      WHERE b.agency_id = a.id AND b.booking_number >= t.first AND b.booking_number < t.last
        AND starts_with(b.booking_number, t.first)
      ORDER BY b.booking_number LIMIT %(most)s)) found
 LIMIT %(most)s
"""


def by_number(agencies: Collection[int], text: str, *, most: int, sealed: bool = True) -> dict[int, Why]:
    """Cases of these agencies with this number, or with a case or booking number that begins so, and by which.

    `sealed`: also by the numbers that are kept sealed. Raises KeysError where these cannot be compared.
    """
    found: dict[int, Why] = {}
    rows = _plain(agencies, text, most) + _registered(agencies, text)
    rows += _sealed(agencies, text) if sealed else []
    for case, why in rows:
        found[case] = better(found[case], why) if case in found else why
    return found


def _plain(agencies: Collection[int], text: str, most: int) -> list[tuple[int, Why]]:
    forms = sorted({text, text.upper()})
    values = {
        "agencies": sorted(agencies),
        "texts": forms,
        "ends": [form + LAST for form in forms],
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, values)
        rows = cursor.fetchall()
    return [(case, Why(kind if number in forms else f"{kind}_start")) for case, number, kind in rows]


def _registered(agencies: Collection[int], text: str) -> list[tuple[int, Why]]:
    """Numbers that other apps keep, by the look-ups plugged into the port."""
    return [
        (case, Why(kind))
        for kind, look_up in ports.number_look_ups.items()
        for case in look_up(agencies, text)
    ]


def _sealed(agencies: Collection[int], text: str) -> list[tuple[int, Why]]:
    """Numbers kept sealed, by their blind index: only the whole number finds anything."""
    wanted = Q()
    for kind in PersonIdentifier.Kind:
        if is_usable(kind, text):
            wanted |= Q(kind=kind, blind__in=blind_indexes(kind, text))
    if not wanted:
        return []
    rows = PersonIdentifier.objects.filter(wanted, case__agency_id__in=agencies)
    return [(case, Why(kind)) for case, kind in rows.values_list("case_id", "kind")]
