"""Takes the pulse: one row of a view that counts over everything and shows nobody, and the age of what is not sealed yet."""

from pathlib import Path

from django.conf import settings
from django.db import connection

from audit import ledger
from desk.watchdog.signs import Pulse
from detainers.services.pack import newest_pack

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


def take() -> Pulse:
    """The pulse now. Raises DatabaseError when the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM detainers_pulse")
        row = dict(zip(COLUMNS, cursor.fetchone(), strict=True))
    oldest = ledger.lag().held_back
    folder = settings.DEGRADED_PACK_DIR
    return Pulse(
        **row,
        unsealed_since=None if oldest is None else row["seen_at"] - oldest,
        pack_made_at=newest_pack(Path(folder)) if folder else None,
        pack_is_expected=bool(folder),
    )
