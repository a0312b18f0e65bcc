"""The reference of the bookings figure: bare Celery tasks and plain SQL that write the rows a booking of the product wrote.

The rows of one booking that went the whole way are the template: every table, every column, every byte. Each reference booking
writes them again under new ids, in the same transactions (booking with its check; claim; sent; answers by the batch) and through
the same broker. It reads the file back for its transmission and calls nobody; there is no ORM, rule, parser or cipher.
"""

import os
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import psycopg
from celery import Celery
from psycopg import sql
from psycopg.rows import dict_row

from tests.bench.booking_written import BOOKING_TABLES

QUEUE = "bench-reference"
BATCH = 8
MADE_BY_DATABASE = frozenset({"id", "txid", "recorded_at"})
PARENTS = {
    "person_id": "cases_person",
    "case_id": "cases_case",
    "document_id": "cases_document",
    "submission_id": "matching_submission",
    "reply_id": "matching_reply",
}
FIRST_EVENTS = ("cases.document_received", "cases.booked", "matching.submission_opened")
LATER = datetime(2999, 1, 1, tzinfo=UTC)
Row = dict[str, Any]

app = Celery("clearhold-bench-reference", broker=os.environ.get("CELERY_BROKER_URL", ""))
app.conf.update(
    task_ignore_result=True, task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1,
    task_default_queue=QUEUE,
    broker_transport_options={"visibility_timeout": 600, "unacked_restore_interval": 1, "unacked_restore_throttle": 1},
)  # fmt: skip


@lru_cache(maxsize=1)
def connection() -> "psycopg.Connection[Any]":
    """One connection for each worker process."""
    return psycopg.connect(os.environ["DATABASE_URL_OWNER"], autocommit=True, prepare_threshold=2)


@lru_cache(maxsize=1)
def template() -> dict[str, list[Row]]:
    """Rows by table of the booking named in the environment, as the product wrote them."""
    with psycopg.connect(os.environ["DATABASE_URL_OWNER"], row_factory=dict_row) as link:
        cursor = link.cursor(binary=True)

        def rows(table: str, where: str, *values: Any) -> list[Row]:
            name = sql.Identifier(table)
            cursor.execute(
                sql.SQL("SELECT * FROM {} WHERE ").format(name) + sql.SQL(where) + sql.SQL(" ORDER BY id"),
                values,
            )
            return [{key: row[key] for key in row if key not in generated} for row in cursor.fetchall()]

        cursor.execute("SELECT attname FROM pg_attribute WHERE attgenerated <> '' AND attnum > 0")
        generated = {row["attname"] for row in cursor.fetchall()}
        (booking,) = rows("cases_booking", "booking_number = %s", os.environ["BENCH_TEMPLATE"])
        case = booking["case_id"]
        found = {"cases_booking": [booking], "cases_case": rows("cases_case", "id = %s", case)}
        found["cases_person"] = rows("cases_person", "id = %s", found["cases_case"][0]["person_id"])
        for table in ("cases_custodyevent", "cases_charge", "cases_localground", "matching_submission"):
            found[table] = rows(table, "case_id = %s", case)
        submission = found["matching_submission"][0]["id"]
        for table in ("matching_expectedanswer", "matching_transmission", "matching_reply"):
            found[table] = rows(table, "submission_id = %s", submission)
        documents = [booking["document_id"], *(reply["document_id"] for reply in found["matching_reply"])]
        found["cases_document"] = rows("cases_document", "id = ANY(%s)", documents)
        keys = [_key_of(row["content"]) for row in found["cases_document"]]
        found["keys_datakey"] = rows("keys_datakey", "public_id = ANY(%s)", keys)
        found["audit_event"] = rows(
            "audit_event",
            "case_id = %s OR subject_id = ANY(%s)",
            found["cases_case"][0]["public_id"],
            [row["public_id"] for row in found["cases_document"]],
        )
    return found


def _key_of(blob: bytes) -> Any:
    from audit.keys import cipher

    return cipher.key_id_of(bytes(blob))


def insert(
    cursor: "psycopg.Cursor[Any]", table: str, rows: list[Row], ids: dict[tuple[str, int], int]
) -> None:
    """All rows of a table in one statement, under new ids, which are noted beside the template's."""
    if not rows:
        return
    columns = [name for name in rows[0] if name not in MADE_BY_DATABASE]
    one = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(columns)))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES {} RETURNING id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([one] * len(rows)),
    )
    if table == "audit_event":
        # Of a case of their own, so that the events of the template stay those of one booking.
        about = uuid4()
        rows = [row | {"case_id": about, "subject_id": uuid4()} for row in rows]
    values = [_value(table, name, row, ids) for row in rows for name in columns]
    cursor.execute(statement, values)
    for row, (made,) in zip(rows, cursor.fetchall(), strict=True):
        ids[table, row["id"]] = made


def _value(table: str, name: str, row: Row, ids: dict[tuple[str, int], int]) -> Any:
    value = row[name]
    if name == "public_id":
        return uuid4()
    if name in PARENTS and isinstance(value, int):
        return ids.get((PARENTS[name], value))
    if isinstance(value, dict):
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    if (table, name) in {
        ("cases_booking", "booking_number"), ("matching_submission", "tcn"), ("matching_reply", "message_tcn"),
    }:  # fmt: skip
        return uuid4().hex[:30]
    return value


