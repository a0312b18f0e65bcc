"""Strict reader of the traditional (tagged and binary) ANSI/NIST-ITL encoding.

Reading is linear in the size of the file and bounded by `limits`. What is received is never written again
from what was parsed: records keep their place in the received bytes.
"""

import re
from collections.abc import Iterator
from typing import NoReturn

from matching.formats import limits
from matching.formats.ebts_table import mnemonic
from matching.formats.errors import FieldProblem, UnreadableEft
from matching.formats.records import (
    BINARY_TYPES,
    DATA_FIELD,
    DATA_TYPES,
    TAGGED_TYPES,
    BinaryRecord,
    Field,
    Record,
    TaggedRecord,
    Transaction,
)
from matching.formats.writer import write

__all__ = ["read", "write"]

_TAG = re.compile(rb"(\d{1,3})\.(\d{1,5}):")
_CONTROL = re.compile(rb"[\x00-\x1d\x7f]")
_LINE_BREAKS = re.compile(rb"[\r\n]")
_RAP_SHEET = (2, 75)
_UTF8_INDEX = 3
_MUST_BE_CLEAN = frozenset({1, 2})
_MINUTIAE = 9  # Type-9 lists a line per minutia and per ridge count, so only the item limit holds there


def read(content: bytes) -> Transaction:
    """Take a transaction apart; raises UnreadableEft with every problem found."""
    return _Reader(content).read()


