"""Facts of custody with legal effect here. They run in the transaction of whoever publishes them."""

from typing import Literal, cast

from accounts.actors import Actor
from audit import bus
from audit.models import Event
from cases import events as cases
from cases.models import Case
from detainers.services.assess import reassess

HEARD = (
    cases.RELEASE_ELIGIBLE,
    cases.GROUND_ADDED,
    cases.GROUND_ENDED,
    cases.RELEASED,
    cases.TRANSFERRED,
    cases.DIED,
    cases.ESCAPED,
    cases.RECAPTURED,
)


def connect() -> None:
    """Subscribe. Called once when the app is ready."""
    for action in HEARD:
        bus.subscribe(action, on_custody_fact)


def on_custody_fact(event: Event) -> None:
    """Whatever changed custody or its grounds: assess the case again at the time of the fact."""
    if event.case_id is None:
        return
    case_id = Case.objects.filter(public_id=event.case_id).values_list("pk", flat=True).first()
    if case_id is not None:
        reassess(case_id=case_id, actor=actor_of_event(event), at=event.occurred_at)


def actor_of_event(event: Event) -> Actor:
    """Who published the fact: its consequences are recorded under the same name, without rights."""
    kind = cast("Literal['user', 'client', 'system']", event.actor_kind)
    return Actor(kind=kind, id=event.actor_id, label=event.actor_label)
