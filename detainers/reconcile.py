"""A federal list of detainers beside the register of one jail. Pure: rows in, what agrees and what does not out.

The columns are those of ICE's detainer table as released under FOIA, with `detainer_date`, `facility` and `event_number`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

MOST_ROWS: Final = 20_000
NEAR: Final = timedelta(days=3)
"""How far the receipt may lie after the date of the list, where the form gives no date."""
DATE_COLUMNS: Final = ("detainer_date", "detainer_prepare_date")
FACILITY_COLUMNS: Final = ("facility", "detention_facility_code")
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_US: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Kind(StrEnum):
    """What the comparison says of one detainer."""

    MATCHED = "matched"
    ONLY_THEIRS = "only_theirs"
    ONLY_OURS = "only_ours"
    DIFFERENT = "different"
    UNREADABLE = "unreadable"


class ListError(ValueError):
    """The file is no such list; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """One row of the federal list. `line` is its line in the file, the header being line 1."""

    line: int
    on: date
    facility: str = ""
    event_number: str = ""
    birth_year: int | None = None
    sex: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """One detainer of the register. `dated` is the date on the form, `received_on` the day of receipt here."""

    key: int
    dated: date | None
    received_on: date
    event_number: str = ""
    birth_year: int | None = None
    sex: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A list as it was read: its rows, what could not be read by line, and columns that nobody knows."""

    rows: tuple[Theirs, ...]
    wrong: tuple[tuple[int, str], ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One outcome: the row, the detainer, and the names of the fields in which they differ."""

    kind: Kind
    theirs: Theirs | None = None
    ours: Ours | None = None
    fields: tuple[str, ...] = ()
    line: int | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything at once. `elsewhere` counts rows of other facilities, which are left alone."""

    found: tuple[Found, ...]
    elsewhere: int = 0
    first: date | None = None
    last: date | None = None
    counts: Counter[str] = field(default_factory=Counter)


def read(content: bytes, *, known: Iterable[str] = ()) -> Read:
    """The rows of a CSV file. A row that cannot be read is told by its line and the others go on. Raises ListError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListError("The file is not UTF-8 text. Save it as 'CSV UTF-8' and send it again.") from None
    reader = csv.reader(io.StringIO(text))
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
    except csv.Error as error:
        raise ListError(f"The file is no CSV: {error}.") from None
    if not set(header) & set(DATE_COLUMNS):
        raise ListError(
            f"Line 1 names no column {DATE_COLUMNS[0]} (or {DATE_COLUMNS[1]}). The first line must name the columns."
        )
    rows: list[Theirs] = []
    wrong: list[tuple[int, str]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                _take(
                    dict(zip(header, cells, strict=False)),
                    len(cells),
                    len(header),
                    reader.line_num,
                    rows,
                    wrong,
                )
            if len(rows) + len(wrong) > MOST_ROWS:
                raise ListError(f"The file has more than {MOST_ROWS} rows. Send it in parts.")
    except csv.Error as error:
        wrong.append((reader.line_num, f"The line is no CSV ({error}); what follows it was not read."))
    every = {*DATE_COLUMNS, *FACILITY_COLUMNS, "event_number", "birth_year", "birth_date", "gender", *known}
    return Read(tuple(rows), tuple(wrong), tuple(name for name in header if name and name not in every))


def _take(
    cells: dict[str, str], has: int, wants: int, line: int, rows: list[Theirs], wrong: list[tuple[int, str]]
) -> None:
    if has > wants:
        wrong.append((line, f"The line has {has} cells and the header {wants}."))
        return
    text = next((cells[name].strip() for name in DATE_COLUMNS if cells.get(name, "").strip()), "")
    on = day(text)
    if on is None:
        said = f"'{text[:20]}' is no date; write it as 2026-03-19." if text else "The date is empty."
        wrong.append((line, said))
        return
    rows.append(
        Theirs(
            line=line,
            on=on,
            facility=next((cells[n].strip() for n in FACILITY_COLUMNS if cells.get(n, "").strip()), ""),
            event_number=cells.get("event_number", "").strip(),
            birth_year=_year(cells.get("birth_year", "") or cells.get("birth_date", "")),
            sex=cells.get("gender", "").strip()[:1].upper(),
        )
    )


def day(text: str) -> date | None:
    """A date as 2026-03-19 or 3/19/2026, with or without a time after it; None for anything else."""
    iso, us = _ISO.match(text), _US.match(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        return date(int(us[3]), int(us[1]), int(us[2])) if us else None
    except ValueError:
        return None


def _year(text: str) -> int | None:
    found = re.search(r"\b(1[89]|20)\d{2}\b", text)
    return int(found[0]) if found else None


def compare(read_list: Read, ours: Sequence[Ours], *, facility: str) -> Comparison:
    """What agrees and what does not. 1. Rows of other facilities are left alone. 2. The event number matches. 3. Else the
    date and the year of birth, where only one of each side fits. 4. The rest is only theirs, or only ours in their period.
    """
    here = [row for row in read_list.rows if _is_here(row, facility)]
    found = [Found(Kind.UNREADABLE, line=line, sentence=sentence) for line, sentence in read_list.wrong]
    left = {item.key: item for item in ours}
    rest: list[Theirs] = []
    by_number = {_plain(item.event_number): item for item in ours if item.event_number}
    for row in here:
        item = by_number.get(_plain(row.event_number)) if row.event_number else None
        if item is not None and item.key in left:
            del left[item.key]
            found.append(_pair(row, item))
        else:
            rest.append(row)
    for row in rest:
        fits = [item for item in left.values() if _fits(row, item)]
        rivals = [other for other in rest if fits and _fits(other, fits[0])]
        if len(fits) == 1 and len(rivals) == 1:
            del left[fits[0].key]
            found.append(_pair(row, fits[0]))
        else:
            found.append(Found(Kind.ONLY_THEIRS, theirs=row, line=row.line))
    first = min((row.on for row in here), default=None)
    last = max((row.on for row in here), default=None)
    if first is not None and last is not None:
        inside = (item for item in left.values() if first <= (item.dated or item.received_on) <= last)
        found += [Found(Kind.ONLY_OURS, ours=item) for item in inside]
    counts = Counter(item.kind.value for item in found)
    return Comparison(tuple(found), len(read_list.rows) - len(here), first, last, counts)


def _is_here(row: Theirs, facility: str) -> bool:
    """By its code; a row without one, in a list for one jail, is taken as this jail's."""
    return not row.facility or row.facility.casefold() == facility.casefold()


def _fits(row: Theirs, item: Ours) -> bool:
    if row.event_number and item.event_number:
        return False
    near = item.dated == row.on if item.dated else row.on <= item.received_on <= row.on + NEAR
    return near and (row.birth_year is None or row.birth_year == item.birth_year)


def _pair(row: Theirs, item: Ours) -> Found:
    fields = []
    if item.dated is not None and item.dated != row.on:
        fields.append("date")
    if row.birth_year is not None and item.birth_year is not None and row.birth_year != item.birth_year:
        fields.append("birth_year")
    if {row.sex, item.sex} == {"F", "M"}:
        fields.append("sex")
    kind = Kind.DIFFERENT if fields else Kind.MATCHED
    return Found(kind, theirs=row, ours=item, fields=tuple(fields), line=row.line)


def _plain(number: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", number.upper())
