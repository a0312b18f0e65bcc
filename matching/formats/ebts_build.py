"""Builds criminal booking transactions, and the outgoing form of one that a jail handed in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Protocol

from matching.formats import itl
from matching.formats.names import wire_name
from matching.formats.prints import PrintImage, print_record
from matching.formats.records import Record, TaggedRecord, Transaction
from matching.formats.tcn import refuse_bad_tcn
from matching.formats.writer import RawOut, TaggedOut, Value, write

VERSION = "0500"
DOMAIN = (("NORAM", "EBTS 10.0"),)
RESOLUTION, NO_RESOLUTION = "19.69", "00.00"
URGENT_CRIMINAL = "2"
UNKNOWN_DATE = "00000000"


class Charge(Protocol):
    """A charge as 2.047 ASL carries it."""

    @property
    def date(self) -> date | None: ...
    @property
    def text(self) -> str: ...


def header_fields(
    *, tot: str, tcn: str, ori: str, dai: str, at: datetime, has_binary: bool
) -> dict[int, Value]:
    """The Type-1 fields of a file we write. `at` is an aware instant; DAT is its own local date."""
    resolution = RESOLUTION if has_binary else NO_RESOLUTION
    return {
        2: VERSION, 4: tot, 5: f"{at:%Y%m%d}", 7: dai, 8: ori, 9: tcn, 11: resolution, 12: resolution,
        13: DOMAIN, 14: f"{at.astimezone(UTC):%Y%m%d%H%M%S}Z",
    }  # fmt: skip


def build_car(
    *,
    tcn: str,
    ori: str,
    dai: str,
    cri: str,
    at: datetime,
    surname: str,
    given_names: str,
    dob: date | None,
    sex: str,
    doa: date,
    arrests: Sequence[Charge],
    prints: Sequence[PrintImage],
    pob: str = "YY",
    race: str = "U",
    height: str = "000",
    weight: str = "000",
    eyes: str = "XXX",
    hair: str = "XXX",
    oca: str | None = None,
    ndr: Sequence[int] = (),
    amputations: Sequence[tuple[int, str]] = (),
    is_retained: bool = True,
    is_treated_as_adult: bool = False,
    tot: str = "CAR",
) -> bytes:
    """A criminal ten-print submission; each print goes into the record type that it names (4 or 14).

    Raises UnwritableEft when a value cannot be carried. Names are folded for the wire.
    """
    refuse_bad_tcn(tcn)
    fields: dict[int, Value] = {
        5: "Y" if is_retained else "N", 18: wire_name(surname, given_names), 20: pob, 24: sex, 25: race,
        22: f"{dob:%Y%m%d}" if dob else UNKNOWN_DATE, 27: height, 29: weight, 31: eyes, 32: hair,
        45: f"{doa:%Y%m%d}", 47: _charges(arrests), 73: cri,
    }  # fmt: skip
    fields |= _where_given(tot, oca, ndr, amputations, is_treated_as_adult=is_treated_as_adult)
    images = [print_record(image, idc, source=ori, captured=doa) for idc, image in enumerate(prints, start=1)]
    has_binary = any(image.record_type == 4 for image in prints)
    header = header_fields(tot=tot, tcn=tcn, ori=ori, dai=dai, at=at, has_binary=has_binary)
    return write({**header, 6: URGENT_CRIMINAL}, [TaggedOut(2, 0, fields), *images])


def _charges(arrests: Sequence[Charge]) -> list[list[str]]:
    return [[f"{charge.date:%Y%m%d}" if charge.date else "", charge.text] for charge in arrests]


def _where_given(
    tot: str,
    oca: str | None,
    ndr: Sequence[int],
    amputations: Sequence[tuple[int, str]],
    *,
    is_treated_as_adult: bool,
) -> dict[int, Value]:
    """The fields of Type-2 that a transaction may go without."""
    fields: dict[int, Value] = {} if tot == "CNA" else {70: "Y"}
    if oca is not None:
        fields[9] = oca
    if ndr:
        fields[98] = [[str(code)] for code in ndr]
    if amputations:
        fields[84] = [[f"{position:02d}", code] for position, code in amputations]
    if is_treated_as_adult:
        fields[87] = "Y"
    return fields


def with_tcn(
    content: bytes,
    *,
    tcn: str,
    dai: str,
    ori: str,
    at: datetime | None = None,
    ndr: Sequence[int] | None = None,
    transaction: Transaction | None = None,
) -> bytes:
    """The outgoing transaction of a booking file: our TCN and addresses in front, the records untouched.

    Image bytes are never written again. The Type-2 record changes only where `ndr` says which repositories to
    search (an empty sequence removes 2.098). `at` sets the date and instant of sending. A file that already
    carries the wanted values gives the same records byte for byte. `transaction` is `content` as read before, to spare the
    reading. Raises EftError.
    """
    refuse_bad_tcn(tcn)
    transaction = transaction or itl.read(content)
    fields: dict[int, Value] = {
        item.number: item.subfields for item in transaction.header.fields if item.number not in (1, 3, 10)
    }
    fields.update({7: dai, 8: ori, 9: tcn})
    if at is not None:
        fields.update({5: f"{at:%Y%m%d}", 14: f"{at.astimezone(UTC):%Y%m%d%H%M%S}Z"})
    return write(fields, [_outgoing(record, ndr) for record in transaction.records[1:]])


def _outgoing(record: Record, ndr: Sequence[int] | None) -> TaggedOut | RawOut:
    idc = record.idc or 0
    if not isinstance(record, TaggedRecord) or record.type != 2 or ndr is None:
        return RawOut(record.type, idc, record.raw)
    wanted = tuple((str(code),) for code in ndr)
    present = record.get(98)
    if (present.subfields if present else ()) == wanted:
        return RawOut(2, idc, record.raw)
    fields: dict[int, Value] = {
        item.number: item.subfields for item in record.fields if item.number not in (1, 2, 98)
    }
    if wanted:
        fields[98] = wanted
    return TaggedOut(2, idc, fields)
