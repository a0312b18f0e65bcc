"""The transaction control number (1.009): two letters of the state, the day, and a sequence of twelve digits.

It is unique per sender. The same bytes sent again keep it; a correction gets a new one.
"""

import re
from datetime import date

from matching.formats.ebts_check import read_date
from matching.formats.ebts_table import STATE_CODES
from matching.formats.errors import FieldProblem, UnwritableEft

LAST_SEQUENCE = 10**12 - 1
_OURS = re.compile(r"([A-Z]{2})(\d{8})(\d{12})", re.ASCII)
_ANY = re.compile(r"[!-~]{10,40}")


def build_tcn(state: str, day: date, sequence: int) -> str:
    """`<state><YYYYMMDD><sequence of 12 digits>`; raises UnwritableEft for an unknown state or number."""
    if state not in STATE_CODES:
        raise _refusal("needs the two-letter code of a state; enter it in the agency's settings")
    if not 0 <= sequence <= LAST_SEQUENCE:
        raise _refusal("has a sequence number that is not of at most twelve digits; start a new sequence")
    return f"{state}{day:%Y%m%d}{sequence:012d}"


def is_own_tcn(text: str) -> bool:
    """Whether a number has the form that `build_tcn` gives."""
    match = _OURS.fullmatch(text)
    return match is not None and match[1] in STATE_CODES and read_date(match[2]) is not None


def is_valid_tcn(text: str) -> bool:
    """Whether a number is what the format allows: 10 to 40 printable characters without blanks."""
    return _ANY.fullmatch(text) is not None


def refuse_bad_tcn(text: str) -> None:
    """Raises UnwritableEft for a number that the format does not allow."""
    if not is_valid_tcn(text):
        raise _refusal("must have 10 to 40 printable characters without blanks; build it with build_tcn")


def _refusal(text: str) -> UnwritableEft:
    return UnwritableEft([FieldProblem("1.009", "TCN", f"1.009 TCN {text}.", "invalid")])
