"""Facts of custody with legal effect here. They run in the transaction of whoever publishes them."""

from typing import Literal, cast

import structlog
from django.db import OperationalError, transaction

from accounts.actors import Actor
from audit import bus
from audit.errors import AuditError
from audit.models import Event
from cases import events as cases
from cases.models import Case
from detainers import events
from detainers.services.assess import reassess
from detainers.services.level import keep_level

log = structlog.get_logger(__name__)

STAYS = (cases.RELEASE_ELIGIBLE, cases.GROUND_ADDED, cases.GROUND_ENDED, cases.RECAPTURED)
LEAVES = (cases.RELEASED, cases.TRANSFERRED, cases.DIED, cases.ESCAPED)


def connect() -> None:
    """Subscribe. Called once when the app is ready."""
    for action in STAYS:
        bus.subscribe(action, on_custody_fact)
    for action in (cases.CONVICTION_RECORDED, events.REGISTERED):
        bus.subscribe(action, on_criminal_history)
    for action in LEAVES:
        bus.subscribe(action, on_leaving)


def on_custody_fact(event: Event) -> None:
    """Whatever changed custody or its grounds: assess the case again at the time of the fact."""
    if event.case_id is None:
        return
    case_id = Case.objects.filter(public_id=event.case_id).values_list("pk", flat=True).first()
    if case_id is not None:
        reassess(case_id=case_id, actor=actor_of_event(event), at=event.occurred_at)


def on_criminal_history(event: Event) -> None:
    """A conviction became known, or a detainer came: keep the level of criminal history by the scheme of that day."""
    case_id = Case.objects.filter(public_id=event.case_id).values_list("pk", flat=True).first()
    if case_id is not None:
        keep_level(case_id=case_id, at=event.occurred_at)


def on_leaving(event: Event) -> None:
    """Somebody left custody: assess the case, but let no failing rule refuse or undo the release (design 2.7).

    A late release carries its breach by the database's own trigger; an open hold is ended by the next sweep that is due.
    Only what makes all recording impossible, a failing audit or database, still undoes the act.
    """
    try:
        with transaction.atomic():
            on_custody_fact(event)
    except (AuditError, OperationalError):
        raise
    except Exception as error:  # noqa: BLE001 - a defect in the rules must not keep anybody in custody
        log.error("assessment_failed_at_release", case=str(event.case_id), error=type(error).__name__)


def actor_of_event(event: Event) -> Actor:
    """Who published the fact: its consequences are recorded under the same name, without rights."""
    kind = cast("Literal['user', 'client', 'system']", event.actor_kind)
    return Actor(kind=kind, id=event.actor_id, label=event.actor_label)
