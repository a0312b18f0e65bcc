"""The parts of an ANSI/NIST-ITL transaction as frozen values over the received bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from matching.formats.errors import FieldProblem

FS, GS, RS, US = "\x1c", "\x1d", "\x1e", "\x1f"
BINARY_TYPES = frozenset(range(3, 9))
TAGGED_TYPES = frozenset({1, 2, *range(9, 23), 98, 99})
# Tagged records whose field 999 holds raw bytes up to the end of the record.
DATA_TYPES = frozenset({10, *range(13, 23), 98, 99})
DATA_FIELD = 999
TYPE_4_HEADER = 18


@dataclass(frozen=True, slots=True)
class Field:
    """One tagged field. `value` is the text between the separators, kept out of every repr."""

    record_type: int
    number: int
    value: str = field(repr=False)

    @property
    def tag(self) -> str:
        return f"{self.record_type}.{self.number:03d}"

    @property
    def subfields(self) -> tuple[tuple[str, ...], ...]:
        """Always a tuple of occurrences, each a tuple of items, whatever the contents."""
        return tuple(tuple(part.split(US)) for part in self.value.split(RS))


@dataclass(frozen=True, slots=True)
class TaggedRecord:
    """A record of tagged fields; `data` is the raw content of field 999, None where there is none."""

    type: int
    idc: int | None
    fields: tuple[Field, ...]
    source: bytes = field(repr=False)
    start: int
    end: int
    data_start: int | None = None

    def get(self, number: int) -> Field | None:
        for item in self.fields:
            if item.number == number:
                return item
        return None

    def text(self, number: int) -> str | None:
        """The first item of the first occurrence, None where the field is absent."""
        found = self.get(number)
        return None if found is None else found.value.partition(RS)[0].partition(US)[0]

    def texts(self, number: int) -> tuple[str, ...]:
        """The first item of every occurrence."""
        found = self.get(number)
        return () if found is None else tuple(items[0] for items in found.subfields)

    @property
    def raw(self) -> bytes:
        return self.source[self.start : self.end]

    @property
    def data(self) -> bytes | None:
        return None if self.data_start is None else self.source[self.data_start : self.end - 1]


@dataclass(frozen=True, slots=True)
class BinaryRecord:
    """A record of Types 3 to 8: length, image designation, then fixed bytes."""

    type: int
    idc: int
    source: bytes = field(repr=False)
    start: int
    end: int

    @property
    def raw(self) -> bytes:
        return self.source[self.start : self.end]


@dataclass(frozen=True, slots=True)
class GreyPrint:
    """The fixed fields of a Type-4 record (8-bit grey print)."""

    idc: int
    impression: int
    positions: tuple[int, ...]
    scanning_resolution: int
    width: int
    height: int
    compression: int
    data: bytes = field(repr=False)


Record = TaggedRecord | BinaryRecord


@dataclass(frozen=True, slots=True)
class Transaction:
    """A whole file. `notes` are oddities in records this product does not read."""

    content: bytes = field(repr=False)
    records: tuple[Record, ...]
    notes: tuple[FieldProblem, ...] = ()
    is_utf8: bool = False

    @property
    def header(self) -> TaggedRecord:
        """The Type-1 record."""
        first = self.records[0]
        if not isinstance(first, TaggedRecord):
            raise TypeError("a transaction starts with its Type-1 record")
        return first

    def tagged(self, record_type: int) -> Iterator[TaggedRecord]:
        for record in self.records:
            if isinstance(record, TaggedRecord) and record.type == record_type:
                yield record

    def binary(self, record_type: int) -> Iterator[BinaryRecord]:
        for record in self.records:
            if isinstance(record, BinaryRecord) and record.type == record_type:
                yield record


def read_grey_print(record: BinaryRecord) -> GreyPrint:
    """Unpack a Type-4 record; the reader has made sure that it holds its eighteen fixed bytes."""
    head = record.source[record.start : record.start + TYPE_4_HEADER]
    return GreyPrint(
        idc=record.idc,
        impression=head[5],
        positions=tuple(position for position in head[6:12] if position != 255),
        scanning_resolution=head[12],
        width=int.from_bytes(head[13:15], "big"),
        height=int.from_bytes(head[15:17], "big"),
        compression=head[17],
        data=record.source[record.start + TYPE_4_HEADER : record.end],
    )
