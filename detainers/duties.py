"""What staff must do, in words and as rules: when it is due, what its outcome may say, which fact settles it. Pure.

The codes come from the policy rows and from the edition of the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from detainers.policy_rows import DueFrom, Duty, Telling

DUTIES: dict[Duty, str] = {
    Duty.GIVE_COPY: "Give the person a copy of the detainer",
    Duty.STATE_INTENT: "Tell the person in writing whether this jail will comply",
    Duty.INFORM_DETENTION_BASIS: "Tell the person that the hold rests on a detainer",
    Duty.RECORD_CITIZENSHIP_EVIDENCE: "Record any evidence of citizenship or lawful status",
    Duty.JUDICIAL_ORDER: "Take the person before a judicial official and record the order",
    Duty.JUDGE_NOTICE: "Tell the judge of the pending case about the detainer",
    Duty.NOTIFY_ICE: "Notify ICE of the release time",
    Duty.DO_NOT_NOTIFY_ICE: "Do not tell ICE the release time; record that a request for it was declined",
    Duty.WRITTEN_RELEASE_NOTICE: (
        "If ICE is told a release date, tell the person and the attorney or one named person the same in "
        "writing"
    ),
    Duty.INTERVIEW_CONSENT: "Have the written consent form answered before any interview by ICE",
    Duty.INTERVIEW_ADVISEMENT: (
        "Before an interview by ICE, advise who asks, that the person may decline and stay silent, may have "
        "an attorney, and that answers may be used"
    ),
    Duty.INTERPRETER: "Provide an interpreter where one is needed",
    Duty.CONSULAR_NOTICE: "Tell the person that their consulate can be notified, and notify it if they ask",
    Duty.LOG_AND_REPORT: "Log the request and include it in the report to the authority",
}

SHORT: dict[Duty, str] = {
    Duty.GIVE_COPY: "Copy to the person",
    Duty.STATE_INTENT: "Statement of intent",
    Duty.INFORM_DETENTION_BASIS: "Basis of the detention",
    Duty.RECORD_CITIZENSHIP_EVIDENCE: "Evidence of status",
    Duty.JUDICIAL_ORDER: "Order of a judicial official",
    Duty.JUDGE_NOTICE: "Notice to the judge",
    Duty.NOTIFY_ICE: "Notify ICE",
    Duty.DO_NOT_NOTIFY_ICE: "Do not notify ICE",
    Duty.WRITTEN_RELEASE_NOTICE: "Written release notice",
    Duty.INTERVIEW_CONSENT: "Consent to an interview",
    Duty.INTERVIEW_ADVISEMENT: "Advice before an interview",
    Duty.INTERPRETER: "Interpreter",
    Duty.CONSULAR_NOTICE: "Consular notice",
    Duty.LOG_AND_REPORT: "Log and report",
}

TELLING: dict[str, dict[Telling, str]] = {
    "status": {
        Telling.PERMITTED: "Citizenship and immigration status may be exchanged with ICE (8 U.S.C. 1373).",
        Telling.REQUIRED: "Citizenship and immigration status must be given to ICE on request.",
        Telling.ON_CONDITIONS: "Immigration status may be given to ICE only on the law's conditions.",
        Telling.FORBIDDEN: "Citizenship and immigration status may not be given to ICE.",
    },
    "release": {
        Telling.PERMITTED: "ICE may be told the release date and time.",
        Telling.REQUIRED: "ICE must be told the release date and time.",
        Telling.ON_CONDITIONS: "ICE may be told the release date and time only on the law's conditions.",
        Telling.FORBIDDEN: "No law of this place allows telling ICE the release date and time.",
    },
}

TARGET_HOURS = 24
"""Own target where a law names no time. A 24-hour rule was proposed in California (SB 1364, 2020); never law."""


class Counts(StrEnum):
    """From when the hours of a duty count."""

    RECEIPT = "received"
    RELEASE = "release_eligible"
    CUSTODY = "custody"
    TOLD_ICE = "told_ice"
    BEFORE_EVENT = "before_event"


COUNTS: dict[Duty, Counts] = {
    # N.C. G.S. 162-62 (S.L. 2025-85): within two hours of the time when the person would otherwise be released.
    Duty.NOTIFY_ICE: Counts.RELEASE,
    # Cal. Gov. Code 7283.1(b): promptly, once ICE has been told.
    Duty.WRITTEN_RELEASE_NOTICE: Counts.TOLD_ICE,
    Duty.INTERVIEW_CONSENT: Counts.BEFORE_EVENT,
    Duty.INTERVIEW_ADVISEMENT: Counts.BEFORE_EVENT,
    Duty.INTERPRETER: Counts.BEFORE_EVENT,
    Duty.DO_NOT_NOTIFY_ICE: Counts.BEFORE_EVENT,
}

WHEN: dict[Counts, str] = {
    Counts.RECEIPT: "",
    Counts.RELEASE: "counted from the release time",
    Counts.CUSTODY: "counted from the booking",
    Counts.TOLD_ICE: "counted from telling ICE",
    Counts.BEFORE_EVENT: "before it happens; no hour is set",
}

ENDS_WITH_CUSTODY = frozenset(Duty) - {Duty.LOG_AND_REPORT, Duty.NOTIFY_ICE, Duty.WRITTEN_RELEASE_NOTICE}
"""What can no longer be done once the person has left. The log, and what is owed about a release, can."""
ENDS_WITH_DETAINER = frozenset(Duty) - {
    Duty.LOG_AND_REPORT,
    Duty.WRITTEN_RELEASE_NOTICE,
    Duty.CONSULAR_NOTICE,
}
"""What loses its object when the detainer is lifted or cancelled."""


class SettledBy(StrEnum):
    """Which fact is the outcome of a duty: one fact, never recorded twice."""

    OUTCOME = "outcome"
    SERVICE = "service"
    ORDER = "order"
    CLAIM_OR_OUTCOME = "claim_or_outcome"
    DISCLOSURE = "disclosure"


SETTLED_BY: dict[Duty, SettledBy] = {
    Duty.GIVE_COPY: SettledBy.SERVICE,
    Duty.JUDICIAL_ORDER: SettledBy.ORDER,
    Duty.RECORD_CITIZENSHIP_EVIDENCE: SettledBy.CLAIM_OR_OUTCOME,
    Duty.NOTIFY_ICE: SettledBy.DISCLOSURE,
}


def settled_by(duty: Duty) -> SettledBy:
    return SETTLED_BY.get(duty, SettledBy.OUTCOME)


def takes_outcome(duty: Duty) -> bool:
    """Whether a person records the outcome on the duty itself, and not as a service, an order or a disclosure."""
    return settled_by(duty) in (SettledBy.OUTCOME, SettledBy.CLAIM_OR_OUTCOME)


@dataclass(frozen=True, slots=True)
class Asks:
    """What the outcome of one duty must say."""

    to_person: bool = False
    """Something is said or given to the person: language and way are asked for, and the person may refuse to sign."""
    answers: tuple[tuple[str, str], ...] = ()
    recipients: bool = False
    interpreter: bool = False


ASKS: dict[Duty, Asks] = {
    Duty.STATE_INTENT: Asks(
        to_person=True,
        answers=(
            ("complies", "This jail will comply with the request"),
            ("declines", "This jail will not comply with the request"),
        ),
    ),
    Duty.INFORM_DETENTION_BASIS: Asks(to_person=True),
    Duty.WRITTEN_RELEASE_NOTICE: Asks(to_person=True, recipients=True),
    Duty.INTERVIEW_CONSENT: Asks(
        to_person=True,
        answers=(
            ("consents", "The person consents to the interview"),
            ("with_attorney", "The person consents, with an attorney present"),
            ("declines", "The person declines the interview"),
        ),
    ),
    Duty.INTERVIEW_ADVISEMENT: Asks(to_person=True),
    Duty.INTERPRETER: Asks(to_person=True, interpreter=True),
    Duty.CONSULAR_NOTICE: Asks(
        to_person=True,
        answers=(
            ("told", "The consulate was told"),
            ("not_wanted", "The person does not want the consulate to be told"),
        ),
    ),
    Duty.RECORD_CITIZENSHIP_EVIDENCE: Asks(answers=(("none_shown", "Asked; nothing was said or shown"),)),
}


def asks(duty: Duty) -> Asks:
    return ASKS.get(duty, Asks())


def counts_from(duty: Duty, due_from: str = "") -> Counts:
    """What the kind of duty counts from, else what the policy row says, else the receipt."""
    own = COUNTS.get(duty)
    return own if own is not None else Counts(due_from or Counts.RECEIPT)


def due_at(
    duty: Duty,
    due_hours: int | None,
    *,
    received_at: datetime,
    release_at: datetime | None = None,
    told_at: datetime | None = None,
    booked_at: datetime | None = None,
    due_from: str = "",
) -> datetime | None:
    """When a duty is due; None while what it counts from has not happened, or when no hour is set.

    Hours are real hours. Without hours in the law it is our own target of 24.
    """
    hours = timedelta(hours=TARGET_HOURS if due_hours is None else due_hours)
    start = {
        Counts.RECEIPT: received_at,
        Counts.RELEASE: release_at,
        Counts.CUSTODY: booked_at,
        Counts.TOLD_ICE: told_at,
        Counts.BEFORE_EVENT: None,
    }[counts_from(duty, due_from)]
    return None if start is None else start + hours


FROM: dict[DueFrom, str] = {
    DueFrom.RECEIVED: "",
    DueFrom.RELEASE_ELIGIBLE: " of the release time",
    DueFrom.CUSTODY: " of the booking",
}


def duty_sentence(duty: Duty, due_hours: int | None, due_from: DueFrom = DueFrom.RECEIVED) -> str:
    """`Give the person a copy of the detainer, within 24 hours.`"""
    within = f", within {due_hours} hours{FROM[due_from]}" if due_hours is not None else ""
    return f"{DUTIES[duty]}{within}."
