"""Codes of the view as words, and a case as a relative timeline. Pure: no query, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any

CUSTODY = {
    "in_custody": "In custody",
    "released": "Released",
    "to_ice": "Federal officers took custody",
    "transferred": "Handed to another agency",
    "died": "Died in custody",
    "escaped": "Escaped",
}
AUTHORITY = {
    "local_ground": "a local ground",
    "hold": "a hold on a detainer",
    "none": "no authority",
}
SOURCES = {
    "state": "State bureau (criminal history)",
    "fbi": "FBI (criminal history)",
    "dhs": "DHS (immigration)",
}
ANSWERS = {
    "not_expected": "No answer expected",
    "held_back": "Prints held back",
    "waiting": "Waiting",
    "identification": "Prints found on record",
    "non_identification": "No such prints on record",
    "inconclusive": "No finding yet",
    "rejected": "Prints refused; no finding",
    "error": "Message failed; no finding",
    "overdue": "Late; no finding",
    "awaiting_iar": "Prints found on record; the immigration response is still to come",
    "iar_no_interest": "Immigration response: no interest",
    "iar_interest": "Immigration response: interest",
    "iar_citizen_or_lawful": "Immigration response: citizen or lawfully present",
}
CHANNELS = {
    "paper": "on paper",
    "fax": "by fax",
    "email": "by e-mail",
    "file": "by file",
    "api": "by API",
    "in_system": "issued in the system",
}
DETAINER_STATES = {
    "received": "Received",
    "deficient": "Deficient on its face",
    "served": "Served",
    "lifted": "Lifted",
    "cancelled": "Cancelled by a later form",
}
WARRANTS = {
    "JUDICIAL_CRIMINAL": "Criminal warrant signed by a judge",
    "JUDICIAL_CIVIL": "Civil warrant signed by a judge",
    "ADMIN_I200": "I-200, signed by an immigration officer",
    "ADMIN_I205": "I-205, signed by an immigration officer",
    "NCIC_ADMIN_HIT": "NCIC immigration hit, no warrant",
}
RULES = {
    "STRAIGHT_48": "48 hours, every hour counts",
    "EXCL_48": "48 hours without weekends and federal holidays",
}
LIMITS = {"FORM": "The form", "POLICY": "The policy of the place"}
HOLD_ENDS = {
    "active": "The hold runs",
    "expired": "Ended by its deadline",
    "lifted": "Ended: the detainer was lifted or cancelled",
    "released": "Ended: the person was released",
    "ice_custody": "Ended: federal officers took custody",
    "transferred": "Ended: another agency took the person over",
    "died": "Ended: the person died",
    "escaped": "Ended: the person escaped",
    "suspended": "Ended: a local ground began",
    "excused": "Ended: the policy no longer allowed it",
    "corrected": "Facts under it were corrected by two people",
}
TRIED = {"met": "met", "not_met": "not met", "forbids": "forbids it", "nothing": "changes nothing"}
GROUNDS = {
    "charge": "a pending charge",
    "sentence": "a sentence",
    "judicial_warrant": "a judge's warrant",
    "court_order": "a court order",
}
GROUND_ENDS = {
    "charges_dropped": "charges dropped or dismissed",
    "acquitted": "acquitted",
    "sentence_served": "sentence served",
    "bond": "bond posted or own recognizance",
    "diversion": "pre-trial diversion",
    "warrant_ended": "warrant or order ended",
    "other": "otherwise eligible",
    "left_custody": "left custody",
    "in_error": "entered in error, never a ground",
}
CLAIMS = {"citizenship": "citizenship", "lawful_status": "lawful status"}
CUSTODY_STEPS = {
    "booked": "Booked.",
    "release_eligible": "The last local ground ended. From here the person was to be released unless another authority held.",
    "released": "Left custody: released.",
    "transferred": "Left custody: handed to another agency.",
    "died": "Died in custody.",
    "escaped": "Escaped.",
    "recaptured": "Back in custody.",
}


class Order(IntEnum):
    """What stands first among things of the same hour: causes before what follows from them."""

    BOOKED = auto()
    GROUND = auto()
    ELIGIBLE = auto()
    ANSWER = auto()
    RECEIVED = auto()
    CLAIM = auto()
    DECISION = auto()
    SERVED = auto()
    HOLD = auto()
    HOLD_ENDED = auto()
    DETAINER_ENDED = auto()
    BREACH = auto()
    CUSTODY = auto()
    BREACH_ENDED = auto()
    CORRECTION = auto()


CUSTODY_ORDER = {"booked": Order.BOOKED, "release_eligible": Order.ELIGIBLE}


@dataclass(frozen=True, order=True)
class Step:
    """One line of the timeline: whole hours after booking (in minutes), what happened, and whether it is an alarm."""

    minutes: int
    order: Order
    sentence: str = ""
    is_alarm: bool = False

    @property
    def when(self) -> str:
        return "In the first hour" if self.minutes == 0 else f"{span(self.minutes)} after booking"


def span(minutes: int) -> str:
    """'16 h', '1 h 40 min', '5 min', '2 d 3 h'; a minus sign where the order was reversed."""
    sign, minutes = ("−" if minutes < 0 else ""), abs(minutes)
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (left, "min")) if number]
    return sign + (" ".join(parts) or "0 min")


def timeline(case: Any) -> list[Step]:
    """Everything that happened, oldest first, in whole hours after booking."""
    found = [*_custody(case.steps), *_answers(case.answers), *_detainers(case.detainers)]
    found += [*_holds(case.holds), *_breaches(case.breaches), *_corrections(case.corrections)]
    return sorted(found)


def _custody(rows: Iterable[Mapping[str, Any]]) -> Iterable[Step]:
    for row in rows:
        kind, ground = row["kind"], GROUNDS.get(row["ground"] or "", "a local ground")
        if kind == "ground_added":
            yield Step(row["minutes"], Order.GROUND, f"A local ground to hold began: {ground}.")
        elif kind == "ground_ended":
            why = GROUND_ENDS.get(row["reason"] or "", "ended")
            yield Step(row["minutes"], Order.GROUND, f"{ground[0].upper()}{ground[1:]} ended: {why}.")
        elif kind == "status_claimed":
            how = "gave proof of" if row["reason"] == "proof" else "claimed"
            yield Step(
                row["minutes"], Order.CLAIM, f"The person {how} {CLAIMS.get(row['ground'], 'a status')}."
            )
        else:
            yield Step(row["minutes"], CUSTODY_ORDER.get(kind, Order.CUSTODY), CUSTODY_STEPS.get(kind, kind))


CORRECTION_REASONS = {
    "typing": "a typing error",
    "wrong_time": "the time was wrong",
    "wrong_person": "it concerned another person",
    "wrong_paper": "the paper says something else",
    "learned_later": "the facts were learned later",
    "court": "a court or the issuing side corrected it",
}


def _corrections(rows: Iterable[Mapping[str, Any]]) -> Iterable[Step]:
    for row in rows:
        who = "Two people moved" if row["movement"] == "later" else "The jail moved"
        why = CORRECTION_REASONS.get(row["reason"], row["reason"])
        sentence = f"{who} the end of authority {row['movement']} by correcting a recorded fact ({row['kind']}): {why}."
        yield Step(row["minutes"], Order.CORRECTION, sentence, is_alarm=row["movement"] == "later")


def _answers(rows: Iterable[Mapping[str, Any]]) -> Iterable[Step]:
    for row in rows:
        if row["minutes"] is not None:
            source = SOURCES.get(row["source"], row["source"])
            yield Step(
                row["minutes"], Order.ANSWER, f"{source}: {ANSWERS.get(row['state'], row['state']).lower()}."
            )


def _detainers(rows: Iterable[Mapping[str, Any]]) -> Iterable[Step]:
    for row in rows:
        yield Step(
            row["received"],
            Order.RECEIVED,
            f"Detainer {row['edition']} received {CHANNELS.get(row['channel'], '')}.",
        )
        if row["served"] is not None:
            yield Step(
                row["served"], Order.SERVED, f"A copy of detainer {row['edition']} was served on the person."
            )
        if row["ended"] is not None:
            yield Step(
                row["ended"],
                Order.DETAINER_ENDED,
                f"Detainer {row['edition']}: {DETAINER_STATES[row['state']].lower()}.",
            )
        decision = row["decision"]
        if decision:
            sentence = f"Policy {decision['policy']} applied: {decision['verdict'].replace('_', ' ')}."
            yield Step(decision["minutes"], Order.DECISION, sentence)


def _holds(rows: Iterable[Mapping[str, Any]]) -> Iterable[Step]:
    for row in rows:
        yield Step(
            row["started"],
            Order.HOLD,
            f"A hold on the detainer began ({RULES.get(row['rule'], row['rule'])}).",
        )
        if row["ended"] is not None:
            yield Step(row["ended"], Order.HOLD_ENDED, f"The hold {_ended(row['state'])}.")


def _ended(state: str) -> str:
    words = HOLD_ENDS.get(state, "Ended")
    return f"{words[0].lower()}{words[1:]}".replace(":", " because", 1)


def _breaches(rows: Iterable[Mapping[str, Any]]) -> Iterable[Step]:
    for row in rows:
        yield Step(
            row["from"],
            Order.BREACH,
            "Authority to hold ended and the person was still in custody: a breach.",
            is_alarm=True,
        )
        if row["until"] is not None:
            yield Step(
                row["until"],
                Order.BREACH_ENDED,
                f"The breach ended after {span(row['minutes'])}.",
                is_alarm=True,
            )
