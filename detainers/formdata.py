"""What an immigration detainer form says, field by field, as plain values: Form I-247A and its eight forerunners.

Pure. `DetainerForm` is what everybody may see who sees the detainer; `FormDetails` is what is kept sealed beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Final

from detainers.deficiency import EMPTY_BOXES

SEXES: Final = ("", "F", "M", "X", "U")
_DAYS: Final = frozenset({"lea_charge_date"})
_INSTANTS: Final = frozenset({"lea_release_at"})
LENGTHS: Final[Mapping[str, int]] = {
    "subject_id": 40,
    "event_number": 40,
    "a_number": 20,
    "addressed_to": 300,
    "citizenship": 80,
    "officer_name": 150,
    "notify_phone": 40,
    "reason_text": 300,
    "lea_booking_number": 40,
    "lea_offence": 200,
}
"""Longest text of each field of `FormDetails`, in characters."""


@dataclass(frozen=True, slots=True)
class FormDetails:
    """The fields kept sealed: numbers and names, the jail's own part, and what else is personal on the form.

    `lea_*` is the part that the jail fills in: its number of the person, the estimated release, the day of the latest
    charge or conviction, and the last offence.
    """

    subject_id: str = ""
    event_number: str = ""
    a_number: str = ""
    addressed_to: str = ""
    citizenship: str = ""
    officer_name: str = ""
    notify_phone: str = ""
    reason_text: str = ""
    lea_booking_number: str = ""
    lea_release_at: datetime | None = None
    lea_charge_date: date | None = None
    lea_offence: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to seal."""
        return self == FormDetails()

    def trimmed(self) -> FormDetails:
        """The same without blanks around the texts."""
        texts: dict[str, Any] = {name: getattr(self, name).strip() for name in LENGTHS}
        return replace(self, **texts)

    def too_long(self) -> list[str]:
        """Names of texts longer than `LENGTHS` allows."""
        return [name for name, most in LENGTHS.items() if len(getattr(self, name)) > most]

    def as_bytes(self) -> bytes:
        """Canonical JSON of what is filled in; days and instants in ISO 8601."""
        said = {item.name: getattr(self, item.name) for item in fields(self)}
        plain = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in said.items()
            if value not in ("", None)
        }
        return json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()


def details_from(sealed: bytes) -> FormDetails:
    """The details from their canonical JSON. Raises ValueError for anything else."""
    said: dict[str, Any] = json.loads(sealed)
    for name in _DAYS & said.keys():
        said[name] = date.fromisoformat(said[name])
    for name in _INSTANTS & said.keys():
        said[name] = datetime.fromisoformat(said[name])
    return FormDetails(**said)


@dataclass(frozen=True, slots=True)
class DetainerForm:
    """What the form says, as read by the person who registers it."""

    edition: str
    boxes: Mapping[str, Any] = field(default_factory=lambda: dict(EMPTY_BOXES))
    subject_surname: str = ""
    subject_given_names: str = ""
    subject_birth_date: date | None = None
    notify_ice: bool = False
    notify_cbp: bool = False
    issuing_office: str = ""
    officer_title: str = ""
    signature_present: bool = False
    issued_on: date | None = None
    subject_sex: str = ""
    cancels_earlier: bool = False
    cancels_dated: date | None = None
    is_unreadable: bool = False
    details: FormDetails = field(default_factory=FormDetails)
