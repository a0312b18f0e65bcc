"""The thirty sample bookings: ordinary ones first, then one of each kind that goes another way."""

from __future__ import annotations

from datetime import date
from typing import Final

from matching.samples.casting import (
    JAILS,
    Charge,
    Jail,
    Outcome,
    Prints,
    Sample,
    Scenario,
    cast_of,
)
from matching.samples.records import Standing

__all__ = ["CAST", "JAILS", "SCENARIOS", "Charge", "Jail", "Outcome", "Prints", "Sample", "sample"]

_INTEREST, _LAWFUL, _CITIZEN = Standing.INTEREST, Standing.LAWFUL, Standing.CITIZEN
_MINOR_BORN: Final = date(2010, 6, 15)

SCENARIOS: Final = (
    Scenario("no-record-1", "Nothing on file anywhere", Outcome.NO_RECORD, "cedar_tx", ("5311",)),
    Scenario("no-record-2", "Nothing on file, prints sent as Type-14 records", Outcome.NO_RECORD, "pine_nc",
             ("5499",), is_born_abroad=True, prints=Prints(0, record_type=14)),
    Scenario("no-record-3", "Nothing on file, Massachusetts", Outcome.NO_RECORD, "harbor_ma", ("2902",)),
    Scenario("no-record-4", "Nothing on file, New Jersey", Outcome.NO_RECORD, "marsh_nj", ("2303",),
             is_born_abroad=True),
    Scenario("criminal-only-1", "A criminal record, nothing at the DHS", Outcome.CRIMINAL_ONLY, "cedar_tx",
             ("2399", "4801"), is_known_to_state=True, is_known_to_fbi=True),
    Scenario("criminal-only-2", "A record in another state only", Outcome.CRIMINAL_ONLY, "harbor_ma",
             ("5404",), is_known_to_fbi=True, is_born_abroad=True),
    Scenario("missing-fingers", "Two fingers amputated, a record on the other eight", Outcome.CRIMINAL_ONLY,
             "marsh_nj", ("2605",), is_known_to_state=True, is_known_to_fbi=True,
             prints=Prints(0, missing=((3, "XX"), (4, "XX")))),
    Scenario("no-interest-1", "Lawful permanent resident", Outcome.IMMIGRATION_NO_INTEREST, "cedar_tx",
             ("5404",), dhs=_LAWFUL, is_born_abroad=True),
    Scenario("no-interest-2", "Naturalized citizen with a criminal record", Outcome.IMMIGRATION_NO_INTEREST,
             "pine_nc", ("2399",), is_known_to_state=True, is_known_to_fbi=True, dhs=_CITIZEN,
             is_born_abroad=True),
    Scenario("ice-custody-1", "Held on a detainer and taken over by ICE in time", Outcome.HOLD_ICE_CUSTODY,
             "cedar_tx", ("2202",), is_known_to_state=True, is_known_to_fbi=True, dhs=_INTEREST,
             is_born_abroad=True),
    Scenario("ice-custody-2", "No criminal record, taken over by ICE in time", Outcome.HOLD_ICE_CUSTODY,
             "cedar_tx", ("5499",), dhs=_INTEREST, is_born_abroad=True),
    Scenario("hold-expires-1", "Nobody came: released when the hold ended", Outcome.HOLD_EXPIRES_RELEASE,
             "cedar_tx", ("1313",), dhs=_INTEREST, is_born_abroad=True),
    Scenario("hold-expires-2", "Nobody came, North Carolina", Outcome.HOLD_EXPIRES_RELEASE, "pine_nc",
             ("2404",), is_known_to_fbi=True, dhs=_INTEREST, is_born_abroad=True),
    Scenario("detainer-lifted", "The detainer was lifted before release", Outcome.DETAINER_LIFTED, "cedar_tx",
             ("3562",), dhs=_INTEREST, is_born_abroad=True),
    Scenario("policy-forbids-1", "Massachusetts law allows no hold", Outcome.POLICY_FORBIDS_MA, "harbor_ma",
             ("2303",), dhs=_INTEREST, is_born_abroad=True),
    Scenario("policy-forbids-2", "Massachusetts again, with a record", Outcome.POLICY_FORBIDS_MA, "harbor_ma",
             ("1315",), is_known_to_state=True, is_known_to_fbi=True, dhs=_INTEREST, is_born_abroad=True),
    Scenario("never-served", "The detainer was never served on the person", Outcome.NEVER_SERVED, "cedar_tx",
             ("5707",), dhs=_INTEREST, is_born_abroad=True),
    Scenario("minor", "Sixteen years old: prints are kept back", Outcome.MINOR, "pine_nc", ("2303",),
             birth_date=_MINOR_BORN),
    Scenario("citizenship-claim", "A citizen whom the federal file does not know as one",
             Outcome.CITIZENSHIP_CLAIM, "cedar_tx", ("5311",), dhs=Standing.CITIZEN_UNNOTICED),
    Scenario("poor-prints", "Smudged prints, refused and taken again", Outcome.POOR_PRINTS_REPRINT,
             "cedar_tx", ("2399",), is_known_to_state=True, is_known_to_fbi=True,
             prints=Prints(0, poor=True, reprint=2)),
    Scenario("rearrest", "Booked before under another spelling", Outcome.REARREST, "cedar_tx", ("5015",),
             same_person_as="criminal-only-1"),
    Scenario("paper-detainer", "A paper detainer although no search matched", Outcome.PAPER_DETAINER_NO_MATCH,
             "cedar_tx", ("5404",), is_born_abroad=True),
    Scenario("late-release", "Released after authority had ended", Outcome.LATE_RELEASE_BREACH, "cedar_tx",
             ("5311", "5707"), dhs=_INTEREST, is_born_abroad=True),
    Scenario("nc-new-rule", "North Carolina's rule of October 2025", Outcome.NC_NEW_RULE, "pine_nc",
             ("1315",), is_known_to_state=True, is_known_to_fbi=True, dhs=_INTEREST, is_born_abroad=True),
    Scenario("nj-same-day", "New Jersey: not past the end of the day", Outcome.NJ_SAME_DAY, "marsh_nj",
             ("2202",), is_known_to_fbi=True, dhs=_INTEREST, is_born_abroad=True),
    Scenario("unknown-place", "A state without a policy on file", Outcome.UNKNOWN_JURISDICTION, "mesa_ut",
             ("2399",), dhs=_INTEREST, is_born_abroad=True),
    Scenario("deficient-form", "A detainer with boxes missing", Outcome.DEFICIENT_FORM, "cedar_tx", ("2902",),
             dhs=_INTEREST, is_born_abroad=True),
    Scenario("judicial-warrant", "A judge's warrant, which is an authority of its own",
             Outcome.JUDICIAL_WARRANT, "harbor_ma", ("2404",), is_known_to_fbi=True, dhs=_INTEREST,
             is_born_abroad=True),
    Scenario("criminal-only-3", "One bandaged finger and a record", Outcome.CRIMINAL_ONLY, "mesa_ut",
             ("5404",), is_known_to_state=True, is_known_to_fbi=True, prints=Prints(0, missing=((7, "UP"),))),
    Scenario("no-record-5", "Nothing on file, trespassing", Outcome.NO_RECORD, "cedar_tx",
             ("5707",)),
)  # fmt: skip

CAST: Final[tuple[Sample, ...]] = cast_of(SCENARIOS)


def sample(key: str) -> Sample:
    """Raises KeyError for a key that is not in the cast."""
    return {sample.key: sample for sample in CAST}[key]