def _name(record_type: int, number: int) -> tuple[str, str]:
    return f"{record_type}.{number:03d}", mnemonic(record_type, number)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.problems: list[FieldProblem] = []
        self.notes: list[FieldProblem] = []
        self.items = 0
        self.is_utf8 = False

    def read(self) -> Transaction:
        if not self.content:
            self._stop(1, 1, "structure", "The file is empty; send the EFT file again.")
        if len(self.content) > limits.MAX_FILE_BYTES:
            megabytes = limits.MAX_FILE_BYTES // (1024 * 1024)
            self._stop(1, 1, "limit", f"The file is larger than {megabytes} MB; send one booking per file.")
        header = self._tagged(1, None, 0)
        entries = list(self._contents(header))
        self.is_utf8 = _names_utf8(header)
        records: list[Record] = [header]
        offset = header.end
        for place, (record_type, idc) in enumerate(entries, start=2):
            record = self._record(record_type, idc, offset, place)
            records.append(record)
            offset = record.end
        if offset != len(self.content):
            extra = f"{len(self.content) - offset} bytes follow the last record that 1.003 CNT announces"
            self._stop(1, 3, "structure", f"{extra}; list every record in CNT or remove the bytes.")
        if self.problems:
            raise UnreadableEft(self.problems)
        notes = tuple(self.notes[: limits.MAX_PROBLEMS])
        return Transaction(self.content, tuple(records), notes, self.is_utf8)

    # Records

    def _record(self, record_type: int, idc: int, offset: int, place: int) -> Record:
        if offset >= len(self.content):
            wrong = f"The file ends before record {place} (Type-{record_type})"
            self._stop(record_type, 1, "structure", f"{wrong}; it was cut short, send it again.")
        if record_type in BINARY_TYPES:
            return self._binary(record_type, idc, offset)
        return self._tagged(record_type, idc, offset)

    def _binary(self, record_type: int, idc: int, offset: int) -> BinaryRecord:
        length = int.from_bytes(self.content[offset : offset + 4], "big")
        if length < limits.MIN_BINARY_BYTES:
            self._stop_length(
                record_type, f"is below {limits.MIN_BINARY_BYTES}, the least a binary record has"
            )
        end = offset + length
        if end > len(self.content):
            self._stop_short(record_type)
        if self.content[offset + 4] != idc:
            self._stop_other_idc(record_type)
        return BinaryRecord(record_type, idc, self.content, offset, end)

    def _tagged(self, record_type: int, idc: int | None, offset: int) -> TaggedRecord:
        end = self._end_of_tagged(record_type, offset)
        fields: list[Field] = []
        seen: set[int] = set()
        data_start: int | None = None
        for number, start, stop in self._split(record_type, offset, end):
            if number in seen:
                self._add(record_type, number, "structure", "appears twice in one record; keep one of them.")
                continue
            seen.add(number)
            if number == DATA_FIELD and record_type in DATA_TYPES:
                data_start = start
            else:
                fields.append(Field(record_type, number, self._text(record_type, number, start, stop)))
        record = TaggedRecord(record_type, idc, tuple(fields), self.content, offset, end, data_start)
        if idc is not None:
            self._check_idc(record, idc)
        return record

    def _end_of_tagged(self, record_type: int, offset: int) -> int:
        match = _TAG.match(self.content, offset)
        if match is None or int(match[1]) != record_type or int(match[2]) != 1:
            if record_type == 1:
                self._stop(
                    1, 1, "structure", "The file does not start with field 1.001; it is not an EFT file."
                )
            wrong = f"1.003 CNT announces a Type-{record_type} record where another record starts"
            self._stop(record_type, 1, "structure", f"{wrong}; list the records in the order of the file.")
        digits = self.content[match.end() : match.end() + limits.MAX_LENGTH_DIGITS + 1]
        text = digits.partition(b"\x1d")[0].partition(b"\x1c")[0]
        if not text.isdigit() or len(text) > limits.MAX_LENGTH_DIGITS:
            self._stop_length(record_type, f"must be 1 to {limits.MAX_LENGTH_DIGITS} digits")
        end = offset + int(text)
        if end > len(self.content):
            self._stop_short(record_type)
        if end <= match.end() + len(text) or self.content[end - 1] != 0x1C:
            self._stop_length(record_type, "does not lead to the end of its record")
        return end

    # Fields

    def _split(self, record_type: int, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield number, start and stop of each value, walking separators only outside field 999."""
        content, position, count = self.content, offset, 0
        while position < end:
            match = _TAG.match(content, position, end)
            if match is None or int(match[1]) != record_type:
                wrong = f"A field of the Type-{record_type} record does not start with its tag"
                self._stop(record_type, 1, "structure", f"{wrong}; put GS between fields and FS at the end.")
            count += 1
            if count > limits.MAX_FIELDS:
                wrong = f"The Type-{record_type} record has more than {limits.MAX_FIELDS} fields"
                self._stop(record_type, 1, "limit", f"{wrong}; remove those not defined.")
            number = int(match[2])
            if number == DATA_FIELD and record_type in DATA_TYPES:
                yield number, match.end(), end - 1
                return
            stop = content.find(b"\x1d", match.end(), end - 1)
            stop = end - 1 if stop < 0 else stop
            yield number, match.end(), stop
            position = stop + 1

    def _text(self, record_type: int, number: int, start: int, stop: int) -> str:
        if stop - start > limits.MAX_TEXT_BYTES:
            self._stop_field(record_type, number, "is longer than 1 MB; shorten it.")
        value = self.content[start:stop]
        self.items += value.count(b"\x1f") + value.count(b"\x1e")
        if record_type != _MINUTIAE and value.count(b"\x1e") >= limits.MAX_SUBFIELDS:
            self._stop_field(
                record_type, number, f"has more than {limits.MAX_SUBFIELDS} occurrences; send fewer."
            )
        if self.items > limits.MAX_ITEMS:
            self._stop_field(
                record_type, number, f"brings the file above {limits.MAX_ITEMS} items; send fewer."
            )
        cleaned = _LINE_BREAKS.sub(b" ", value) if (record_type, number) == _RAP_SHEET else value
        if _CONTROL.search(cleaned):
            self._complain(record_type, number, "holds a control character; retype the field without it.")
        try:
            return value.decode("utf-8" if self.is_utf8 else "ascii")
        except UnicodeDecodeError:
            wanted = "is not valid UTF-8" if self.is_utf8 else "holds letters outside 7-bit ASCII"
            self._complain(record_type, number, f"{wanted}; use plain letters or declare UTF-8 in 1.015 DCS.")
            return value.decode("latin-1")

    def _check_idc(self, record: TaggedRecord, idc: int) -> None:
        text = record.text(2)
        if text is None or not text.isdigit() or len(text) > 2 or int(text) != idc:
            self._stop_other_idc(record.type)

    def _contents(self, header: TaggedRecord) -> Iterator[tuple[int, int]]:
        """Read 1.003 CNT: how many records follow, and the type and IDC of each, in order."""
        cnt = header.get(3)
        if cnt is None:
            self._stop(1, 3, "missing", "1.003 CNT is missing; list the records of the file in it.")
        first, *rest = cnt.subfields
        if len(rest) > limits.MAX_RECORDS:
            self._stop(1, 3, "limit", f"1.003 CNT lists more than {limits.MAX_RECORDS} records; send fewer.")
        if len(first) != 2 or first[0] != "1" or _small(first[1]) != len(rest):
            wrong = "1.003 CNT must start with '1' and the number of records that follow"
            self._stop(1, 3, "structure", f"{wrong}; correct the count.")
        for entry in rest:
            kind = _small(entry[0])
            idc = _small(entry[1]) if len(entry) == 2 else None
            if kind is None or idc is None:
                wrong = "1.003 CNT has an entry that is not a record type and an IDC"
                self._stop(1, 3, "structure", f"{wrong}; write each as type, US and two digits.")
            if kind == 1 or kind not in TAGGED_TYPES | BINARY_TYPES:
                wrong = f"1.003 CNT lists a record of Type-{kind}, which is not defined"
                self._stop(1, 3, "unsupported", f"{wrong}; leave that record out.")
            yield kind, idc

    # Problems

    def _sentence(self, record_type: int, number: int, text: str) -> str:
        return f"{' '.join(_name(record_type, number)).rstrip()} {text}"

    def _add(self, record_type: int, number: int, code: str, text: str) -> None:
        if len(self.problems) < limits.MAX_PROBLEMS:
            tag, short = _name(record_type, number)
            self.problems.append(FieldProblem(tag, short, self._sentence(record_type, number, text), code))

    def _complain(self, record_type: int, number: int, text: str) -> None:
        """Refuse odd characters where we read the record; note them where we only pass it on."""
        if record_type in _MUST_BE_CLEAN:
            self._add(record_type, number, "characters", text)
        elif len(self.notes) < limits.MAX_PROBLEMS:
            tag, short = _name(record_type, number)
            message = self._sentence(record_type, number, text)
            self.notes.append(FieldProblem(tag, short, message, "characters"))

    def _stop(self, record_type: int, number: int, code: str, message: str) -> NoReturn:
        tag, short = _name(record_type, number)
        raise UnreadableEft([*self.problems, FieldProblem(tag, short, message, code)])

    def _stop_length(self, record_type: int, wrong: str) -> NoReturn:
        advice = "count every byte of the record, separators included"
        self._stop(record_type, 1, "structure", f"{record_type}.001 LEN {wrong}; {advice}.")

    def _stop_short(self, record_type: int) -> NoReturn:
        wrong = f"{record_type}.001 LEN is larger than what is left of the file"
        self._stop(record_type, 1, "structure", f"{wrong}; it was cut short, send it again.")

    def _stop_field(self, record_type: int, number: int, text: str) -> NoReturn:
        self._stop(record_type, number, "limit", self._sentence(record_type, number, text))

    def _stop_other_idc(self, record_type: int) -> NoReturn:
        wrong = f"{record_type}.002 IDC differs from the one 1.003 CNT announces"
        self._stop(record_type, 2, "contradiction", f"{wrong}; make both the same.")


def _small(text: str) -> int | None:
    return int(text) if 1 <= len(text) <= 2 and text.isascii() and text.isdigit() else None


def _names_utf8(header: TaggedRecord) -> bool:
    return any(_small(text.lstrip("0")) == _UTF8_INDEX for text in header.texts(15))
