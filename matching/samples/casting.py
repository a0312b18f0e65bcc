"""What a sample booking is: who is booked where and for what, with which prints, and which records exist.

How people at the jail then act on it is not written here; whoever plays that reads `outcome`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from matching.samples.people import Persona, draw, respell
from matching.samples.records import Holdings, Standing, holdings

ARRESTED_ON: Final = date(2026, 11, 9)  # of all samples: files must not change from day to day


class Outcome(StrEnum):
    """How the sample is meant to end."""

    NO_RECORD = "no_record"
    CRIMINAL_ONLY = "criminal_only"
    IMMIGRATION_NO_INTEREST = "immigration_no_interest"
    HOLD_ICE_CUSTODY = "hold_ice_custody"
    HOLD_EXPIRES_RELEASE = "hold_expires_release"
    DETAINER_LIFTED = "detainer_lifted"
    POLICY_FORBIDS_MA = "policy_forbids_ma"
    NEVER_SERVED = "never_served"
    MINOR = "minor"
    CITIZENSHIP_CLAIM = "citizenship_claim"
    POOR_PRINTS_REPRINT = "poor_prints_reprint"
    REARREST = "rearrest"
    PAPER_DETAINER_NO_MATCH = "paper_detainer_no_match"
    LATE_RELEASE_BREACH = "late_release_breach"
    NC_NEW_RULE = "nc_new_rule"
    NJ_SAME_DAY = "nj_same_day"
    UNKNOWN_JURISDICTION = "unknown_jurisdiction"
    DEFICIENT_FORM = "deficient_form"
    JUDICIAL_WARRANT = "judicial_warrant"


@dataclass(frozen=True)
class Jail:
    key: str
    name: str
    state: str
    zone: str
    ori: str
    bureau_ori: str


JAILS: Final = {
    jail.key: jail
    for jail in (
        Jail("cedar_tx", "Cedar County Jail", "TX", "America/Chicago", "TX9990100", "TXSIB0000"),
        Jail(
            "harbor_ma",
            "Harbor County House of Correction",
            "MA",
            "America/New_York",
            "MA9990100",
            "MASIB0000",
        ),
        Jail("pine_nc", "Pine County Detention Center", "NC", "America/New_York", "NC9990100", "NCSIB0000"),
        Jail("marsh_nj", "Marsh County Jail", "NJ", "America/New_York", "NJ9990100", "NJSIB0000"),
        Jail("mesa_ut", "Mesa County Jail", "UT", "America/Denver", "UT9990100", "UTSIB0000"),
    )
}


@dataclass(frozen=True)
class Charge:
    """NCIC offence code, its words, and its class."""

    offence_code: str
    description: str
    offence_class: str


OFFENCES: Final = {
    charge.offence_code: charge
    for charge in (
        Charge("1313", "Simple assault", "misdemeanor"),
        Charge("1315", "Aggravated assault with a weapon", "felony"),
        Charge("2202", "Burglary, forced entry of a residence", "felony"),
        Charge("2303", "Shoplifting", "misdemeanor"),
        Charge("2399", "Larceny", "misdemeanor"),
        Charge("2404", "Vehicle theft", "felony"),
        Charge("2605", "Fraudulent use of a credit card", "felony"),
        Charge("2902", "Damage to private property", "misdemeanor"),
        Charge("3562", "Possession of marijuana", "misdemeanor"),
        Charge("4801", "Resisting an officer", "misdemeanor"),
        Charge("5015", "Failure to appear", "misdemeanor"),
        Charge("5311", "Disorderly conduct", "misdemeanor"),
        Charge("5404", "Driving under the influence of liquor", "misdemeanor"),
        Charge("5499", "Traffic offense", "misdemeanor"),
        Charge("5707", "Trespassing", "misdemeanor"),
    )
}


@dataclass(frozen=True)
class Prints:
    """Whose fingers, which time they were pressed, and what a scanner made of it."""

    person: int
    impression: int = 1
    poor: bool = False
    reprint: int | None = None  # impression of the second, better card
    missing: tuple[tuple[int, str], ...] = ()  # position, XX amputated or UP bandaged
    record_type: int = 4

    @property
    def positions(self) -> tuple[int, ...]:
        gone = {position for position, _ in self.missing}
        return tuple(position for position in range(1, 11) if position not in gone)


@dataclass(frozen=True)
class Sample:
    """One booking. `known_as` says under which key the same person was booked before, if at all."""

    key: str
    title: str
    outcome: Outcome
    jail: str
    booking_number: str
    surname: str
    given_names: str
    birth_date: date
    sex: str
    birth_place: str
    charges: tuple[Charge, ...]
    prints: Prints
    holdings: Holdings
    known_as: str | None = None
    arrested_on: date = ARRESTED_ON

    @property
    def person(self) -> int:
        return self.prints.person

    @property
    def impression(self) -> int:
        return self.prints.impression

    @property
    def poor(self) -> bool:
        return self.prints.poor

    @property
    def file_name(self) -> str:
        return f"{self.key}.eft"

    @property
    def reprint_file_name(self) -> str | None:
        return f"{self.key}.reprint.eft" if self.prints.reprint is not None else None


@dataclass(frozen=True)
class Scenario:
    """What a sample is about, before anybody is put into it."""

    key: str
    title: str
    outcome: Outcome
    jail: str
    offences: tuple[str, ...]
    is_known_to_state: bool = False
    is_known_to_fbi: bool = False
    dhs: Standing | None = None
    is_born_abroad: bool = False
    birth_date: date | None = None
    prints: Prints | None = None
    same_person_as: str | None = None


def cast_of(scenarios: tuple[Scenario, ...]) -> tuple[Sample, ...]:
    """Put people into the scenarios, person 1 into the first; who that is does not depend on the scenario."""
    samples: dict[str, Sample] = {}
    for number, scenario in enumerate(scenarios, start=1):
        earlier = samples[scenario.same_person_as] if scenario.same_person_as else None
        samples[scenario.key] = _again(number, scenario, earlier) if earlier else _new(number, scenario)
    return tuple(samples.values())


def _new(number: int, scenario: Scenario) -> Sample:
    persona = draw(number)
    held = holdings(
        number,
        state=JAILS[scenario.jail].state if scenario.is_known_to_state else None,
        fbi=scenario.is_known_to_fbi,
        dhs=scenario.dhs,
    )
    return Sample(
        key=scenario.key,
        title=scenario.title,
        outcome=scenario.outcome,
        jail=scenario.jail,
        booking_number=booking_number(number),
        surname=persona.surname,
        given_names=persona.given_names,
        birth_date=scenario.birth_date or persona.birth_date,
        sex=persona.sex,
        birth_place=_birth_place(persona, scenario),
        charges=tuple(OFFENCES[code] for code in scenario.offences),
        prints=replace(scenario.prints, person=number) if scenario.prints else Prints(number),
        holdings=held,
    )


def _again(number: int, scenario: Scenario, earlier: Sample) -> Sample:
    """The same fingers pressed again, another name on the card, and the records that exist anyway."""
    return replace(
        earlier,
        key=scenario.key,
        title=scenario.title,
        outcome=scenario.outcome,
        jail=scenario.jail,
        booking_number=booking_number(number),
        surname=respell(earlier.surname),
        given_names=respell(earlier.given_names),
        charges=tuple(OFFENCES[code] for code in scenario.offences),
        prints=Prints(earlier.person, impression=earlier.impression + 1),
        known_as=earlier.key,
    )


def _birth_place(persona: Persona, scenario: Scenario) -> str:
    return persona.foreign_place if scenario.is_born_abroad else persona.native_place


def booking_number(number: int) -> str:
    return f"S26-{4100 + number}"
