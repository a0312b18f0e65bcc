"""What must be true after a load, asked of the database itself."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connection, transaction

from cases.models import Case
from config.synthesis.guards import missing, names
from detainers.clock import compute
from detainers.models import Hold
from detainers.situation import clock_input


class NotRight(Exception):
    """Something is not as it must be after a load; the message says what."""


NOT_VALID = (
    "SELECT conname FROM pg_constraint WHERE NOT convalidated AND connamespace = 'public'::regnamespace"
)
NOT_ENABLED = """SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE t.tgenabled <> 'O' AND c.relnamespace = 'public'::regnamespace"""
INDEX_NOT_READY = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)"
# What no service ever writes; each query names cases, of which there must be none.
NEVER = {
    "a hold goes on without a person in custody": """SELECT h.case_id FROM detainers_hold h JOIN cases_case c ON c.id = h.case_id
        WHERE h.ended_at IS NULL AND c.custody_state <> 'in_custody'""",
    "a local ground is open and the person has left": """SELECT c.id FROM cases_localground g
        JOIN cases_case c ON c.id = g.case_id
        WHERE g.ended_at IS NULL AND c.custody_state NOT IN ('in_custody', 'escaped')""",
    "a person is in custody past authority and no breach says so": """SELECT a.case_id FROM cases_case c
        JOIN detainers_authority a ON a.case_id = c.id
        WHERE c.custody_state = 'in_custody' AND c.release_eligible_at IS NOT NULL AND a.in_breach
          AND a.hold_deadline_at IS DISTINCT FROM a.authority_ends_at
          AND NOT EXISTS (SELECT 1 FROM detainers_breach b WHERE b.case_id = c.id AND b.until_at IS NULL)""",
    "a person left after authority ended and no breach says so": """SELECT c.id FROM cases_case c
        LEFT JOIN LATERAL (SELECT max(LEAST(h.deadline_at, h.ended_at)) AS ends_at FROM detainers_hold h
                            WHERE h.case_id = c.id) h ON true
        WHERE c.custody_ended_at > GREATEST(c.release_eligible_at, h.ends_at)
          AND NOT EXISTS (SELECT 1 FROM detainers_breach b WHERE b.case_id = c.id AND b.until_at >= c.custody_ended_at)""",
    "an event is of a case that is not there": """SELECT e.id
        FROM (SELECT id, case_id FROM audit_event ORDER BY id DESC LIMIT 5000) e
        WHERE e.case_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cases_case c WHERE c.public_id = e.case_id)""",
}
# Statements that must be refused; each is tried and undone.
FORBIDDEN = {
    "an event is changed": "UPDATE audit_event SET reason = 'x' WHERE id = (SELECT max(id) FROM audit_event)",
    "an event is deleted": "DELETE FROM audit_event WHERE id = (SELECT max(id) FROM audit_event)",
    "all accesses are deleted": "TRUNCATE audit_access",
    "a deadline moves later": """UPDATE detainers_hold SET deadline_at = deadline_at + interval '1 minute'
        WHERE id = (SELECT max(id) FROM detainers_hold WHERE ended_at IS NULL)""",
    "a custody event is changed": """UPDATE cases_custodyevent SET reason = 'x'
        WHERE id = (SELECT max(id) FROM cases_custodyevent)""",
    "somebody is out and not out": """UPDATE cases_case SET custody_ended_at = now()
        WHERE id = (SELECT max(id) FROM cases_case WHERE custody_state = 'in_custody')""",
    "a booking number is given twice": """INSERT INTO cases_booking (case_id, agency_id, booking_number, booked_at, channel,
        booked_at_text, identity_digest, content_digest, prints_digest)
        SELECT b.case_id, b.agency_id, b.booking_number, b.booked_at, 'admin', '', '', '', ''
          FROM cases_booking b WHERE b.id = (SELECT max(id) FROM cases_booking)""",
    "a charge hangs on nothing": """INSERT INTO cases_charge (public_id, case_id, offence_code, description, offence_class,
        status, added_at) VALUES (gen_random_uuid(), -1, '1399', 'x', 'felony', 'pending', now());
        SET CONSTRAINTS ALL IMMEDIATE""",
}


def verify(*, sample: int) -> None:
    """Guards are back, nothing impossible is there, forbidden writes are refused, a sample of holds is what the clock says."""
    wrong = [f"{name} is not back" for name in names(missing())]
    for what, query in (
        ("is not valid", NOT_VALID),
        ("is off", NOT_ENABLED),
        ("is not ready", INDEX_NOT_READY),
    ):
        wrong += [f"{name} {what}" for (name,) in _rows(query)]
    for what, query in NEVER.items():
        found = [key for (key,) in _rows(f"SELECT * FROM ({query}) x LIMIT 3")]
        wrong += [f"{what}: {found}"] if found else []
    wrong += [f"not refused: {what}" for what, statement in FORBIDDEN.items() if not _refused(statement)]
    wrong += differing_holds(sample)
    if wrong:
        raise NotRight("After the load: " + "; ".join(wrong[:10]))


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            touched = cursor.rowcount
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return touched == 0  # there was no such row to try it on


def differing_holds(sample: int) -> list[str]:
    """Holds drawn at random whose stored derivation is not what the clock says of the stored papers."""
    ids = Hold.objects.order_by("?").values_list("pk", flat=True)[:sample]
    wrong = []
    for hold in Hold.objects.filter(pk__in=list(ids)).select_related("detainer", "policy_decision"):
        case = Case.objects.select_related("agency", "person").get(pk=hold.case_id)
        found = compute(clock_input(case, hold))
        if found.derivation.as_json() != hold.derivation or found.expires_at != hold.deadline_at:
            wrong.append(f"hold {hold.pk} is not what the clock says")
    return wrong
