"""Evaluate a `hold-cases/1` file with the real clock. Needs no database.

The policies come from the file; conditions other than the clock are taken as met. `hold: false` means no
hold on a detainer; a judge's warrant is another authority.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from accounts import times
from accounts.errors import Invalid
from detainers.clock import (
    Anchor,
    ClockInput,
    ClockInputError,
    ClockResult,
    Counting,
    Document,
    FormRule,
    PolicyLimits,
    compute,
)
from detainers.rulebook import Rulebook

SCHEMA = "hold-cases/1"
VALIDATION_ERROR = "VALIDATION_ERROR"
INSTANTS = (
    "detainer_received_at",
    "served_on_person_at",
    "release_eligible_at",
    "lifted_at",
    "ice_custody_at",
    "actual_release_at",
    "judicial_warrant_at",
)
COMPARED = (
    "hold_on_detainer_permitted",
    "status",
    "reason",
    "rule",
    "governing_limit",
    "policy_anchor",
    "expiry_local",
    "expiry_utc",
    "authority_ends_utc",
    "elapsed_hours_anchor_to_expiry",
    "violations",
)
SHOWN = ("status", "reason", "rule", "expiry_utc", "authority_ends_utc", "violations")
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class BadFile(Exception):
    """The file cannot be evaluated; the message says what to put right."""


class Refused(Exception):
    """One case's input is refused, with a code of the file's vocabulary and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: what the file expects, what the clock says, which fields differ."""

    case_id: str
    title: str
    expected: Mapping[str, Any]
    actual: Mapping[str, Any]
    differences: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.case_id,
            "title": self.title,
            "passed": self.passed,
            "expected": dict(self.expected),
            "actual": dict(self.actual),
            "differences": list(self.differences),
            "derivation": list(self.sentences),
        }


def read(path: Path) -> dict[str, Any]:
    """The parsed file. Raises BadFile."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadFile(f"There is no file {path}. Give the path of a {SCHEMA} file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path} cannot be read: {error}.") from error
    except json.JSONDecodeError as error:
        raise BadFile(
            f"{path} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise BadFile(f'{path} must have "schema": "{SCHEMA}"; it has {json.dumps(found)}.')
    if not isinstance(data.get("policies"), dict):
        raise BadFile(f'{path} needs "policies": an object from policy code to its limits.')
    if not isinstance(data.get("cases"), list) or not data["cases"]:
        raise BadFile(f'{path} needs "cases": a list with at least one case.')
    return data


def evaluate(data: Mapping[str, Any], book: Rulebook) -> list[Outcome]:
    """Every case through the clock, in the order of the file. Raises BadFile for a misshapen case."""
    policies = {code: _policy(code, row) for code, row in data["policies"].items()}
    return [
        _evaluate_case(number, case, policies, book) for number, case in enumerate(data["cases"], start=1)
    ]


def _evaluate_case(number: int, case: Any, policies: Mapping[str, PolicyLimits], book: Rulebook) -> Outcome:
    if not isinstance(case, dict):
        raise BadFile(f"Case number {number} is not an object.")
    name = str(case.get("id") or f"number {number}")
    for part in ("input", "expected"):
        if not isinstance(case.get(part), dict):
            raise BadFile(f'Case {name} needs "{part}": an object.')
    expected = case["expected"]
    sentences: tuple[str, ...]
    try:
        result = compute(_clock_input(name, case["input"], policies, book))
    except Refused as refusal:
        actual: dict[str, Any] = {"status": VALIDATION_ERROR, "reason": refusal.code}
        sentences = (str(refusal),)
    except ClockInputError as refusal:
        actual = {"status": VALIDATION_ERROR, "reason": refusal.code}
        sentences = (str(refusal),)
    else:
        actual = _actual(result, case["input"])
        sentences = tuple(result.sentences())
    differing = tuple(k for k in COMPARED if k in expected and not _same(name, k, expected[k], actual.get(k)))
    return Outcome(name, str(case.get("title", "")), expected, actual, differing, sentences)


def _clock_input(
    name: str, given: Mapping[str, Any], policies: Mapping[str, PolicyLimits], book: Rulebook
) -> ClockInput:
    zone = _zone(name, given)
    times = {field: _instant(name, field, given, zone) for field in INSTANTS}
    policy = given.get("policy")
    if not isinstance(policy, str) or policy not in policies:
        known = ", ".join(sorted(policies))
        raise BadFile(f"Case {name} names policy {json.dumps(policy)}; the file defines {known}.")
    received = times["detainer_received_at"]
    documents = []
    if received is not None:
        form = _form(name, given.get("form_edition"), book)
        documents.append(
            Document(form, received, times["served_on_person_at"], times["lifted_at"], reference=form.code)
        )
    second = given.get("second_detainer")
    if second is not None:
        documents.append(_second(name, second, zone, book))
    return ClockInput(
        zone=zone.key,
        release_eligible_at=times["release_eligible_at"],
        documents=tuple(documents),
        policies=(policies[policy],),
        released_at=times["actual_release_at"],
        ice_custody_at=times["ice_custody_at"],
        judicial_warrant_at=times["judicial_warrant_at"],
    )


def _second(name: str, second: Any, zone: ZoneInfo, book: Rulebook) -> Document:
    """A further detainer; the file gives no service for it, so it is taken as served at receipt."""
    if not isinstance(second, dict):
        raise BadFile(f'Case {name}: "second_detainer" is not an object.')
    form = _form(name, second.get("form_edition"), book)
    received = _instant(name, "received_at", second, zone)
    if received is None:
        raise BadFile(f'Case {name}: "second_detainer" needs "received_at".')
    served = (
        _instant(name, "served_on_person_at", second, zone) if "served_on_person_at" in second else received
    )
    return Document(
        form, received, served, _instant(name, "lifted_at", second, zone), reference=f"second {form.code}"
    )


def _form(name: str, code: Any, book: Rulebook) -> FormRule:
    edition = book.editions.get(code) if isinstance(code, str) else None
    if edition is None:
        known = ", ".join(book.editions)
        raise BadFile(f"Case {name} names form edition {json.dumps(code)}; known editions are {known}.")
    return edition.form_rule()


def _policy(code: str, row: Any) -> PolicyLimits:
    if not isinstance(row, dict) or not isinstance(row.get("hold"), bool):
        raise BadFile(f'Policy {code} needs "hold": true or false.')
    try:
        anchor = Anchor(row.get("anchor") or Anchor.RELEASE_ELIGIBLE)
    except ValueError:
        raise BadFile(
            f"Policy {code} has anchor {row['anchor']!r}; use one of {', '.join(Anchor)}."
        ) from None
    hours = row.get("hours")
    if hours is not None and (not isinstance(hours, int) or isinstance(hours, bool) or hours < 0):
        raise BadFile(f'Policy {code}: "hours" must be a whole number or null.')
    return PolicyLimits(
        code=code,
        hold=row["hold"],
        hours=hours,
        anchor=anchor,
        counting=Counting.EXCLUDING if row.get("exclude_weekends_holidays") else Counting.AS_FORM,
        same_day_2359=bool(row.get("same_day_2359")),
    )


def _zone(name: str, given: Mapping[str, Any]) -> ZoneInfo:
    key = given.get("facility_tz")
    try:
        return ZoneInfo(key if isinstance(key, str) and key else "?")
    except (ZoneInfoNotFoundError, ValueError):
        raise BadFile(
            f"Case {name} has facility_tz {json.dumps(key)}, which is not an IANA time zone."
        ) from None


def _instant(name: str, field: str, given: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    naive = given.get(f"{field}_naive")
    if naive is not None:
        return _from_wall(_parsed(name, f"{field}_naive", naive), zone)
    text = given.get(field)
    if text is None:
        return None
    instant = _parsed(name, field, text)
    if instant.utcoffset() is None:
        return _from_wall(instant, zone)
    return instant


def _parsed(name: str, field: str, text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadFile(
            f"Case {name}: {field} is {json.dumps(text)}; write an instant such as 2026-03-17T14:00-04:00."
        ) from None


def _from_wall(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant that shows `wall` on a clock in `zone`. Raises Refused when there is none, or two."""
    try:
        return times.resolve(wall.replace(tzinfo=None), zone.key)
    except Invalid as refusal:
        raise Refused(refusal.code.upper(), refusal.message) from refusal


def _actual(result: ClockResult, given: Mapping[str, Any]) -> dict[str, Any]:
    local = result.expires_local
    elapsed = None
    eligible = result.derivation.release_eligible_at
    if result.expires_at is not None and eligible is not None:
        elapsed = round((result.expires_at - eligible) / timedelta(hours=1), 2)
    return {
        "hold_on_detainer_permitted": result.hold_on_detainer_permitted,
        "status": result.status.value,
        "reason": result.reason.value if result.reason else None,
        "rule": result.rule.value,
        "governing_limit": result.governing_limit.value if result.governing_limit else None,
        "policy_anchor": result.policy_anchor.value if result.policy_anchor else None,
        "expiry_local": _short(local),
        "expiry_utc": _short(result.expires_at),
        "authority_ends_utc": _short(result.authority_ends_at),
        "elapsed_hours_anchor_to_expiry": elapsed,
        "violations": [str(violation) for violation in result.violations],
    }


def _short(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    spec = "minutes" if not (instant.second or instant.microsecond) else "auto"
    return instant.isoformat(timespec=spec).replace("+00:00", "Z")


def _same(name: str, key: str, expected: Any, actual: Any) -> bool:
    """Equal in meaning: instants by instant, a local time by its wall clock too, durations by length."""
    if key == "violations":
        return sorted(map(_violation, expected or [])) == sorted(map(_violation, actual or []))
    if expected is None or actual is None:
        return expected is actual
    if key == "elapsed_hours_anchor_to_expiry":
        return isinstance(expected, int | float) and abs(expected - actual) < 0.01
    if key in ("expiry_local", "expiry_utc", "authority_ends_utc"):
        wanted, got = _parsed(name, f"expected {key}", expected), datetime.fromisoformat(actual)
        if key == "expiry_local":
            return (
                wanted.replace(tzinfo=None) == got.replace(tzinfo=None)
                and wanted.utcoffset() == got.utcoffset()
            )
        return wanted.utcoffset() is not None and wanted == got
    return bool(expected == actual)


def _violation(given: Any) -> tuple[str, float]:
    text = str(given)
    code, _, duration = text.partition(":")
    found = DURATION.fullmatch(duration)
    if found is None:
        return text, -1.0
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return code, timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