@app.task(name="bench.book")
def book() -> None:
    """The booking and its check, in one transaction."""
    rows, ids = template(), dict[tuple[str, int], int]()
    sent = rows["cases_booking"][0]["document_id"]
    with connection().transaction(), connection().cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_casecounter (agency_id, year, last) VALUES (%s, 1999, 1) ON CONFLICT (agency_id, year) "
            "DO UPDATE SET last = cases_casecounter.last + 1 RETURNING last",
            [rows["cases_case"][0]["agency_id"]],
        )
        (number,) = cursor.fetchone() or (0,)
        for table in BOOKING_TABLES:
            mine = rows[table]
            if table == "keys_datakey":
                mine = mine[:1]
            elif table == "cases_document":
                mine = [row for row in mine if row["id"] == sent]
            elif table == "cases_case":
                mine = [row | {"number": f"R{number}"} for row in mine]
            elif table == "matching_submission":
                mine = [row | {"state": "open"} for row in mine]
            elif table == "matching_expectedanswer":
                mine = [row | {"state": "waiting", "settled_at": None, "reply_id": None} for row in mine]
            elif table == "matching_transmission":
                # Not due for years: the product's workers, which run beside, are to leave it alone.
                queued = {"state": "queued", "sent_at": None, "control_number": "", "next_attempt_at": LATER}
                mine = [row | queued for row in mine]
            insert(cursor, table, mine, ids)
        document = next(row for row in rows["cases_document"] if row["id"] == sent)
        first = [
            row
            for row in rows["audit_event"]
            if row["action"] in FIRST_EVENTS and row["subject_id"] in _subjects(rows, document)
        ]
        insert(cursor, "audit_event", first, ids)
    send.delay(ids["matching_transmission", rows["matching_transmission"][0]["id"]])


def _subjects(rows: dict[str, list[Row]], document: Row) -> set[Any]:
    return {
        document["public_id"], rows["cases_case"][0]["public_id"], rows["matching_submission"][0]["public_id"],
    }  # fmt: skip


@app.task(name="bench.send")
def send(transmission: int) -> None:
    """Claim, read the file, note that it was sent."""
    rows, link = template(), connection()
    with link.cursor(binary=True) as cursor:
        cursor.execute(
            "UPDATE matching_transmission SET state = 'sending', lease_owner = 'bench', attempts = attempts + 1, "
            "lease_until = now() + interval '2 minutes' WHERE id = %s AND state = 'queued' RETURNING submission_id",
            [transmission],
        )
        (submission,) = cursor.fetchone() or (0,)
        cursor.execute(
            "SELECT d.content, t.outgoing_head FROM matching_transmission t JOIN matching_submission s "
            "ON s.id = t.submission_id JOIN cases_document d ON d.id = s.document_id WHERE t.id = %s",
            [transmission],
        )
        cursor.fetchone()
        with link.transaction():
            cursor.execute(
                "UPDATE matching_transmission SET state = 'sent', lease_owner = '', lease_until = NULL, sent_at = now(), "
                "control_number = 'bench' WHERE id = %s",
                [transmission],
            )
            done = [row for row in rows["audit_event"] if row["action"] == "matching.transmission_sent"]
            insert(cursor, "audit_event", done, {})
    if submission % BATCH == 0:
        collect.delay()


@app.task(name="bench.collect")
def collect() -> None:
    """Record the answers of up to a batch of sent submissions: documents, replies, answers, states, events."""
    rows = template()
    sent = rows["cases_booking"][0]["document_id"]
    documents = [row for row in rows["cases_document"] if row["id"] != sent]
    received = {row["public_id"] for row in documents}
    events = [
        row
        for row in rows["audit_event"]
        if row["subject_id"] in received or row["action"] not in (*FIRST_EVENTS, "matching.transmission_sent")
    ]
    with connection().transaction(), connection().cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.case_id FROM matching_submission s JOIN matching_transmission t ON t.submission_id = s.id "
            "WHERE s.state = 'open' AND t.state = 'sent' AND t.control_number = 'bench' LIMIT %s "
            "FOR UPDATE OF s SKIP LOCKED",
            [BATCH],
        )
        waiting = cursor.fetchall()
        if not waiting:
            return
        insert(cursor, "keys_datakey", rows["keys_datakey"][1:] * len(waiting), {})
        replies = []
        for submission, _ in waiting:
            ids: dict[tuple[str, int], int] = {}
            ids["matching_submission", rows["matching_submission"][0]["id"]] = submission
            insert(cursor, "cases_document", documents, ids)
            insert(cursor, "matching_reply", rows["matching_reply"], ids)
            replies += [
                (submission, row["source"], row["state"], ids["matching_reply", row["reply_id"]])
                for row in rows["matching_expectedanswer"]
            ]
        _settle(cursor, replies, [one for one, _ in waiting])
        insert(cursor, "audit_event", events * len(waiting), {})


def _settle(cursor: "psycopg.Cursor[Any]", replies: list[tuple[Any, ...]], submissions: list[int]) -> None:
    """Answers by (submission, source, state, reply), and the submissions they settle, in one statement each."""
    cursor.execute(
        "UPDATE matching_expectedanswer a SET state = x.state, reply_id = x.reply, settled_at = now() "
        "FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) AS x(submission, source, state, reply) "
        "WHERE a.submission_id = x.submission AND a.source = x.source",
        [list(column) for column in zip(*replies, strict=True)],
    )
    cursor.execute("UPDATE matching_submission SET state = 'settled' WHERE id = ANY(%s)", [submissions])
