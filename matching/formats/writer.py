"""Writer of the traditional ANSI/NIST-ITL encoding; it refuses what would change the structure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matching.formats.ebts_table import mnemonic
from matching.formats.errors import FieldProblem, UnwritableEft
from matching.formats.limits import MAX_RECORDS
from matching.formats.records import DATA_FIELD, FS, GS, RS, US

Value = str | Sequence[Sequence[str]]
_RAP_SHEET = (2, 75)
_UTF8_INDEX = "003"


@dataclass(frozen=True, slots=True)
class TaggedOut:
    """A tagged record to be built; LEN and IDC are written by us."""

    type: int
    idc: int
    fields: Mapping[int, Value] = field(repr=False)
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RawOut:
    """A record whose bytes are passed on untouched."""

    type: int
    idc: int
    raw: bytes = field(repr=False)


def write(header: Mapping[int, Value], records: Sequence[TaggedOut | RawOut]) -> bytes:
    """Build a file from Type-1 fields (LEN and CNT are ours) and records.

    Raises UnwritableEft for a control character, for a letter outside ASCII unless 1.015 DCS declares UTF-8,
    and for more records than the format's readers accept.
    """
    if len(records) > MAX_RECORDS:
        message = f"1.003 CNT can list at most {MAX_RECORDS} records; send fewer images."
        raise UnwritableEft([FieldProblem("1.003", "CNT", message, "limit")])
    is_utf8 = _declares_utf8(header)
    count: list[list[str]] = [["1", str(len(records))]]
    count.extend([str(record.type), f"{record.idc:02d}"] for record in records)
    parts = [_tagged(1, {**header, 3: count}, None, is_utf8)]
    for record in records:
        if isinstance(record, RawOut):
            parts.append(record.raw)
        else:
            fields: dict[int, Value] = {2: f"{record.idc:02d}", **record.fields}
            parts.append(_tagged(record.type, fields, record.data, is_utf8))
    return b"".join(parts)


def pack_grey_print(
    *, idc: int, impression: int, position: int, width: int, height: int, compression: int, data: bytes
) -> RawOut:
    """A Type-4 record at the minimum resolution of 500 ppi, its image bytes as they are."""
    fixed = bytes([idc, impression, position, 255, 255, 255, 255, 255, 0])
    fixed += width.to_bytes(2, "big") + height.to_bytes(2, "big") + bytes([compression])
    length = 4 + len(fixed) + len(data)
    return RawOut(4, idc, length.to_bytes(4, "big") + fixed + data)


def _tagged(record_type: int, fields: Mapping[int, Value], data: bytes | None, is_utf8: bool) -> bytes:
    parts = [
        f"{record_type}.{number:03d}:".encode() + _encode(record_type, number, fields[number], is_utf8)
        for number in sorted(fields)
        if number != 1
    ]
    if data is not None:
        parts.append(f"{record_type}.{DATA_FIELD}:".encode() + data)
    body = GS.encode().join(parts) + FS.encode()
    prefix = f"{record_type}.001:".encode()
    # LEN counts its own digits: widen until the number fits the width it was computed for.
    fixed = len(prefix) + len(GS) + len(body)
    digits = 1
    while len(str(fixed + digits)) != digits:
        digits += 1
    return prefix + str(fixed + digits).encode() + GS.encode() + body


def _encode(record_type: int, number: int, value: Value, is_utf8: bool) -> bytes:
    occurrences = [[value]] if isinstance(value, str) else value
    for items in occurrences:
        for text in items:
            _check(record_type, number, text, is_utf8)
    return RS.join(US.join(items) for items in occurrences).encode("utf-8" if is_utf8 else "ascii")


def _check(record_type: int, number: int, text: str, is_utf8: bool) -> None:
    allowed = "\r\n" if (record_type, number) == _RAP_SHEET else ""
    for char in text:
        code = ord(char)
        if (code < 0x20 and char not in allowed) or code == 0x7F or 0xD800 <= code <= 0xDFFF:
            raise _refusal(record_type, number, "must not hold a control character; retype it without")
        if code > 0x7E and not is_utf8:
            raise _refusal(
                record_type, number, "can hold 7-bit ASCII only; write the name with plain letters"
            )


def _refusal(record_type: int, number: int, text: str) -> UnwritableEft:
    tag, short = f"{record_type}.{number:03d}", mnemonic(record_type, number)
    return UnwritableEft([FieldProblem(tag, short, f"{f'{tag} {short}'.rstrip()} {text}.", "characters")])


def _declares_utf8(header: Mapping[int, Value]) -> bool:
    value = header.get(15, "")
    occurrences = [[value]] if isinstance(value, str) else value
    return any(items and items[0] == _UTF8_INDEX for items in occurrences)
