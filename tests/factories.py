"""Things made by walking the services, so that an impossible state cannot be a fixture."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from cases import services
from cases.booking import BookingRequest, ChargeFacts, PersonFacts
from cases.models import Case, LocalGround
from tests.actors import Cast

_numbers = count(1)


def person_facts(**changes: Any) -> PersonFacts:
    """An invented adult."""
    facts: dict[str, Any] = {
        "surname": "Sample",
        "given_names": "One",
        "birth_date": date(1990, 5, 17),
        "sex": "F",
        "birth_place": "TX",
    }
    return PersonFacts(**(facts | changes))


def booking_request(**changes: Any) -> BookingRequest:
    """A booking of an invented person ten hours ago, on one misdemeanor, without prints."""
    fields: dict[str, Any] = {
        "booking_number": f"B-{next(_numbers):06d}",
        "booked_at": timezone.now() - timedelta(hours=10),
        "person": person_facts(),
        "charges": (ChargeFacts("2399", "Larceny", "misdemeanor"),),
    }
    return BookingRequest(**(fields | changes))


@dataclass
class CaseFactory:
    """Books in the cast's jail, and takes cases along their road."""

    cast: Cast

    def __call__(
        self, *, who: str = "officer", agency: Any = None, at: datetime | None = None, **changes: Any
    ) -> Case:
        result = services.book(
            actor=self.cast.actor(who),
            agency=agency or self.cast.jail,
            request=booking_request(**changes),
            at=at or timezone.now(),
        )
        return result.case

    def eligible(self, case: Case | None = None, *, at: datetime | None = None, who: str = "officer") -> Case:
        """A case whose last local ground has ended at `at` (an hour ago by default)."""
        case = case or self()
        for ground in case.grounds.filter(ended_at__isnull=True):
            services.end_ground(
                ground_id=ground.pk,
                actor=self.cast.actor(who),
                at=at or timezone.now() - timedelta(hours=1),
                reason=LocalGround.EndReason.BOND,
            )
        case.refresh_from_db()
        return case
