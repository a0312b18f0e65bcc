"""What an error code of an answer asks of us. A code that we do not know always needs a person."""

from collections.abc import Iterable
from enum import StrEnum


class Retry(StrEnum):
    """What to do after a reject; nothing here is ever done without being shown."""

    NONE = "none"
    FIX_DATA = "fix_data"
    REPRINT = "reprint"
    RESEND_ONCE = "resend_once"
    FIX_SETTINGS = "fix_settings"
    FIX_BUILDER = "fix_builder"
    ASK_A_PERSON = "ask_a_person"


ADVICE: dict[Retry, str] = {
    Retry.NONE: "Nothing has to be sent again.",
    Retry.FIX_DATA: "Correct the fields that the message names and send a new transaction.",
    Retry.REPRINT: "Take the prints again. The reject says nothing about whether the person is known.",
    Retry.RESEND_ONCE: "Send the same bytes once more; if refused again, an engineer has to look at it.",
    Retry.FIX_SETTINGS: "The agency is not authorised for this transaction; correct its settings.",
    Retry.FIX_BUILDER: "The file was built wrongly; an engineer has to look at it.",
    Retry.ASK_A_PERSON: "A person has to read the message and decide.",
}

_BY_CODE = {
    "E0001": Retry.FIX_DATA, "E0002": Retry.FIX_DATA, "E0003": Retry.FIX_DATA, "E0006": Retry.FIX_DATA,
    "H0001": Retry.FIX_DATA, "H0002": Retry.FIX_DATA, "H0003": Retry.FIX_DATA,
    "E0004": Retry.RESEND_ONCE, "E0005": Retry.FIX_BUILDER, "L0008": Retry.REPRINT,
    "L0016": Retry.REPRINT, "L0116": Retry.REPRINT, "L0117": Retry.REPRINT, "L0118": Retry.REPRINT,
    "L0041": Retry.ASK_A_PERSON, "RB001": Retry.ASK_A_PERSON,
}  # fmt: skip
_AUTHORISATION = "A"
_REJECTS = frozenset({Retry.FIX_DATA, Retry.REPRINT})
_GRAVEST_FIRST = (
    Retry.ASK_A_PERSON,
    Retry.FIX_SETTINGS,
    Retry.FIX_BUILDER,
    Retry.RESEND_ONCE,
    Retry.REPRINT,
    Retry.FIX_DATA,
)


def advice_for(codes: Iterable[str]) -> Retry:
    """The advice that asks most of people among those of the codes; without a code, a person."""
    advice = {_advice(code) for code in codes}
    return next((retry for retry in _GRAVEST_FIRST if retry in advice), Retry.ASK_A_PERSON)


def is_reject(codes: Iterable[str]) -> bool:
    """Whether the sender can mend data or prints; everything else is an error between systems."""
    return advice_for(codes) in _REJECTS


def _advice(code: str) -> Retry:
    if code.startswith(_AUTHORISATION):
        return Retry.FIX_SETTINGS
    return _BY_CODE.get(code, Retry.ASK_A_PERSON)
