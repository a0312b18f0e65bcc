"""Why a detainer ended, in codes that mean the same everywhere. Pure.

One letter: DetentionDetainerLiftCode of NIEM 5.2 (immigration domain). The others are ours; `ICE` gives the words of the lift
reasons in ICE's own table, so that both can be counted together.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class LiftCode(StrEnum):
    """Why the issuing side ended it, or what ended it instead."""

    BOOKED = "B"
    CASE_CLOSED = "C"
    DIED = "D"
    NO_FUNDS = "F"
    LIFTED = "L"
    NOT_DEPORTABLE = "N"
    NO_SPACE = "S"
    TRANSFERRED = "T"
    CITIZEN = "U"
    WITHDRAWN = "withdrawn"
    COURT_ORDER = "court_order"
    NO_PROBABLE_CAUSE = "no_probable_cause"
    CANCELLED_BY_FORM = "cancelled_by_form"
    AMENDED = "amended"
    DECLINED = "declined_by_policy"
    EXPIRED = "expired_48h"


MEANING: Final[Mapping[LiftCode, str]] = {
    LiftCode.BOOKED: "Booked into immigration detention",
    LiftCode.CASE_CLOSED: "The immigration case was closed",
    LiftCode.DIED: "The person died",
    LiftCode.NO_FUNDS: "Lifted for lack of funds",
    LiftCode.LIFTED: "Lifted by the issuing office, no reason given",
    LiftCode.NOT_DEPORTABLE: "Not subject to removal",
    LiftCode.NO_SPACE: "Lifted for lack of space",
    LiftCode.TRANSFERRED: "The person was transferred",
    LiftCode.CITIZEN: "Citizen of the United States, interviewed",
    LiftCode.WITHDRAWN: "Withdrawn: it should not have been sent",
    LiftCode.COURT_ORDER: "Ended by order of a court",
    LiftCode.NO_PROBABLE_CAUSE: "No probable cause",
    LiftCode.CANCELLED_BY_FORM: "Cancelled by the cancel box of a later form",
    LiftCode.AMENDED: "Replaced by a new version",
    LiftCode.DECLINED: "Not followed: the law of the place gives no authority",
    LiftCode.EXPIRED: "The time to hold ran out",
}
ICE: Final[Mapping[LiftCode, str]] = {
    LiftCode.BOOKED: "Booked into Detention",
    LiftCode.CASE_CLOSED: "Case Closed",
    LiftCode.DIED: "Died",
    LiftCode.NO_FUNDS: "Lifted - Lack of Funds",
    LiftCode.LIFTED: "Lifted",
    LiftCode.NOT_DEPORTABLE: "Alien Not Subject to Deportation",
    LiftCode.NO_SPACE: "Lifted - Lack of Space",
    LiftCode.TRANSFERRED: "Transferred",
    LiftCode.CITIZEN: "United States Citizen Interviewed",
    LiftCode.WITHDRAWN: "Prosecutorial Discretion",
    LiftCode.COURT_ORDER: "Judicial Review",
    LiftCode.DECLINED: "Detainer Declined by LEA",
}
BY_ISSUER: Final = (
    LiftCode.LIFTED,
    LiftCode.WITHDRAWN,
    LiftCode.CITIZEN,
    LiftCode.NOT_DEPORTABLE,
    LiftCode.NO_PROBABLE_CAUSE,
    LiftCode.COURT_ORDER,
    LiftCode.CASE_CLOSED,
    LiftCode.BOOKED,
    LiftCode.TRANSFERRED,
    LiftCode.NO_FUNDS,
    LiftCode.NO_SPACE,
    LiftCode.DIED,
)
"""What may be said when a lift is recorded; the rest follows from other facts."""


def outcome(*, lift_code: str, is_live: bool, hold_state: str, grants: bool | None) -> str:
    """What became of a detainer, as a code; '' while nothing has.

    `hold_state` is how its last hold ended, '' without one; `grants` what the policy said last, None before it was asked.
    """
    if not is_live:
        return lift_code or LiftCode.LIFTED.value
    if hold_state == "expired":
        return LiftCode.EXPIRED.value
    if hold_state == "ice_custody":
        return LiftCode.BOOKED.value
    if grants is False:
        return LiftCode.DECLINED.value
    return ""
