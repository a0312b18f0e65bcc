"""ICE comes for the person: one act, recorded where custody is recorded."""

from datetime import datetime

from accounts.actors import Actor
from cases import services as cases
from cases.models import Case


def record_ice_pickup(
    *, case_id: int, actor: Actor, at: datetime, reason: str = "", entered_text: str = ""
) -> Case:
    """ICE took custody at `at`; the hold ends with it. Raises as `cases.services.release`."""
    return cases.release(
        case_id=case_id, actor=actor, at=at, to="ice", reason=reason, entered_text=entered_text
    )
