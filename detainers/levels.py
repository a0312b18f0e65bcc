"""The level of criminal history under the ICE scheme in force on a date: from convictions only, never from charges. Pure.

A scheme is data with its source; a result keeps scheme, inputs and reasons, so that it can be worked out again. None means
that no conviction is known, or that the scheme of that time had no tiers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

YEAR_DAYS = 365


class Scheme(StrEnum):
    """The schemes, by when they began."""

    SC_2008 = "SC_2008"
    ICE_10072_1 = "ICE_10072.1"
    PRIORITIES_2014 = "PRIORITIES_2014"
    EO_13768 = "EO_13768"
    GUIDANCE_2021 = "GUIDANCE_2021"
    EO_14159 = "EO_14159"


class Category(StrEnum):
    """What kind of offence a conviction is for, in the words of the 2008 scheme."""

    MAJOR_DRUG = "major_drug"
    NATIONAL_SECURITY = "national_security"
    VIOLENT = "violent"
    MINOR_DRUG = "minor_drug"
    PROPERTY = "property"
    GANG = "gang"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """One scheme: from when until when (inclusive), on which authority, and how sure the text is."""

    code: Scheme
    title: str
    starts_on: date
    ends_on: date | None
    citation: str
    confidence: str
    tiers: bool


SCHEMES: tuple[SchemeRow, ...] = (
    SchemeRow(
        Scheme.SC_2008,
        "Secure Communities levels 1 to 3",
        date(2008, 3, 1),
        date(2010, 6, 29),
        "Secure Communities, comprehensive plan (2008)",
        "partly_confirmed",
        True,
    ),
    SchemeRow(
        Scheme.ICE_10072_1,
        "Civil immigration enforcement priorities, levels 1 to 3",
        date(2010, 6, 30),
        date(2015, 1, 4),
        "ICE policy 10072.1 (30 June 2010, re-issued 2 March 2011)",
        "confirmed",
        True,
    ),
    SchemeRow(
        Scheme.PRIORITIES_2014,
        "Priorities 1 to 3 (memorandum of 20 November 2014)",
        date(2015, 1, 5),
        date(2017, 1, 24),
        "DHS memorandum of 20 November 2014, in force 5 January 2015",
        "partly_confirmed",
        True,
    ),
    SchemeRow(
        Scheme.EO_13768,
        "Executive Order 13768, no tiers",
        date(2017, 1, 25),
        date(2021, 1, 19),
        "Executive Order 13768 (25 January 2017)",
        "confirmed",
        False,
    ),
    SchemeRow(
        Scheme.GUIDANCE_2021,
        "Guidance of 2021, case by case, no tiers",
        date(2021, 1, 20),
        date(2025, 1, 19),
        "Executive Order 13993 and the guidance of 2021",
        "background",
        False,
    ),
    SchemeRow(
        Scheme.EO_14159,
        "Executive Order 14159, no published tiers",
        date(2025, 1, 20),
        None,
        "Executive Order 14159 (20 January 2025)",
        "confirmed",
        False,
    ),
)
"""The memorandum of 2014 was withdrawn on 20 February 2017; Executive Order 13768 of 25 January 2017 came before it."""


@dataclass(frozen=True, slots=True)
class Conviction:
    """One conviction, without words about anybody.

    `max_sentence_days`: the longest sentence the law allows, in days; None when not known. `incident` joins convictions of one
    occasion; without it each is an incident of its own.
    """

    convicted_on: date
    offence_class: str
    max_sentence_days: int | None = None
    category: Category = Category.OTHER
    is_aggravated_felony: bool = False
    is_significant_misdemeanor: bool = False
    is_minor_traffic: bool = False
    incident: str = ""

    @property
    def is_felony(self) -> bool:
        """By its class; where the class is not recorded, by a possible sentence of more than a year."""
        if self.offence_class in ("felony", "misdemeanor", "violation"):
            return self.offence_class == "felony"
        return self.is_over_a_year

    @property
    def is_over_a_year(self) -> bool:
        """Punishable by more than one year; the class stands in where the sentence is not known."""
        if self.max_sentence_days is None:
            return self.offence_class == "felony"
        return self.max_sentence_days > YEAR_DAYS


@dataclass(frozen=True, slots=True)
class Level:
    """The result: `level` is '1', '2', '3', 'P1(d)' and so on, or None; `reasons` say how it came about."""

    scheme: Scheme
    on: date
    level: str | None
    reasons: tuple[str, ...]
    inputs: tuple[Conviction, ...]

    def as_json(self) -> dict[str, Any]:
        """What is stored: everything needed to work it out again."""
        inputs = [asdict(item) for item in self.inputs]
        for item in inputs:
            item["convicted_on"] = item["convicted_on"].isoformat()
            item["category"] = item["category"].value
        return {
            "scheme": self.scheme.value,
            "on": self.on.isoformat(),
            "level": self.level,
            "reasons": list(self.reasons),
            "inputs": inputs,
        }


def scheme_on(on: date) -> SchemeRow | None:
    """The scheme in force on a date; None before Secure Communities."""
    return next(
        (row for row in SCHEMES if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on)), None
    )


def threat_level(on: date, convictions: Iterable[Conviction]) -> Level | None:
    """The level on a date from the convictions known by then; None before there was any scheme."""
    row = scheme_on(on)
    if row is None:
        return None
    known = tuple(sorted((c for c in convictions if c.convicted_on <= on), key=_order))
    if not known:
        return Level(row.code, on, None, ("No conviction is known.",), known)
    if not row.tiers:
        return Level(row.code, on, None, (f"{row.title}: the scheme has no tiers.",), known)
    level, reason = RULES[row.code](known)
    return Level(row.code, on, level, (reason,), known)


def again(stored: Mapping[str, Any]) -> Level | None:
    """Work a stored result out again from its own inputs."""
    inputs = [
        Conviction(
            **{
                **item,
                "convicted_on": date.fromisoformat(item["convicted_on"]),
                "category": Category(item["category"]),
            }
        )
        for item in stored["inputs"]
    ]
    return threat_level(date.fromisoformat(stored["on"]), inputs)


def _order(item: Conviction) -> tuple[date, str, str, str]:
    return item.convicted_on, item.offence_class, item.category.value, item.incident


def _of_2008(known: Sequence[Conviction]) -> tuple[str | None, str]:
    """By the kind of offence alone (Secure Communities, 2008)."""
    kinds = {item.category for item in known}
    if kinds & {Category.MAJOR_DRUG, Category.NATIONAL_SECURITY, Category.VIOLENT}:
        return "1", "Convicted of a major drug, national-security or violent offence."
    if kinds & {Category.MINOR_DRUG, Category.PROPERTY}:
        return "2", "Convicted of a minor drug or property offence."
    return "3", "Convicted of another offence."


def _of_2010(known: Sequence[Conviction]) -> tuple[str | None, str]:
    """ICE 10072.1: with F those punishable by more than a year and M the others, 1 if any aggravated felony or |F| >= 2;
    else 2 if |F| >= 1 or |M| >= 3; else 3."""
    over = sum(1 for item in known if item.is_over_a_year)
    under = len(known) - over
    if any(item.is_aggravated_felony for item in known):
        return "1", "Convicted of an aggravated felony."
    if over >= 2:
        return "1", f"Convicted of {over} crimes each punishable by more than one year."
    if over == 1:
        return "2", "Convicted of one crime punishable by more than one year."
    if under >= 3:
        return "2", f"Convicted of {under} crimes each punishable by one year or less."
    return "3", "Convicted of crimes punishable by one year or less."


def _of_2014(known: Sequence[Conviction]) -> tuple[str | None, str]:
    """Those priorities of the memorandum of 20 November 2014 that rest on convictions; the others need facts beyond them."""
    if any(item.category is Category.NATIONAL_SECURITY for item in known):
        return "P1(a)", "Convicted of an offence against national security."
    if any(item.category is Category.GANG for item in known):
        return "P1(c)", "Convicted of an offence of which active gang participation was an element."
    if any(item.is_aggravated_felony for item in known):
        return "P1(e)", "Convicted of an aggravated felony."
    if any(item.is_felony for item in known):
        return "P1(d)", "Convicted of a felony."
    counted = [item for item in known if item.offence_class == "misdemeanor" and not item.is_minor_traffic]
    incidents = {item.incident or f"#{n}" for n, item in enumerate(counted)}
    if len(incidents) >= 3:
        return "P2(a)", f"Convicted of misdemeanours in {len(incidents)} separate incidents."
    if any(item.is_significant_misdemeanor for item in known):
        return "P2(b)", "Convicted of a significant misdemeanour."
    return None, "No conviction puts the person in a priority of the memorandum."


RULES = {Scheme.SC_2008: _of_2008, Scheme.ICE_10072_1: _of_2010, Scheme.PRIORITIES_2014: _of_2014}
