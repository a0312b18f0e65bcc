"""What matching does when cases reports a fact.

Runs in the publisher's transaction: a booking without its check is no booking.
"""

from typing import Literal, cast

from accounts.actors import Actor
from audit import bus
from audit.models import Event
from cases import events as case_events
from cases.models import Case
from cases.ports import JustBooked
from matching.services import open_first_submission, open_submission


def open_check(event: Event) -> None:
    """Open the fingerprint check of a person who was booked, or whose prints came later."""
    if isinstance(event.carried, JustBooked):
        open_first_submission(booked=event.carried, actor=_actor_of(event), at=event.recorded_at)
        return
    case_id = Case.objects.values_list("pk", flat=True).get(public_id=event.subject_id)
    open_submission(case_id=case_id, actor=_actor_of(event), at=event.recorded_at)


def _actor_of(event: Event) -> Actor:
    """Whoever booked, for the record only: no permission comes with it."""
    kind = cast(Literal["user", "client", "system"], event.actor_kind)
    return Actor(kind=kind, id=event.actor_id, label=event.actor_label)


def subscribe() -> None:
    """Called by config/wiring.py."""
    bus.subscribe(case_events.BOOKED, open_check)
    bus.subscribe(case_events.PRINTS_ADDED, open_check)
