"""What is wrong with the plain data of a policy row, each a sentence at its field.

Pure: no database; the pages of the desk and the reading of a file ask the same questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from detainers.clock import Anchor, Counting
from detainers.policy_rows import (
    ClaimEffect,
    Condition,
    Confidence,
    DueFrom,
    Duty,
    Level,
    MinorRule,
    Stance,
    Telling,
    day,
)

OFFENCE_CLASSES = ("felony", "misdemeanor", "violation")
WARRANT_KINDS = ("JUDICIAL_CRIMINAL", "JUDICIAL_CIVIL", "ADMIN_I200", "ADMIN_I205", "NCIC_ADMIN_HIT")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{1,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
MOST_HOURS = 48
"""No form asks for more than 48 hours, so a longer limit would say nothing (8 CFR 287.7(d))."""
PLACE: dict[str, tuple[str, ...]] = {
    Level.FEDERAL: (),
    Level.STATE: ("state",),
    Level.COUNTY: ("state", "county"),
    Level.CITY: ("state", "city"),
    Level.AGENCY: ("state", "agency"),
}
_PLACE_KEYS = ["state", "states", "county", "city", "agency"]
_RULE_KEYS = [
    "hold",
    "preempts",
    "all_of",
    "any_of",
    "offence_classes",
    "warrant_kinds",
    "limits",
    "duties",
    "minors",
]
_OTHER_KEYS = ["citizenship", "tell_ice", "federal_accounts", "languages", "report", "note"]
_HEAD_KEYS = ["code", "level", "citation", "from", "to", "confidence", "enabled"]
KEYS = frozenset(_HEAD_KEYS + _PLACE_KEYS + _RULE_KEYS + _OTHER_KEYS)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: at which field of the row, and what to do about it."""

    field: str
    sentence: str


def problems(item: Any) -> list[Problem]:
    """Everything that is wrong with one row."""
    if not isinstance(item, Mapping):
        return [
            Problem("row", "This row is not a list of `field: value` lines. Write it like its neighbours.")
        ]
    found: list[Problem] = []
    for check in _CHECKS:
        found += check(item)
    return found


def _keys(item: Mapping[str, Any]) -> Iterator[Problem]:
    for key in item:
        if key not in KEYS:
            yield Problem(str(key), f"there is no field of this name. Use one of: {', '.join(sorted(KEYS))}.")


def _code(item: Mapping[str, Any]) -> Iterator[Problem]:
    if not CODE.fullmatch(str(item.get("code") or "")):
        yield Problem("code", "give a short code of letters, digits and underscores, such as TX_2_251.")


def _place(item: Mapping[str, Any]) -> Iterator[Problem]:
    level = item.get("level")
    if level not in PLACE:
        yield Problem("level", f"say whose law it is: one of {_list(Level)}.")
        return
    for part in PLACE[level]:
        if not str(item.get(part) or "").strip():
            yield Problem(part, f"a row of level {level} needs it.")
    for part in ("state", "county", "city", "agency"):
        allowed = PLACE[level] + (("county",) if level in (Level.CITY, Level.AGENCY) else ())
        allowed += ("city",) if level == Level.AGENCY else ()
        if item.get(part) and part not in allowed:
            yield Problem(part, f"a row of level {level} covers more than one {part}. Leave it out.")
    if item.get("state") and not re.fullmatch("[A-Z]{2}", str(item["state"])):
        yield Problem("state", "write the two capital letters of the state, such as TX.")
    states = item.get("states", [])
    if states and level != Level.FEDERAL:
        yield Problem("states", "only a federal row, such as a circuit's, lists states.")
    if not _texts(states) or any(not re.fullmatch("[A-Z]{2}", text) for text in states):
        yield Problem("states", "write a list of two capital letters each, such as [TX, LA].")


def _origin(item: Mapping[str, Any]) -> Iterator[Problem]:
    citation = item.get("citation")
    if not isinstance(citation, str) or not citation.strip():
        yield Problem(
            "citation", "name the law, such as `Tex. Code Crim. Proc. art. 2.251`. Without it no row loads."
        )
    elif len(citation) > 200:
        yield Problem("citation", "keep it under 200 characters; the rest belongs into the note.")
    if item.get("confidence") not in list(Confidence):
        yield Problem("confidence", f"say how sure the text is: one of {_list(Confidence)}.")
    for key in ("note", "report"):
        if not isinstance(item.get(key, ""), str):
            yield Problem(key, "write plain text; put it in quotes if it holds a colon.")
    languages = item.get("languages", [])
    if not _texts(languages) or any(not LANGUAGE.fullmatch(text) for text in languages):
        yield Problem("languages", "write a list of language codes, such as [en, es].")


