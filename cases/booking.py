"""A booking as it arrives, whatever the door, and its digests: what makes the same booking the same. Pure."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class PersonFacts:
    """Who is booked, as the jail writes it; names in any script."""

    surname: str
    given_names: str
    birth_date: date | None
    sex: str
    birth_place: str = ""


@dataclass(frozen=True)
class ChargeFacts:
    """One charge: NCIC offence code (four digits), words, and class."""

    offence_code: str
    description: str
    offence_class: str = "misdemeanor"


@dataclass(frozen=True)
class GroundFacts:
    """One local ground to hold besides the charges: a sentence, a judge's warrant, a court order."""

    kind: str
    description: str
    started_at: datetime


@dataclass(frozen=True)
class BookingRequest:
    """Everything a booking says. `eft` is the received print file, unchanged; `booked_at_text` what was typed."""

    booking_number: str
    booked_at: datetime
    person: PersonFacts
    charges: tuple[ChargeFacts, ...]
    grounds: tuple[GroundFacts, ...] = ()
    arrested_at: datetime | None = None
    eft: bytes | None = field(default=None, repr=False)
    channel: str = "admin"
    booked_at_text: str = ""
    unit: str = "Booking"

    def identity_digest(self) -> str:
        """Digest of who the person is; another identity under the same number is a conflict."""
        person = self.person
        return identity_digest(person.surname, person.given_names, person.birth_date, person.sex)

    def content_digest(self) -> str:
        """Digest of what is held against the person; a change is a new custody event, not a new booking."""
        return digest(
            {
                "booked_at": self.booked_at,
                "charges": sorted(
                    (asdict(charge) for charge in self.charges), key=lambda item: str(sorted(item.items()))
                ),
                "grounds": [asdict(ground) for ground in self.grounds],
            }
        )


def identity_digest(surname: str, given_names: str, birth_date: date | None, sex: str) -> str:
    """Digest of who somebody is, whatever the case of the letters."""
    names = {"surname": surname.casefold(), "given_names": given_names.casefold()}
    return digest({**names, "birth_date": birth_date, "sex": sex})


def digest(content: Any) -> str:
    """SHA-256 of canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=lambda value: value.isoformat())
    return sha256(text.encode()).hexdigest()
