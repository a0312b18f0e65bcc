"""Adapters between apps that must not know each other: what one offers, in the words the other asked for."""

from accounts.errors import FieldError, Invalid
from cases.ports import EftFacts
from matching.formats.ebts import validate_booking_eft
from matching.formats.errors import EftError


def read_eft(content: bytes) -> EftFacts:
    """cases.ports.EftReader over matching's strict reader. Raises Invalid with a sentence for each wrong field."""
    try:
        eft = validate_booking_eft(content)
    except EftError as error:
        raise Invalid(
            [FieldError(f"eft.{problem.tag}", problem.message, problem.code) for problem in error.errors]
        ) from error
    return EftFacts(
        surname=eft.surname,
        given_names=eft.given_names,
        birth_date=eft.dob,
        sex=eft.sex,
        birth_place=eft.pob,
        arrest_date=eft.doa,
        charges=tuple((arrest.date, arrest.text) for arrest in eft.arrests),
        prints_digest=eft.prints_digest,
        print_count=len(eft.prints),
        reading=eft,
    )
