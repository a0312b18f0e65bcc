"""Which records exist of a person apart from any booking: at the state, the FBI, the DHS, each on its own.

A criminal record says nothing about an immigration record or the other way round, so the two are never
derived from each other here. The texts are invented and in the manner of the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    """What the immigration response says of somebody whom the DHS has on file."""

    INTEREST = "interest"
    LAWFUL = "lawful"
    CITIZEN = "citizen"
    CITIZEN_UNNOTICED = "citizen_unnoticed"  # the file is out of date: it was never told of the citizenship


_HEAD: Final = (
    "IMMIGRATION ALIEN RESPONSE. RESPONSE TO BIOMETRIC QUERY. FINGERPRINT IDENTIFICATION NUMBER {fin}.",
)
_TAIL: Final = (
    "THIS RESPONSE IS NOT A GOVERNMENT DETAINER AND IS NOT A WARRANT.",
    "IT IS BASED ON RECORDS AVAILABLE AT THE TIME.",
)
_BODIES: Final[dict[Standing, tuple[str, ...]]] = {
    Standing.INTEREST: (
        "RECORDS INDICATE THAT THE SUBJECT IS NOT A CITIZEN AND HAS NO CURRENT PERIOD OF AUTHORIZED STAY.",
        "THE LOCAL FIELD OFFICE HAS BEEN INFORMED AND MAY CONTACT YOUR AGENCY.",
    ),
    Standing.LAWFUL: (
        "RECORDS INDICATE THAT THE SUBJECT WAS ADMITTED AS A LAWFUL PERMANENT RESIDENT.",
        "THERE IS NO ENFORCEMENT INTEREST AT THIS TIME.",
    ),
    Standing.CITIZEN: (
        "RECORDS INDICATE THAT THE SUBJECT BECAME A CITIZEN OF THE UNITED STATES BY NATURALIZATION.",
        "THERE IS NO ENFORCEMENT INTEREST.",
    ),
    Standing.CITIZEN_UNNOTICED: (
        "RECORDS INDICATE THAT THE SUBJECT WAS ADMITTED AS A CHILD. NO LATER CHANGE OF STATUS IS ON FILE.",
        "CITIZENSHIP COULD NOT BE DETERMINED FROM ELECTRONIC RECORDS. AN INTERVIEW IS NEEDED.",
        "THE LOCAL FIELD OFFICE HAS BEEN INFORMED AND MAY CONTACT YOUR AGENCY.",
    ),
}


@dataclass(frozen=True)
class Holdings:
    """Where somebody's prints are on file: numbers as the answers carry them, None where nothing is held."""

    sid: str | None = None  # state identification number
    ucn: str | None = None  # the FBI's number
    fin: str | None = None  # the DHS's fingerprint number, with its prefix
    iar: str | None = None  # what the immigration response says, one line per message

    @property
    def repositories(self) -> tuple[str, ...]:
        numbers = (("state", self.sid), ("fbi", self.ucn), ("dhs", self.fin))
        return tuple(name for name, number in numbers if number is not None)

    @property
    def has_criminal_record(self) -> bool:
        return self.sid is not None or self.ucn is not None

    @property
    def has_dhs_record(self) -> bool:
        return self.fin is not None


def holdings(
    person: int, *, state: str | None = None, fbi: bool = False, dhs: Standing | None = None
) -> Holdings:
    """Numbers follow from the person's number, so that every run and every file gives the same ones."""
    fin = f"FN-{1_900_000_000 + 7_919 * person}" if dhs else None
    return Holdings(
        sid=f"{state}{9_000_000 + 37 * person:08d}" if state else None,
        ucn=f"{person:04d}SA{person * 31 % 1000:03d}" if fbi else None,
        fin=fin,
        iar=response_text(dhs, fin) if dhs and fin else None,
    )


def response_text(standing: Standing, fin: str) -> str:
    return "\n".join((*_HEAD, *_BODIES[standing], *_TAIL)).format(fin=fin)


def rap_sheet(ucn: str) -> str:
    """A short criminal history, as the FBI's answer may bring one."""
    return (
        f"CRIMINAL HISTORY RECORD - SAMPLE DATA\nUCN {ucn}\n"
        "CYCLE 1  ARRESTED 2019-04-12  CHARGE 2399 LARCENY  DISPOSITION CONVICTED, 30 DAYS SUSPENDED\n"
        "CYCLE 2  ARRESTED 2022-10-03  CHARGE 5499 TRAFFIC OFFENSE  DISPOSITION DISMISSED\n"
        "END OF RECORD. POSITIVE IDENTIFICATION IS BY FINGERPRINTS ONLY."
    )
