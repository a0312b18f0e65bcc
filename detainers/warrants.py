"""Which warrant who can have signed. Pure.

An I-200 (8 CFR 236.1(b), 287.5(e)(2)) and an I-205 (8 CFR 241.2) are signed by immigration officers, never by a judge; an NCIC
administrative hit is no warrant and is signed by nobody. A judge's warrant is one that a judicial officer signed.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Signer(StrEnum):
    """In what office a warrant was signed."""

    JUDGE = "judge"
    MAGISTRATE = "magistrate"
    COURT_CLERK = "court_clerk"
    IMMIGRATION_OFFICER = "immigration_officer"
    IMMIGRATION_JUDGE = "immigration_judge"
    OTHER = "other"
    NOBODY = "nobody"


WORDS: Final[dict[Signer, str]] = {
    Signer.JUDGE: "Judge of a state or federal court",
    Signer.MAGISTRATE: "Magistrate or other judicial officer",
    Signer.COURT_CLERK: "Clerk of court, by order of the court",
    Signer.IMMIGRATION_OFFICER: "Immigration officer, whatever the title",
    Signer.IMMIGRATION_JUDGE: "Immigration judge (an officer of the Department of Justice, no court)",
    Signer.OTHER: "Somebody else",
    Signer.NOBODY: "Nobody: a database hit",
}
JUDICIAL: Final = frozenset({Signer.JUDGE, Signer.MAGISTRATE, Signer.COURT_CLERK})
ADMINISTRATIVE_KINDS: Final = frozenset({"ADMIN_I200", "ADMIN_I205"})
_MARKS: Final[tuple[tuple[str, Signer], ...]] = (
    (r"immigration judge", Signer.IMMIGRATION_JUDGE),
    (r"clerk", Signer.COURT_CLERK),
    (r"magistrate|judicial officer", Signer.MAGISTRATE),
    (r"judge|justice", Signer.JUDGE),
    (r"officer|agent|immigration|supervis|director", Signer.IMMIGRATION_OFFICER),
    (r"none|nobody|unsigned", Signer.NOBODY),
)


def signer_of(text: str) -> Signer | None:
    """The office behind a code or the words of a paper, such as 'Deportation officer'; None when it is not to be told."""
    plain = text.strip().casefold()
    if plain in set(Signer):
        return Signer(plain)
    return next((signer for mark, signer in _MARKS if re.search(mark, plain)), None)


def words_of(text: str) -> str:
    """A stored signer as people read it; what was typed before there were codes stays as it was."""
    return WORDS[Signer(text)] if text in set(Signer) else text


def why_not(kind: str, signer: Signer) -> str:
    """Why nobody in this office can have signed this kind, in a sentence; empty when it fits."""
    if kind.startswith("JUDICIAL") and signer not in JUDICIAL:
        return (
            "A judge's warrant is signed by a judge, a magistrate or by order of a court. Signed by an immigration "
            "officer it is an I-200 or I-205: choose that kind, or check who signed."
        )
    if kind in ADMINISTRATIVE_KINDS and signer is not Signer.IMMIGRATION_OFFICER:
        return (
            "An I-200 or I-205 is signed by an immigration officer, never by a judge. Check who signed, or choose "
            "the kind of the warrant that the court issued."
        )
    if kind == "NCIC_ADMIN_HIT" and signer is not Signer.NOBODY:
        return "An NCIC hit is an entry in a database and no warrant: nobody signed it. Choose the kind of the paper."
    return ""
