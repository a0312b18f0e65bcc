"""Says once of each duty that it was not done in time. It can be late; a duty is overdue without it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from accounts.actors import system
from audit.bulk import Entry
from audit.bulk import events as record_events
from audit.record import Ref
from detainers import events
from detainers.duties import SHORT
from detainers.policy_rows import Duty as Code

OVERDUE = """
    WITH late AS (
        SELECT d.id FROM detainers_duty d
         WHERE d.state = 'open' AND d.overdue_said_at IS NULL AND d.due_at < COALESCE(%s, statement_timestamp())
         ORDER BY d.due_at, d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
    ), said AS (
        UPDATE detainers_duty d SET overdue_said_at = COALESCE(%s, statement_timestamp()) FROM late
         WHERE d.id = late.id
        RETURNING d.public_id, d.code, d.due_at, d.case_id, d.detainer_id
    )
    SELECT said.public_id, said.code, said.due_at, c.public_id, g.public_id, t.public_id
      FROM said JOIN cases_case c ON c.id = said.case_id JOIN accounts_agency g ON g.id = c.agency_id
      JOIN detainers_detainer t ON t.id = said.detainer_id
     ORDER BY said.due_at, said.public_id
"""


def say_overdue_duties(*, at: datetime | None = None, batch: int = 500) -> int:
    """Mark and say the open duties whose time has passed, in batches, by the database's clock. How many were said.

    Rows that somebody else holds are left for the next sweep; `at` stands for the database's clock in tests only.
    """
    said = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(OVERDUE, [at, batch, at])
            rows = cursor.fetchall()
            record_events(
                [
                    Entry(
                        events.DUTY_OVERDUE,
                        subject=Ref("duty", duty),
                        occurred_at=due,
                        case=case,
                        agency=agency,
                        facts={
                            "duty": str(duty),
                            "detainer": str(detainer),
                            "code": code,
                            "what": SHORT[Code(code)],
                            "due_at": due.isoformat(),
                        },
                    )
                    for duty, code, due, case, agency, detainer in rows
                ],
                actor=system("clock"),
            )
        said += len(rows)
        if len(rows) < batch:
            return said
