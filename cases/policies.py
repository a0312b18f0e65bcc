"""Whether an act is allowed now, whoever asks. Pure: arguments in, verdict or error out."""

import re
from datetime import date, datetime, timedelta

from accounts.errors import FieldError, IllegalMove, Invalid
from cases.booking import BookingRequest, PersonFacts
from cases.ports import EftFacts, NameFolder
from cases.states import Custody, Move, move

FUTURE_TOLERANCE = timedelta(minutes=2)
OLDEST_BOOKING = timedelta(days=3653)
SEXES = frozenset("MFXGNYZU")
_OFFENCE = re.compile(r"[0-9]{4}")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_-]{0,29}")


def check_move(custody: str, action: str, *, number: str) -> Move:
    """The step `action` means here; IllegalMove with what is allowed instead."""
    step = move(Custody(custody), action)
    if step is None:
        raise IllegalMove(
            f"Case {number} is '{Custody(custody).value.replace('_', ' ')}', so '{action.replace('_', ' ')}' cannot be recorded.",
            code="illegal_custody_move",
        )
    return step


def check_time(
    at: datetime, *, not_before: datetime | None, now: datetime, field: str = "at", what: str = "This"
) -> None:
    """A fact lies between what it follows and now."""
    if at > now + FUTURE_TOLERANCE:
        raise Invalid(f"{what} lies in the future. Enter when it happened.", field=field, code="future")
    if not_before is not None and at < not_before:
        raise Invalid(
            f"{what} lies before the person was booked or the ground began. Check date and time.",
            field=field,
            code="too_early",
        )


def age_on(birth_date: date | None, day: date) -> int | None:
    """Full years on a day; None when the birth date is unknown."""
    if birth_date is None:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def person_problems(person: PersonFacts, *, now: datetime) -> list[FieldError]:
    """Everything wrong with who a person is said to be."""
    problems = []
    if not person.surname.strip():
        problems.append(
            FieldError("surname", "Enter the surname. Write UNKNOWN if it is not known.", "required")
        )
    if person.sex not in SEXES:
        problems.append(FieldError("sex", "Choose the sex code used on the print card: M, F, X or U."))
    if person.birth_date and person.birth_date > now.date():
        sentence = "The date of birth lies in the future. Enter it as year-month-day."
        problems.append(FieldError("birth_date", sentence, "future"))
    return problems


def booking_problems(request: BookingRequest, *, now: datetime) -> list[FieldError]:
    """Everything wrong with a booking as entered, all at once."""
    problems: list[FieldError] = []

    def wrong(field: str, message: str, code: str = "invalid") -> None:
        problems.append(FieldError(field, message, code))

    if not _NUMBER.fullmatch(request.booking_number):
        wrong("booking_number", "Enter the jail's booking number: up to 30 letters, digits, '-', '_' or '/'.")
    problems += person_problems(request.person, now=now)
    if request.booked_at > now + FUTURE_TOLERANCE:
        wrong("booked_at", "The booking time lies in the future. Enter when the person was booked.", "future")
    if request.booked_at < now - OLDEST_BOOKING:
        wrong("booked_at", "The booking time lies more than ten years back. Check the year.", "too_early")
    if request.arrested_at and request.arrested_at > request.booked_at:
        wrong("arrested_at", "The arrest lies after the booking. Check both times.", "too_late")
    if not request.charges and not request.grounds:
        wrong("charges", "Enter at least one charge or another local ground to hold.", "required")
    for position, charge in enumerate(request.charges):
        if not _OFFENCE.fullmatch(charge.offence_code):
            wrong(
                f"charges.{position}.offence_code",
                "Enter the NCIC offence code: four digits, 0399 if none fits.",
            )
    for position, ground in enumerate(request.grounds):
        if ground.started_at > now + FUTURE_TOLERANCE:
            # It could not be ended before it began, and would hold the person until then.
            sentence = "The ground lies in the future. Enter when it began, or add it when it does."
            wrong(f"grounds.{position}.started_at", sentence, "future")
    return problems


def agreement_problems(request: BookingRequest, facts: EftFacts, fold: NameFolder) -> list[FieldError]:
    """Where the print file and the form speak of different people."""
    problems: list[FieldError] = []
    if facts.birth_date and request.person.birth_date and facts.birth_date != request.person.birth_date:
        problems.append(
            FieldError(
                "birth_date",
                "The print file (2.022 DOB) has another date of birth. Check that it is this person's file.",
                "eft_disagrees",
            )
        )
    if facts.surname and fold(request.person.surname)[:20] != fold(facts.surname)[:20]:
        problems.append(
            FieldError(
                "surname",
                "The print file (2.018 NAM) has another surname. Check that it is this person's file.",
                "eft_disagrees",
            )
        )
    return problems
