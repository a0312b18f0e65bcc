"""Every row that a walk made, as PostgreSQL writes it, with what belongs to this one person and moment taken out as slots.

A `Template` is text with holes. Each hole is a `Slot`: an id, an instant, a day, a name, a digest, sealed bytes. `render` fills
them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection

from audit.keys import cipher, envelope
from audit.keys.models import DataKey
from config.synthesis.walk import CHARGE_CODES, CHARGE_WORDS, FINGER_NUMBER, GIVEN, SURNAME, Walk
from matching.models import Transmission

APPS = ("audit", "keys", "cases", "matching", "detainers", "oversight", "integration")
# One row each per installation, or counted by themselves: `load` looks after them.
NOT_OF_A_CASE = frozenset({
    "cases_casecounter", "cases_surnameword", "cases_personelsewhere", "matching_mailbox", "detainers_sweepheartbeat",
    "oversight_reviewgrant", "integration_apiclient",
})  # fmt: skip
# The transaction that writes a row gives these, also when it is a copy.
LEFT_OUT = frozenset({"txid"})
# Tables that a guard on a row reads: they are copied before it.
READ_BY_GUARDS = {"detainers_hold": ("detainers_detainerservice",)}
# A row is written down shortly after this instant of its own.
HAPPENED = (
    "occurred_at", "started_at", "received_at", "served_at", "signed_at", "found_at", "claimed_at", "decided_at", "from_at",
    "opened_at", "linked_at",
)  # fmt: skip
LAG_SECONDS = 7
SEALED = {
    ("cases_document", "content"),
    ("cases_personidentifier", "value"),
    ("matching_transmission", "outgoing_head"),
}
MOMENT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?"
INSTANT = MOMENT + r"(?=\+00|Z)"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
DAY = r"\d{4}-\d\d-\d\d"
MARK = r"ZQ(?:LS|C|M|I)?\d{6,}"


class Slot(NamedTuple):
    """One hole: what kind of thing, which one."""

    kind: str
    of: Any = None
    extra: Any = None


@dataclass
class Line:
    """One row as text with holes; `table` is where it goes."""

    table: str
    text: str
    slots: tuple[int, ...]


@dataclass
class Template:
    """The rows of one walk. `counts` are rows by table; `holds` is what the clock was told (see `checks`)."""

    story: str
    stage: str
    state: str
    stay: float
    minor: bool
    slots: list[Slot] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    sex: str = ""
    charges: tuple[str, ...] = ()
    contents: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    binaries: dict[tuple[str, int], tuple[str, tuple[int, ...], tuple[str, int] | None, int]] = field(
        default_factory=dict
    )
    key_slots: list[int] = field(default_factory=list)
    deadline: float | None = None
    weekly: bool = False
    base: datetime | None = None
    replay: Any = None


@dataclass(frozen=True)
class Table:
    """A table whose rows hang on cases: its columns in order, where its foreign keys point, which columns a clock fills."""

    name: str
    columns: tuple[str, ...]
    foreign: dict[str, str]
    clocked: frozenset[str]


def tables() -> list[Table]:
    """Every table of a case, parents before children, and before what a guard reads them for."""
    listed = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in APPS and model._meta.managed and model._meta.db_table not in NOT_OF_A_CASE
    ]
    found = {name: _table(name) for name in listed}
    ordered: list[Table] = []

    def add(table: Table) -> None:
        if table not in ordered:
            for parent in (*table.foreign.values(), *READ_BY_GUARDS.get(table.name, ())):
                if parent in found and parent != table.name:
                    add(found[parent])
            if table not in ordered:
                ordered.append(table)

    for table in found.values():
        add(table)
    return [table for table in ordered if "id" in table.columns]


def _table(name: str) -> Table:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a
                 LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                ORDER BY a.attnum""",
            [name],
        )
        columns = [row for row in cursor.fetchall() if row[0] not in LEFT_OUT]
        cursor.execute(
            """SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                WHERE c.contype = 'f' AND c.conrelid = %s::regclass""",
            [name],
        )
        foreign = dict(cursor.fetchall())
    clocked = {
        column
        for column, default in columns
        if default and re.search(r"timestamp\(\)|now\(\)", default.lower())
    }
    return Table(name, tuple(column for column, _ in columns), foreign, frozenset(clocked))


