"""Checks one record against the field table; every problem is told, no value is repeated."""

import re
from collections.abc import Iterator
from datetime import date

from matching.formats.ebts_table import FieldRule, ItemRule, Kind
from matching.formats.errors import FieldProblem
from matching.formats.records import Field, TaggedRecord

UNKNOWN_DATE = "00000000"
_ASCII = {
    Kind.A: re.compile(r"[A-Za-z ]*"),
    Kind.N: re.compile(r"[0-9]*"),
    Kind.DATE: re.compile(r"[0-9]*"),
    Kind.AN: re.compile(r"[A-Za-z0-9]*"),
    Kind.AS: re.compile(r"[A-Za-z!-/:-@\[-`{-~ ]*"),
    Kind.ANS: re.compile(r"[ -~\r\n]*"),
}
_WORDS = {
    Kind.A: "must hold letters only",
    Kind.N: "must hold digits only",
    Kind.DATE: "must hold digits only",
    Kind.AN: "must hold letters and digits only",
    Kind.AS: "must hold no digit",
    Kind.ANS: "must hold printable characters only",
}


def problem(record_type: int, rule: FieldRule, code: str, wrong: str) -> FieldProblem:
    """A sentence that names the field, says what is wrong and what to enter."""
    tag = f"{record_type}.{rule.number:03d}"
    return FieldProblem(tag, rule.mnemonic, f"{tag} {rule.mnemonic} ({rule.name}) {wrong}; {rule.ask}.", code)


def read_date(text: str) -> date | None:
    """A real calendar day from eight digits, None otherwise."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def check_field(
    record: TaggedRecord, rule: FieldRule, use: str, *, is_10: bool, is_utf8: bool
) -> list[FieldProblem]:
    """Presence, number of occurrences, length, characters and form of one field."""
    found = record.get(rule.number)
    if found is None or not found.value:
        return [problem(record.type, rule, "missing", "is missing")] if use == "M" else []
    if use == "-":
        return [problem(record.type, rule, "not_allowed", "is not allowed in this transaction")]
    occurrences = found.subfields
    if len(occurrences) > rule.most(is_10):
        return [problem(record.type, rule, "occurrences", f"may appear at most {rule.most(is_10)} times")]
    problems: list[FieldProblem] = []
    for items in occurrences:
        check = _check_items if rule.items else _check_value
        problems.extend(check(record.type, rule, items, is_10, is_utf8))
    return list(dict.fromkeys(problems))


def _check_value(
    record_type: int, rule: FieldRule, items: tuple[str, ...], is_10: bool, is_utf8: bool
) -> Iterator[FieldProblem]:
    if len(items) > 1:
        yield problem(record_type, rule, "structure", "must not be divided into items")
        return
    value, longest = items[0], rule.longest(is_10)
    if not rule.low <= len(value) <= longest:
        span = f"{rule.low}" if rule.low == longest else f"{rule.low} to {longest}"
        yield problem(record_type, rule, "length", f"must have {span} characters")
    elif not _is_of(rule.kind, value, is_utf8):
        yield problem(record_type, rule, "characters", _WORDS[rule.kind])
    elif rule.kind is Kind.DATE and not _is_day(rule, value):
        yield problem(record_type, rule, "invalid", "is not a day of the calendar")
    elif rule.pattern and not re.fullmatch(rule.pattern, value):
        yield problem(record_type, rule, "invalid", "does not have the form that is asked for")


def _check_items(
    record_type: int, rule: FieldRule, items: tuple[str, ...], is_10: bool, is_utf8: bool
) -> Iterator[FieldProblem]:
    del is_10  # items have the same lengths in both versions
    if len(items) > len(rule.items):
        yield problem(record_type, rule, "structure", f"has more than {len(rule.items)} items")
        return
    values = [*items, *("" for _ in range(len(rule.items) - len(items)))]
    for item, value in zip(rule.items, values, strict=True):
        wrong = _wrong_with(item, value, is_utf8)
        if wrong:
            tag = f"{record_type}.{rule.number:03d}"
            message = f"{tag} {rule.mnemonic} ({rule.name}): its item {item.mnemonic} {wrong[1]}; {item.ask}."
            yield FieldProblem(tag, rule.mnemonic, message, wrong[0])


def _wrong_with(item: ItemRule, value: str, is_utf8: bool) -> tuple[str, str] | None:
    if not value:
        return ("missing", "is missing") if item.is_mandatory else None
    if not max(item.low, 1) <= len(value) <= item.high:
        return "length", f"must have at most {item.high} characters"
    if not _is_of(item.kind, value, is_utf8):
        return "characters", _WORDS[item.kind]
    if item.kind is Kind.DATE and read_date(value) is None:
        return "invalid", "is not a day of the calendar"
    return None


def _is_of(kind: Kind, value: str, is_utf8: bool) -> bool:
    if is_utf8 and kind in (Kind.AS, Kind.ANS):
        value = "".join(
            "A" if not char.isascii() and (char.isalpha() or not char.isspace()) else char for char in value
        )
    return _ASCII[kind].fullmatch(value) is not None


def _is_day(rule: FieldRule, value: str) -> bool:
    return read_date(value) is not None or (rule.mnemonic == "DOB" and value == UNKNOWN_DATE)


def unknown_fields(record: TaggedRecord, known: frozenset[int]) -> Iterator[Field]:
    for item in record.fields:
        if item.number not in known:
            yield item
