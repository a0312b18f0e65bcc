"""What staff must do, in words. The codes come from the policy rows."""

from __future__ import annotations

from detainers.policy_rows import DueFrom, Duty, Telling

DUTIES: dict[Duty, str] = {
    Duty.GIVE_COPY: "Give the person a copy of the detainer",
    Duty.STATE_INTENT: "Tell the person in writing whether this jail will comply",
    Duty.INFORM_DETENTION_BASIS: "Tell the person that the hold rests on a detainer",
    Duty.RECORD_CITIZENSHIP_EVIDENCE: "Record any evidence of citizenship or lawful status",
    Duty.JUDICIAL_ORDER: "Take the person before a judicial official and record the order",
    Duty.JUDGE_NOTICE: "Tell the judge of the pending case about the detainer",
    Duty.NOTIFY_ICE: "Notify ICE of the release time",
    Duty.DO_NOT_NOTIFY_ICE: "Do not tell ICE the release time",
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


FROM: dict[DueFrom, str] = {
    DueFrom.RECEIVED: "",
    DueFrom.RELEASE_ELIGIBLE: " of the release time",
    DueFrom.CUSTODY: " of the booking",
}


def duty_sentence(duty: Duty, due_hours: int | None, due_from: DueFrom = DueFrom.RECEIVED) -> str:
    """`Give the person a copy of the detainer, within 24 hours.`"""
    within = f", within {due_hours} hours{FROM[due_from]}" if due_hours is not None else ""
    return f"{DUTIES[duty]}{within}."
