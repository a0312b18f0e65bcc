"""What must be true after any fault. Judged by what the database and the bureau's files hold, not by the absence of errors."""

from collections import Counter

from matching.samples.cast import CAST, Sample
from matching.samples.casting import Outcome
from tests.faults.checkout import Checkout

# Rows that have exactly one event each: what they are called, query for their ids, query for the subjects of the events.
EVENTS = {
    "cases booked": ("SELECT public_id FROM cases_case", "cases.booked"),
    "releases": ("SELECT public_id FROM cases_case WHERE custody_state = 'released'", "cases.released"),
    "transfers": (
        "SELECT public_id FROM cases_case WHERE custody_state = 'transferred'",
        "cases.transferred",
    ),
    "holds begun": ("SELECT public_id FROM detainers_hold", "detainers.hold_started"),
    "holds ended": (
        "SELECT public_id FROM detainers_hold WHERE ended_at IS NOT NULL",
        "detainers.hold_ended",
    ),
    "breaches": ("SELECT public_id FROM detainers_breach", "detainers.breach_opened"),
    "breaches ended": (
        "SELECT public_id FROM detainers_breach WHERE until_at IS NOT NULL",
        "detainers.breach_ended",
    ),
    "prints sent": (
        "SELECT public_id FROM matching_transmission WHERE state = 'sent'",
        "matching.transmission_sent",
    ),
    "candidates": ("SELECT public_id FROM matching_candidate", "matching.candidate_proposed"),
}

# Queries that must find nothing, each with what it would mean if they did.
NOTHING = {
    "custody ended twice": (
        "SELECT case_id FROM cases_custodyevent WHERE kind IN ('released', 'transferred')"
        " GROUP BY case_id HAVING count(*) > 1"
    ),
    "a submission was sent more than once": (
        "SELECT submission_id FROM matching_transmission GROUP BY submission_id HAVING count(*) > 1"
    ),
    "two submissions share a control number of the bureau": (
        "SELECT control_number FROM matching_transmission WHERE control_number <> ''"
        " GROUP BY control_number HAVING count(*) > 1"
    ),
    "a reply was attached twice": (
        "SELECT submission_id, source, tot FROM matching_reply WHERE state = 'attached'"
        " GROUP BY submission_id, source, tot HAVING count(*) > 1"
    ),
    "a reply is in quarantine": "SELECT id FROM matching_reply WHERE state <> 'attached'",
    "a transmission is neither sent nor held back nor replaced": (
        "SELECT id, state FROM matching_transmission WHERE state NOT IN ('sent', 'held_back', 'cancelled')"
    ),
    "a search is still leased": "SELECT id FROM matching_printsearch WHERE state = 'working'",
    "an answer was settled twice": (
        "SELECT case_id, subject_id, facts FROM audit_event WHERE action = 'matching.answer_settled'"
        " GROUP BY case_id, subject_id, facts HAVING count(*) > 1"
    ),
    "a search was recorded twice": (
        "SELECT subject_id FROM audit_event WHERE action = 'matching.prints_searched'"
        " GROUP BY subject_id HAVING count(*) > 1"
    ),
    "a hold is longer than its rule": (
        "SELECT id FROM detainers_hold WHERE deadline_at > cap_at"
        " OR rule = 'STRAIGHT_48' AND deadline_at > anchor_at + interval '48 hours'"
    ),
    "a hold ended after its deadline": "SELECT id FROM detainers_hold WHERE ended_at > deadline_at",
    "two holds for one sample": (
        "SELECT h.case_id FROM detainers_hold h JOIN cases_booking b ON b.case_id = h.case_id"
        " WHERE b.booking_number LIKE 'S26-%' GROUP BY h.case_id HAVING count(*) > 1"
    ),
    "a delivery failed for good": "SELECT id FROM audit_delivery WHERE state = 'failed'",
}

_COUNTED = (
    "cases_case",
    "cases_booking",
    "cases_custodyevent",
    "matching_submission",
    "matching_transmission",
    "matching_reply",
    "matching_candidate",
    "detainers_detainer",
    "detainers_hold",
    "detainers_breach",
    "audit_event",
)


def problems(checkout: Checkout, samples: tuple[Sample, ...] = CAST) -> list[str]:
    """Everything that is not as it must be, in words; empty when all is well."""
    return [
        *_booked_once(checkout, samples),
        *_events_match(checkout),
        *_at_the_bureau(checkout),
        *_breaches(checkout, samples),
        *(f"{words}: {found[:5]}" for words, query in NOTHING.items() if (found := checkout.rows(query))),
    ]


def counts(checkout: Checkout) -> dict[str, int]:
    """Rows of the tables that a second run must not add to."""
    return {table: checkout.rows(f"SELECT count(*) FROM {table}")[0][0] for table in _COUNTED}


def _booked_once(checkout: Checkout, samples: tuple[Sample, ...]) -> list[str]:
    query = (
        "SELECT b.booking_number, count(DISTINCT b.case_id), count(s.id) FROM cases_booking b"
        " LEFT JOIN matching_submission s ON s.case_id = b.case_id"
        " WHERE b.booking_number LIKE 'S26-%' GROUP BY b.booking_number"
    )
    wanted = {
        (sample.booking_number, 1, 2 if sample.outcome is Outcome.POOR_PRINTS_REPRINT else 1)
        for sample in samples
    }
    wrong = wanted ^ set(checkout.rows(query))
    return [f"booking number, cases, submissions: {sorted(wrong)}"] if wrong else []


def _events_match(checkout: Checkout) -> list[str]:
    found = []
    for words, (rows, action) in EVENTS.items():
        wanted = Counter(str(row[0]) for row in checkout.rows(rows))
        told = Counter(
            str(row[0])
            for row in checkout.rows(f"SELECT subject_id FROM audit_event WHERE action = '{action}'")
        )
        if wanted != told:
            found.append(f"{words}: {len(wanted)} rows and {sum(told.values())} events do not agree")
    return found


def _at_the_bureau(checkout: Checkout) -> list[str]:
    """The bureau has taken in exactly what we say was sent: no file in two forms, none that we do not know of."""
    spool = checkout.root / ".data" / "bureau-spool"
    names = [path.name for folder in ("accepted", "done") for path in (spool / folder).iterdir()]
    there = Counter(name.split("-")[2] for name in names)
    ours = Counter(
        row[0]
        for row in checkout.rows("SELECT outgoing_sha256 FROM matching_transmission WHERE state = 'sent'")
    )
    return [] if there == ours else [f"the bureau holds {len(names)} files, we sent {sum(ours.values())}"]


def _breaches(checkout: Checkout, samples: tuple[Sample, ...]) -> list[str]:
    """Only the late release is late. Seen too late is not late: such a breach has no length, and the person left in time."""
    late = {sample.booking_number for sample in samples if sample.outcome is Outcome.LATE_RELEASE_BREACH}
    query = (
        "SELECT b.booking_number, x.from_at, x.until_at, c.custody_ended_at FROM detainers_breach x"
        " JOIN cases_case c ON c.id = x.case_id JOIN cases_booking b ON b.case_id = c.id"
        " WHERE b.booking_number LIKE 'S26-%'"
    )
    found = []
    for number, from_at, until_at, left_at in checkout.rows(query):
        if number not in late and not (until_at == from_at and left_at is not None and left_at <= from_at):
            found.append(f"booking {number} has a breach from {from_at} to {until_at}, left {left_at}")
    return found
