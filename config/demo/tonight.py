"""The shift as a newcomer finds it: a few people still in custody, so that the board has something to say.

They are booked without prints and are not part of the sample cases, which all come to their end.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from cases import services as cases
from cases.booking import BookingRequest, ChargeFacts, PersonFacts
from cases.models import Booking
from config.demo import acts
from config.demo.people import DemoPeople
from config.demo.story import Context, Step
from matching.samples.casting import OFFENCES
from matching.samples.people import draw


@dataclass(frozen=True)
class StillHere:
    """Somebody in custody now. Hours are counted back from the moment of booking in; None: did not happen yet."""

    number: int
    jail: str
    offence: str
    booked: float
    unit: str
    detainer: float | None = None
    served: float | None = None
    eligible: float | None = None

    @property
    def booking_number(self) -> str:
        return f"T26-{4100 + self.number}"


SHIFT: tuple[StillHere, ...] = (
    StillHere(41, "cedar_tx", "5311", 80, "Unit 3", detainer=70, served=69, eligible=48.37),
    StillHere(42, "cedar_tx", "2202", 76, "Unit 1", detainer=60, served=58, eligible=44.8),
    StillHere(43, "cedar_tx", "5404", 9, "Booking", detainer=0.7),
    StillHere(44, "cedar_tx", "1313", 30, "Unit 2", detainer=26, served=25, eligible=6.5),
    StillHere(45, "cedar_tx", "2404", 5, "Booking"),
    StillHere(46, "pine_nc", "1315", 20, "Unit 1", detainer=4, served=3),
)


def book_in(people: DemoPeople) -> int:
    """Book in whoever of the shift is not there yet; the number of people added."""
    added = 0
    for entry in SHIFT:
        agency = people.agencies[entry.jail]
        if not Booking.objects.filter(agency=agency, booking_number=entry.booking_number).exists():
            with transaction.atomic():
                _book(entry, people)
            added += 1
    return added


def _book(entry: StillHere, people: DemoPeople) -> None:
    now, persona, offence = timezone.now(), draw(entry.number), OFFENCES[entry.offence]
    result = cases.book(
        actor=people.actor("officer"),
        agency=people.agencies[entry.jail],
        request=BookingRequest(
            booking_number=entry.booking_number,
            booked_at=now - timedelta(hours=entry.booked),
            person=PersonFacts(
                persona.surname, persona.given_names, persona.birth_date, persona.sex, persona.foreign_place
            ),
            charges=(ChargeFacts(offence.offence_code, offence.description, offence.offence_class),),
            unit=entry.unit,
        ),
        at=now,
    )
    context = Context(sample=None, people=people, epoch=now, case=result.case)
    for step in _steps(entry):
        step.act(context)


def _steps(entry: StillHere) -> list[Step]:
    steps = []
    if entry.detainer is not None:
        steps.append(acts.register(hours=-entry.detainer, channel="fax"))
    if entry.served is not None:
        steps.append(acts.serve(hours=-entry.served))
    if entry.eligible is not None:
        eligible = -entry.eligible
        steps.append(acts.grounds_end(when=lambda context: acts.moment(context, eligible)))
    return steps