def _dates(item: Mapping[str, Any]) -> Iterator[Problem]:
    found: dict[str, date] = {}
    for key in ("from", "to"):
        value = item.get(key)
        if value is None and key == "to":
            continue
        try:
            found[key] = day(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            yield Problem(key, "write a day as year-month-day, such as 2025-10-01.")
    if len(found) == 2 and found["to"] < found["from"]:
        yield Problem("to", f"it ends before it begins on {found['from'].isoformat()}.")


def _hold(item: Mapping[str, Any]) -> Iterator[Problem]:
    hold, federal = item.get("hold"), item.get("level") == Level.FEDERAL
    if hold not in list(Stance):
        yield Problem("hold", f"say what the law says of holding: one of {_list(Stance)}.")
        return
    if federal and hold != Stance.NEVER_GRANTS:
        yield Problem(
            "hold", "the row is federal, so it must be never_grants: federal law gives a jail no authority."
        )
    if not federal and hold == Stance.NEVER_GRANTS:
        yield Problem(
            "hold", "only a federal row is never_grants. Say forbidden, or silent if it says nothing."
        )
    for key in ("enabled", "preempts", "federal_accounts"):
        if not isinstance(item.get(key, False), bool):
            yield Problem(key, "say true or false.")
    if item.get("preempts") and item.get("level") != Level.STATE:
        yield Problem("preempts", "only a state's law sets local rules aside.")
    confidence = item.get("confidence")
    unsure = confidence == Confidence.BACKGROUND or (
        confidence == Confidence.PARTLY_CONFIRMED and Stance(hold).grants
    )
    if item.get("enabled", True) and unsure:
        yield Problem(
            "enabled",
            f"a row that is only {confidence} stays off until counsel has reviewed it: write enabled: false.",
        )


def _conditions(item: Mapping[str, Any]) -> Iterator[Problem]:
    named: list[str] = []
    for key in ("all_of", "any_of"):
        given = item.get(key, [])
        if not _texts(given) or any(code not in list(Condition) for code in given):
            yield Problem(key, f"write a list of conditions, each one of {_list(Condition)}.")
        else:
            named += given
    hold = item.get("hold")
    if hold == Stance.CONDITIONAL and not named:
        yield Problem("all_of", "a conditional hold needs a condition, here or under any_of.")
    if named and hold in (Stance.FORBIDDEN, Stance.SILENT, Stance.NEVER_GRANTS):
        yield Problem("all_of", f"a row whose hold is {hold} has no conditions. Leave them out.")
    yield from _offences(item, Condition.OFFENCE_CLASS in named)
    kinds = item.get("warrant_kinds", [])
    if not _texts(kinds) or any(kind not in WARRANT_KINDS for kind in kinds):
        yield Problem("warrant_kinds", f"write a list, each one of {', '.join(WARRANT_KINDS)}.")
    elif bool(kinds) != (Condition.WARRANT_KIND in named):
        yield Problem("warrant_kinds", "list kinds of warrant exactly when warrant_kind is a condition.")


def _offences(item: Mapping[str, Any], is_named: bool) -> Iterator[Problem]:
    given = item.get("offence_classes")
    if (given is not None) != is_named:
        yield Problem("offence_classes", "list them exactly when offence_class is a condition.")
    elif given is not None and not (
        isinstance(given, Mapping)
        and given.get("stage") in ("charged", "convicted")
        and _texts(given.get("classes"))
        and given["classes"]
        and all(name in OFFENCE_CLASSES for name in given["classes"])
    ):
        yield Problem(
            "offence_classes",
            "write {stage: charged, classes: [...]} or {stage: convicted, ...}; classes are "
            f"{', '.join(OFFENCE_CLASSES)}.",
        )


def _limits(item: Mapping[str, Any]) -> Iterator[Problem]:
    limits = item.get("limits", {})
    if not isinstance(limits, Mapping) or set(limits) - {"hours", "anchor", "counting", "same_day_2359"}:
        yield Problem(
            "limits", "write {hours: ..., anchor: ..., counting: ..., same_day_2359: ...}, or parts of it."
        )
        return
    hours = limits.get("hours")
    if hours is not None and not (_whole(hours) and 1 <= hours <= MOST_HOURS):
        yield Problem(
            "limits", f"hours is a whole number from 1 to {MOST_HOURS}; a longer limit would say nothing."
        )
    for key, enum in (("anchor", Anchor), ("counting", Counting)):
        if key in limits and limits[key] not in [str(value) for value in enum]:
            yield Problem("limits", f"{key} is one of {_list(enum)}.")
    if not isinstance(limits.get("same_day_2359", False), bool):
        yield Problem("limits", "same_day_2359 is true or false.")
    if limits and item.get("hold") in (Stance.FORBIDDEN, Stance.SILENT, Stance.NEVER_GRANTS):
        yield Problem("limits", f"a row whose hold is {item['hold']} has no limits. Leave them out.")


def _duties(item: Mapping[str, Any]) -> Iterator[Problem]:
    duties = item.get("duties", [])
    if not isinstance(duties, list) or not all(isinstance(duty, Mapping) for duty in duties):
        yield Problem("duties", "write a list of {code: ..., due_hours: ..., due_from: ..., condition: ...}.")
        return
    seen: set[Any] = set()
    for duty in duties:
        code = duty.get("code")
        if code not in list(Duty):
            yield Problem("duties", f"there is no duty {code!r}. Use one of {_list(Duty)}.")
        elif code in seen:
            yield Problem("duties", f"{code} stands here twice. Keep the one with the shorter time.")
        seen.add(str(code))
        hours = duty.get("due_hours")
        if hours is not None and not (_whole(hours) and 0 <= hours <= 720):
            yield Problem("duties", f"{code}: due_hours is a whole number of hours up to 720, or left out.")
        if duty.get("due_from", DueFrom.RECEIVED) not in list(DueFrom):
            yield Problem("duties", f"{code}: due_from is one of {_list(DueFrom)}.")
        if not isinstance(duty.get("condition", False), bool):
            yield Problem("duties", f"{code}: condition is true or false.")
        if set(duty) - {"code", "due_hours", "due_from", "condition"}:
            yield Problem("duties", f"{code}: only code, due_hours, due_from and condition belong here.")
        if duty.get("condition") is True and item.get("hold") in (Stance.FORBIDDEN, Stance.SILENT):
            yield Problem("duties", f"{code}: no hold can wait for it, as this row allows none.")


def _claim(item: Mapping[str, Any]) -> Iterator[Problem]:
    given = item.get("citizenship", {})
    known = ("on_claim", "on_citizenship_proof", "on_lawful_status_proof")
    if not isinstance(given, Mapping) or set(given) - {*known, "check_hours"}:
        yield Problem("citizenship", f"write {{{', '.join(known)}, check_hours}}, or parts of it.")
        return
    for key in known:
        if key in given and given[key] not in list(ClaimEffect):
            yield Problem("citizenship", f"{key} is one of {_list(ClaimEffect)}.")
    if given.get("on_citizenship_proof", ClaimEffect.ENDS) != ClaimEffect.ENDS:
        yield Problem("citizenship", "proof of citizenship always ends a hold: on_citizenship_proof is ends.")
    hours = given.get("check_hours", 4)
    if not (_whole(hours) and 1 <= hours <= MOST_HOURS):
        yield Problem("citizenship", f"check_hours is a whole number from 1 to {MOST_HOURS}.")


def _told(item: Mapping[str, Any]) -> Iterator[Problem]:
    told = item.get("tell_ice", {})
    if not isinstance(told, Mapping) or set(told) - {"status_information", "release_information"}:
        yield Problem(
            "tell_ice", "write {status_information: ..., release_information: ...}, or one of them."
        )
    elif any(value not in list(Telling) for value in told.values()):
        yield Problem("tell_ice", f"each is one of {_list(Telling)}.")


def _minors(item: Mapping[str, Any]) -> Iterator[Problem]:
    given = item.get("minors")
    if given is not None and not (
        isinstance(given, Mapping)
        and set(given) == {"under", "hold"}
        and _whole(given["under"])
        and 10 <= given["under"] <= 21
        and given["hold"] in list(MinorRule)
    ):
        yield Problem(
            "minors", f"write {{under: 18, hold: ...}}; under is 10 to 21, hold one of {_list(MinorRule)}."
        )


def _list(enum: type[StrEnum]) -> str:
    return ", ".join(str(value) for value in enum)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS: tuple[Callable[[Mapping[str, Any]], Iterator[Problem]], ...] = (
    _keys,
    _code,
    _place,
    _origin,
    _dates,
    _hold,
    _conditions,
    _limits,
    _duties,
    _claim,
    _told,
    _minors,
)
