"""The criminal booking transaction of EBTS: what a valid one is, and what we read from it.

`validate_booking_eft` looks at everything before it refuses, so that a clerk mends a file once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from matching.formats import itl
from matching.formats.ebts_build import build_car, with_tcn
from matching.formats.ebts_check import UNKNOWN_DATE, check_field, problem, read_date
from matching.formats.ebts_table import (
    BOOKING_TYPES,
    CIVIL_TYPES,
    RULES_1,
    RULES_2,
    SENSITIVE,
    STATE_CODES,
    TYPE_1,
    TYPE_2,
    use_in,
)
from matching.formats.errors import EftError, FieldProblem, RefusedEft
from matching.formats.limits import MAX_PROBLEMS
from matching.formats.names import fold_name, wire_name
from matching.formats.prints import PrintImage, prints_digest, read_amputations, read_prints
from matching.formats.records import TaggedRecord, Transaction

__all__ = [
    "ArrestCharge",
    "BookingEft",
    "EftError",
    "PrintImage",
    "build_car",
    "fold_name",
    "validate_booking_eft",
    "wire_name",
    "with_tcn",
]

_FILE_CONTENT = 3  # 1.003 CNT, checked by the reader
_VERSIONS_10 = frozenset({"0500", "0501", "0502"})
_MOST_PRINTS = 14
_ALLOWED_LEAD = timedelta(days=1)  # DAT is the sender's local date


@dataclass(frozen=True, slots=True)
class ArrestCharge:
    """One occurrence of 2.047 ASL: the day of the offence where given, and the wording of the charge."""

    date: date | None
    text: str


@dataclass(frozen=True, slots=True)
class BookingEft:
    """What a booking's criminal ten-print transaction says. Nothing of it appears in a repr."""

    tot: str
    version: str
    tcn: str = field(repr=False)
    ori: str = field(repr=False)
    dai: str = field(repr=False)
    cri: tuple[str, ...] = field(repr=False)
    oca: str | None = field(repr=False)
    dat: date = field(repr=False)
    gmt: datetime | None = field(repr=False)
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    dob: date | None = field(repr=False)
    sex: str = field(repr=False)
    pob: str = field(repr=False)
    doa: date = field(repr=False)
    arrests: tuple[ArrestCharge, ...] = field(repr=False)
    ndr: tuple[int, ...]
    is_retained: bool
    is_treated_as_adult: bool
    prints: tuple[PrintImage, ...] = field(repr=False)
    amputations: tuple[tuple[int, str], ...] = field(repr=False)
    notes: tuple[FieldProblem, ...] = ()
    transaction: Transaction | None = field(default=None, repr=False, compare=False)

    @property
    def prints_digest(self) -> str:
        return prints_digest(self.prints)

    def age_on(self, day: date) -> int | None:
        """Whole years on that day, None where the birth date is unknown."""
        if self.dob is None:
            return None
        return day.year - self.dob.year - ((day.month, day.day) < (self.dob.month, self.dob.day))


def validate_booking_eft(
    content: bytes, *, today: date | None = None, transaction: Transaction | None = None
) -> BookingEft:
    """Read a booking file; raises UnreadableEft or RefusedEft with all problems. `today` bounds 1.005 DAT.

    `transaction` is `content` as read before, to spare the reading.
    """
    transaction = transaction or itl.read(content)
    problems = list(_check_header(transaction, today))
    bodies = list(transaction.tagged(2))
    if len(bodies) != 1:
        message = "The file must hold exactly one Type-2 record; send one booking per file."
        raise RefusedEft([*problems, FieldProblem("2.001", "LEN", message, "structure")])
    problems.extend(_check_body(transaction, bodies[0]))
    prints, wrong = read_prints(transaction)
    problems.extend(wrong)
    amputations = read_amputations(transaction)
    problems.extend(_check_prints(transaction, prints, amputations, has_wrong=bool(wrong)))
    if problems:
        raise RefusedEft(problems[:MAX_PROBLEMS])
    return _booking(transaction, bodies[0], prints, amputations)


def _is_10(header: TaggedRecord) -> bool:
    return header.text(2) in _VERSIONS_10


def _check_header(transaction: Transaction, today: date | None) -> Iterator[FieldProblem]:
    header = transaction.header
    for rule in TYPE_1:
        if rule.number != _FILE_CONTENT:
            yield from check_field(header, rule, rule.use[0], is_10=_is_10(header), is_utf8=False)
    tot = header.text(4) or ""
    if tot in CIVIL_TYPES:
        yield problem(1, RULES_1[4], "unsupported", "names a civil check, which is not done for a booking")
    elif tot and tot not in BOOKING_TYPES:
        yield problem(1, RULES_1[4], "unsupported", "is not a criminal booking transaction")
    if (header.text(8) or "")[:2] not in STATE_CODES | {""}:
        yield problem(1, RULES_1[8], "invalid", "does not start with a state code")
    dat = read_date(header.text(5) or "")
    if dat and today and dat > today + _ALLOWED_LEAD:
        yield problem(1, RULES_1[5], "invalid", "lies in the future")
    gmt = header.text(14)
    if gmt and _read_gmt(gmt) is None:
        yield problem(1, RULES_1[14], "invalid", "is not an instant of the calendar")