def last_ids(listed: Sequence[Table]) -> dict[str, int]:
    """The highest id of each table before a walk."""
    with connection.cursor() as cursor:
        found = {}
        for table in listed:
            cursor.execute(f'SELECT COALESCE(max(id), 0) FROM "{table.name}"')
            found[table.name] = int(cursor.fetchone()[0])
    return found


def harvest(walk: Walk, template: Template, listed: Sequence[Table], before: dict[str, int]) -> Template:
    """Read what the walk made and turn it into the template's lines."""
    rows = {table.name: _rows(table, before[table.name]) for table in listed}
    reader = _Reader(walk, template, listed, rows)
    for table in listed:
        for row in rows[table.name]:
            reader.read(table, row)
        if rows[table.name]:
            template.counts[table.name] = len(rows[table.name])
    return template


def _rows(table: Table, after: int) -> list[dict[str, str]]:
    columns = ", ".join(f'"{column}"' for column in table.columns)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        query = f'COPY (SELECT {columns} FROM "{table.name}" WHERE id > {after} ORDER BY id) TO STDOUT'
        with cursor.copy(query) as copy:
            text = b"".join(copy).decode()
    return [dict(zip(table.columns, line.split("\t"), strict=True)) for line in text.splitlines()]


class _Reader:
    """Finds the holes. Whole values first, then what stands inside longer texts."""

    def __init__(
        self, walk: Walk, template: Template, listed: Sequence[Table], rows: dict[str, list[dict[str, str]]]
    ) -> None:
        self.walk, self.template = walk, template
        self.row_offsets: list[int] = []
        self.fixed = _fixed(walk)
        self.received = [self._offset(row["received_at"]) for row in rows["detainers_detainer"]]
        self.numbers: dict[Slot, int] = {}
        self.ids = {name: {row["id"]: n for n, row in enumerate(found)} for name, found in rows.items()}
        self.keys = {row["public_id"]: n for n, row in enumerate(rows.get("keys_datakey", []))}
        self.literals = self._literals(rows)
        template.sex = rows["cases_person"][0]["sex"]
        template.charges = tuple(row["offence_class"] for row in rows["cases_charge"])
        self._binaries(rows)
        words = sorted(self.literals, key=len, reverse=True)
        known = "|".join(re.escape(word) for word in words)
        self.pattern = re.compile(f"({known}|{UUID}|{INSTANT}|{MARK}|{DAY})")
        self._contents()
        template.key_slots = [self._uuid(public_id) for public_id in self.keys]

    def slot(self, kind: str, of: Any = None, extra: Any = None) -> int:
        slot = Slot(kind, of, extra)
        if slot not in self.numbers:
            self.numbers[slot] = len(self.template.slots)
            self.template.slots.append(slot)
        return self.numbers[slot]

    # -- what is known before reading ---------------------------------------------------------------------------------
    def _literals(self, rows: dict[str, list[dict[str, str]]]) -> dict[str, Slot]:
        """Words that can only mean one thing wherever they stand."""
        walk, agency = self.walk, self.walk.jail.agency
        found: dict[str, Slot] = {
            SURNAME: Slot("surname"),
            GIVEN: Slot("given"),
            f"{SURNAME.upper()},{GIVEN.upper()}": Slot("wire_name"),
            walk.birth.isoformat(): Slot("birth"),
            str(agency.public_id): Slot("agency", "public_id"),
            agency.ori: Slot("agency", "ori"),
            agency.county: Slot("agency", "county"),
            FINGER_NUMBER: Slot("finger_number"),
        }
        found |= {word: Slot("charge_words", n) for n, word in enumerate(CHARGE_WORDS)}
        for name, actor in walk.jail.people.items():
            found |= {actor.id: Slot("agency", f"{name}.id"), actor.label: Slot("agency", f"{name}.label")}
        for n, row in enumerate(rows["cases_case"]):
            found[row["number"]] = Slot("number", n)
        for n, row in enumerate(rows["matching_submission"]):
            found[row["tcn"]] = Slot("tcn", n, self._offset(row["opened_at"]))
        for n, digest in enumerate(walk.identity_digests):
            found[digest] = Slot("identity", n)
        for n, (digest, _) in enumerate(walk.content_texts):
            found[digest] = Slot("content", n)
        return found

    def _binaries(self, rows: dict[str, list[dict[str, str]]]) -> None:
        """The plain bytes of documents and outgoing files: what they hold is rendered first, then digested and sealed."""
        secrets = envelope.secrets_of(
            [*DataKey.objects.filter(public_id__in=self.keys).values_list("public_id", flat=True)]
        )
        for table, column in sorted(SEALED):
            for n, row in enumerate(rows[table]):
                blob = bytes.fromhex(row[column].removeprefix("\\\\x"))
                context = f"{table}.{column}"
                key = cipher.key_id_of(blob)
                plain = cipher.open_sealed(
                    blob, secret=secrets[key], context=envelope.context_of(context, row["public_id"])
                )
                self._binary((table, n), plain)
        for n, sent in enumerate(
            Transmission.objects.filter(pk__in=map(int, self.ids["matching_transmission"])).order_by("pk")
        ):
            self._binary(("outgoing", n), sent.outgoing_bytes())

    def _binary(self, name: tuple[str, int], plain: bytes) -> None:
        """A file as text with holes, and where it says how long its Type-2 record is: the name in it has another length."""
        known = {word: slot for word, slot in self.literals.items() if word.isascii()}
        known[self.walk.birth.strftime("%Y%m%d")] = Slot("birth_compact")
        for moment in (self.walk.base, self.walk.begun):
            local = moment.astimezone(self.walk.jail.agency.zone).date()
            known.setdefault(local.strftime("%Y%m%d"), Slot("day_compact", self._seconds(moment)))
        text = plain.decode("latin-1")
        words = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
        form, slots, length = self._split(text, re.compile(f"({words}|{MARK})"), known)
        found = re.search(r"2\.001:(\d+)\x1d", text)
        self.template.binaries[name] = (form, slots, (found[0], int(found[1])) if found else None, length)
        self.literals[sha256(plain).hexdigest()] = Slot("sha256", name)

    def _split(
        self, text: str, pattern: re.Pattern[str], known: dict[str, Slot]
    ) -> tuple[str, tuple[int, ...], int]:
        """The text with holes, the holes, and how long the words were that stood there."""
        made, slots, length = [], [], 0
        for n, part in enumerate(pattern.split(text)):
            if n % 2 == 0:
                made.append(part.replace("%", "%%"))
            else:
                made.append("%s")
                called = made[-2].endswith(" of ") and bool(re.fullmatch(DAY, part))
                slots.append(self.slot(*known[part]) if part in known else self._hole(part, called=called))
                length += len(part)
        return "".join(made), tuple(slots), length

    def _contents(self) -> None:
        """The canonical texts whose digests bookings keep."""
        codes = "|".join(f'(?<="offence_code":"){code}' for code in CHARGE_CODES)
        known = {**self.literals, **{code: Slot("charge_code", n) for n, code in enumerate(CHARGE_CODES)}}
        words = "|".join(re.escape(word) for word in self.literals)
        for _, text in self.walk.content_texts:
            form, slots, _length = self._split(text, re.compile(f"({codes}|{words}|{INSTANT})"), known)
            self.template.contents.append((form, slots))

    def _mark(self, word: str) -> Slot:
        kind = word[2:].rstrip("0123456789")
        return Slot("mark", (kind, int(word[2 + len(kind) :])), len(word))

    # -- one row ------------------------------------------------------------------------------------------------------
    def read(self, table: Table, row: dict[str, str]) -> None:
        number = self.ids[table.name][row["id"]]
        self.row_offsets = [
            self._offset(text) for text in row.values() if re.fullmatch(MOMENT + r"\+00", text)
        ]
        made, slots = [], []
        for column in table.columns:
            text, holes = self._value(table, column, row, number)
            made.append(text)
            slots += holes
        self.template.lines.append(Line(table.name, "\t".join(made) + "\n", tuple(slots)))

    def _value(self, table: Table, column: str, row: dict[str, str], number: int) -> tuple[str, list[int]]:
        value = row[column]
        if value == "\\N":
            return value, []
        if column == "id":
            return "%s", [self.slot("id", table.name, number)]
        parent = table.foreign.get(column)
        if parent is not None:
            return self._foreign(parent, value)
        if (table.name, column) in SEALED:
            key = cipher.key_id_of(bytes.fromhex(value.removeprefix("\\\\x")))
            of = (self._uuid(row["public_id"]), self.keys[str(key)], f"{table.name}.{column}")
            return "%s", [self.slot("sealed", (table.name, number), of)]
        if table.name == "keys_datakey" and column == "wrapped":
            of = (self._uuid(row["public_id"]), row["purpose"], row["kek_id"])
            return "%s", [self.slot("wrapped", number, of)]
        if column == "size" and table.name == "cases_document":
            return "%s", [self.slot("size", (table.name, number))]
        if column == "blind" and table.name == "cases_personidentifier":
            return "%s", [self.slot("blind", (table.name, number), row["kind"])]
        if column == "outgoing_tail":
            return "%s", [self.slot("tail", number)]
        if column == "offence_code" and value in CHARGE_CODES:
            return "%s", [self.slot("charge_code", CHARGE_CODES.index(value))]
        if column in table.clocked and re.fullmatch(MOMENT + r"\+00", value):
            return "%s+00", [self.slot("instant", self._written_down(row, column))]
        return self._text(value)

    def _foreign(self, parent: str, value: str) -> tuple[str, list[int]]:
        if value in self.ids.get(parent, {}):
            return "%s", [self.slot("id", parent, self.ids[parent][value])]
        if parent == "accounts_agency" and value == str(self.walk.jail.agency.pk):
            return "%s", [self.slot("agency", "pk")]
        return value, []

    def _text(self, value: str) -> tuple[str, list[int]]:
        form, slots, _length = self._split(value, self.pattern, self.literals)
        return form, list(slots)

    def _hole(self, part: str, *, called: bool = False) -> int:
        if part in self.literals:
            return self.slot(*self.literals[part])
        if re.fullmatch(UUID, part):
            return self._uuid(part)
        if re.fullmatch(MOMENT, part):
            return self.slot("instant", self._offset(part))
        if part.startswith("ZQ"):
            return self.slot(*self._mark(part))
        day = date.fromisoformat(part)
        for received in self.received if called else ():
            if (self.walk.base + timedelta(seconds=received)).date() == day:
                return self.slot(
                    "day", received, "UTC"
                )  # a detainer is called after the UTC day of its receipt
        return self.slot("day", self._day_offset(day))

    def _uuid(self, text: str) -> int:
        return self.slot("fixed", text) if text in self.fixed else self.slot("uuid", text)

    # -- instants -----------------------------------------------------------------------------------------------------
    def _seconds(self, moment: datetime) -> int:
        """Seconds after the booking; what a clock gave is counted from the beginning of the walk."""
        if moment.microsecond:
            return round((moment - self.walk.begun).total_seconds()) + LAG_SECONDS
        return round((moment - self.walk.base).total_seconds())

    def _offset(self, text: str) -> int:
        return self._seconds(datetime.fromisoformat(text.removesuffix("+00")).replace(tzinfo=UTC))

    def _written_down(self, row: dict[str, str], column: str) -> int:
        for name in HAPPENED:
            if name != column and row.get(name, "\\N") != "\\N":
                return self._offset(row[name]) + LAG_SECONDS
        return self._offset(row[column])

    def _day_offset(self, day: date) -> int:
        """Seconds to an instant whose local day is this day: one of the same row if there is one, else whole days."""
        zone = self.walk.jail.agency.zone
        for offset in self.row_offsets:
            if (self.walk.base + timedelta(seconds=offset)).astimezone(zone).date() == day:
                return offset
        return (day - self.walk.base.astimezone(zone).date()).days * 86400


def _fixed(walk: Walk) -> frozenset[str]:
    """Ids that are the same in every copy: people and bodies that are not of one jail."""
    bodies = {str(walk.world.watch.public_id), str(walk.state.bureau.public_id)}
    return frozenset(
        {walk.world.reviewer.id, *bodies, *(actor.id for actor in walk.state.examiners.values())}
    )
