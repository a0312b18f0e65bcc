"""If it cannot be recorded, it did not happen."""

from typing import Any

import pytest

from audit import record
from audit.errors import AuditError
from audit.models import Event
from cases import services as cases
from detainers import services
from detainers.models import Detainer, DetainerService, Hold, StatusClaim, Warrant
from tests.detainers.builders import GOOD_FORM, Road, ago, hold_of


class Full(AuditError):
    code = "full"


def counts() -> tuple[int, ...]:
    models = (Event, Detainer, DetainerService, Hold, Warrant, StatusClaim)
    return tuple(model.objects.count() for model in models)


@pytest.mark.parametrize(
    "broken", ["registered", "served", "lifted", "warrant_recorded", "status_claimed", "hold_ended"]
)
def test_a_failed_event_undoes_the_change(road: Road, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    case, held = road.held(eligible_at=ago(hours=2))
    other = road.case()
    fresh = road.register(other)
    officer, clerk = road.cast.actor("officer"), road.cast.actor("clerk")
    at = ago(minutes=1)
    acts = {
        "registered": lambda: services.register_detainer(
            case_id=other.pk, actor=clerk, at=at, form=GOOD_FORM, channel="fax"
        ),
        "served": lambda: services.serve_detainer(detainer_id=fresh.pk, actor=clerk, at=at, language="es"),
        "lifted": lambda: services.lift_detainer(detainer_id=held.pk, actor=clerk, at=at),
        "warrant_recorded": lambda: services.record_warrant(
            detainer_id=held.pk, actor=clerk, at=at, kind="JUDICIAL_CIVIL", signed_by_role="Judge"
        ),
        "status_claimed": lambda: services.claim_status(
            case_id=case.pk, actor=clerk, at=at, kind="citizenship"
        ),
        "hold_ended": lambda: cases.release(case_id=case.pk, actor=officer, at=at),
    }
    before = counts()
    real: Any = record.event

    def failing(action: str, **rest: Any) -> Any:
        if action == f"detainers.{broken}":
            raise Full("no space")
        return real(action, **rest)

    monkeypatch.setattr(record, "event", failing)
    with pytest.raises(Full):
        acts[broken]()

    assert counts() == before
    case.refresh_from_db()
    fresh.refresh_from_db()
    held.refresh_from_db()
    assert (case.custody_state, fresh.state, held.state) == ("in_custody", "received", "served")
    assert hold_of(case).recorded_state == "active"
