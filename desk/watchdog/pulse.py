"""Takes the pulse: one row of a view that counts over everything and shows nobody, and the age of what is not sealed yet."""

from django.db import connections

from desk.watchdog.signs import Pulse

COLUMNS = (
    "seen_at",
    "swept_at",
    "holds_unrecorded_since",
    "newest_record_at",
    "deliveries_waiting_since",
    "transmissions_waiting_since",
    "searches_waiting_since",
    "open_breaches",
    "failed_deliveries",
    "quarantined_replies",
)


def take(*, using: str = "default") -> Pulse:
    """The pulse now. Raises DatabaseError when the database does not answer."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM detainers_pulse")
        row = cursor.fetchone()
    return Pulse(**dict(zip(COLUMNS, row, strict=True)), unsealed_since=None)