def _check_body(transaction: Transaction, body: TaggedRecord) -> Iterator[FieldProblem]:
    header = transaction.header
    tot = header.text(4) or ""
    tot = tot if tot in BOOKING_TYPES else "CAR"
    found: set[int] = set()
    for rule in TYPE_2:
        use, is_10 = use_in(tot, rule), _is_10(header)
        for wrong in check_field(body, rule, use, is_10=is_10, is_utf8=transaction.is_utf8):
            found.add(rule.number)
            yield wrong
    if 18 not in found:
        yield from _check_name(body.text(18) or "", is_utf8=transaction.is_utf8)
    dat = read_date(header.text(5) or "")
    births = [read_date(text) for text in body.texts(22) if text != UNKNOWN_DATE]
    doa = read_date(body.text(45) or "")
    if dat and any(birth > dat for birth in births if birth):
        yield problem(2, RULES_2[22], "contradiction", "lies after 1.005 DAT")
    if dat and doa and doa > dat + _ALLOWED_LEAD:
        yield problem(2, RULES_2[45], "contradiction", "lies after 1.005 DAT")
    if doa and any(birth >= doa for birth in births if birth):
        yield problem(2, RULES_2[22], "contradiction", "is not before 2.045 DOA")


def _check_name(name: str, *, is_utf8: bool) -> Iterator[FieldProblem]:
    rule = RULES_2[18]
    surname, comma, given = name.partition(",")
    letters = name if is_utf8 else "".join(char if char.isascii() else "?" for char in name)
    if not all(char.isalpha() or char in "-, " for char in letters):
        yield problem(2, rule, "characters", "may hold letters, hyphens, blanks and one comma only")
    elif not comma or "," in given:
        yield problem(2, rule, "invalid", "must hold exactly one comma, after the surname")
    elif not surname.strip(" -") or not given.strip(" -"):
        yield problem(2, rule, "invalid", "lacks the part before or after its comma (LNU or FNU if unknown)")


def _check_prints(
    transaction: Transaction,
    prints: list[PrintImage],
    amputations: tuple[tuple[int, str], ...],
    *,
    has_wrong: bool,
) -> Iterator[FieldProblem]:
    count = sum(1 for record in transaction.records if record.type in (4, 14))
    if not prints and not has_wrong:
        message = "The file holds no print; scan at least one finger or declare why not."
        yield FieldProblem("1.003", "CNT", message, "missing")
    if count > _MOST_PRINTS:
        message = f"The file holds more than {_MOST_PRINTS} prints; send each position once."
        yield FieldProblem("1.003", "CNT", message, "occurrences")
    missing = {position for position, _ in amputations}
    for image in prints:
        if image.position in missing:
            wrong = f"declares finger {image.position} missing, yet its print is in the file"
            yield problem(2, RULES_2[84], "contradiction", wrong)


def _booking(
    transaction: Transaction,
    body: TaggedRecord,
    prints: list[PrintImage],
    amputations: tuple[tuple[int, str], ...],
) -> BookingEft:
    header = transaction.header
    surname, _, given = (body.text(18) or "").partition(",")
    charges = body.get(47)
    dat, doa = read_date(header.text(5) or ""), read_date(body.text(45) or "")
    if dat is None or doa is None:
        raise RefusedEft([problem(1, RULES_1[5], "invalid", "is not a day of the calendar")])
    return BookingEft(
        tot=header.text(4) or "",
        version=header.text(2) or "",
        tcn=header.text(9) or "",
        ori=header.text(8) or "",
        dai=header.text(7) or "",
        cri=body.texts(73),
        oca=body.text(9),
        dat=dat,
        gmt=_read_gmt(header.text(14) or ""),
        surname=surname.strip(),
        given_names=given.strip(),
        dob=read_date(body.text(22) or ""),
        sex=body.text(24) or "",
        pob=body.text(20) or "",
        doa=doa,
        arrests=tuple(_charge(items) for items in (charges.subfields if charges else ())),
        ndr=tuple(int(text) for text in body.texts(98) if text),
        is_retained=body.text(5) == "Y",
        is_treated_as_adult=body.text(87) == "Y",
        prints=tuple(prints),
        amputations=amputations,
        notes=(*transaction.notes, *_notes(body, prints, amputations)),
        transaction=transaction,
    )


def _charge(items: tuple[str, ...]) -> ArrestCharge:
    return ArrestCharge(read_date(items[0]), items[1] if len(items) > 1 else "")


def _notes(
    body: TaggedRecord, prints: list[PrintImage], amputations: tuple[tuple[int, str], ...]
) -> Iterator[FieldProblem]:
    """What a clerk may want to know although the file is accepted."""
    for item in body.fields:
        if item.number not in RULES_2:
            yield FieldProblem(
                item.tag, "", f"{item.tag} is not a field that we read; it is passed on.", "unsupported"
            )
        elif item.number in SENSITIVE:
            rule = RULES_2[item.number]
            message = f"{item.tag} {rule.mnemonic} ({rule.name}) is not needed for a booking; leave it out."
            yield FieldProblem(item.tag, rule.mnemonic, message, "not_needed")
    there = {image.position for image in prints} | {position for position, _ in amputations}
    absent = [position for position in range(1, 11) if position not in there]
    if absent:
        listed = ", ".join(str(position) for position in absent)
        message = f"No print and no reason is given for fingers {listed}; the receiver may ask for them."
        yield FieldProblem("2.084", "AMP", message, "missing")


def _read_gmt(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
