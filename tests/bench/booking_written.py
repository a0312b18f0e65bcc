"""What a run of bookings left in the database, so that product and reference are compared by the same rows and bytes."""

from typing import Any

import psycopg
from psycopg import sql

BOOKING_TABLES = (
    "keys_datakey", "cases_person", "cases_case", "cases_document", "cases_booking", "cases_custodyevent",
    "cases_charge", "cases_localground", "matching_submission", "matching_expectedanswer", "matching_transmission",
)  # fmt: skip
TABLES = (*BOOKING_TABLES, "matching_reply", "audit_event")
ALIKE, ALIKE_BYTES = 0.02, 16
"""By how much the bytes of a table may differ, as a share or for each row: numbers in texts have other lengths from one booking
to the next, and a row fills eight bytes at a time."""

Link = psycopg.Connection[Any]
Written = dict[str, tuple[float, float]]


def marks(link: Link) -> dict[str, int]:
    """The last key of each table."""
    found = {}
    for table in TABLES:
        row = link.execute(
            sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table))
        ).fetchone()
        assert row is not None
        found[table] = int(row[0])
    return found


def written(link: Link, since: dict[str, int], bookings: int) -> Written:
    """Rows and bytes for each booking by table, of the rows after these marks; files included as they are stored."""
    found = {}
    for table, mark in since.items():
        query = sql.SQL(
            "SELECT count(*), coalesce(sum(pg_column_size(t)), 0)::bigint FROM {} t WHERE id > %s"
        )
        row = link.execute(query.format(sql.Identifier(table)), [mark]).fetchone()
        assert row is not None
        found[table] = (row[0] / bookings, row[1] / bookings)
    return found


def check_alike(ours: Written, theirs: Written) -> None:
    """The reference writes every row that the product writes, and as many bytes. Raises AssertionError with what differs."""
    for table, (rows, size) in ours.items():
        other_rows, other_size = theirs[table]
        assert rows == other_rows, f"{table}: {rows} rows a booking beside {other_rows} of the reference"
        assert abs(size - other_size) <= max(ALIKE * size, ALIKE_BYTES * rows), (
            f"{table}: {size:.0f} bytes a booking beside {other_size:.0f}"
        )
