"""The whole table of a hold: where it stands, what somebody does, who does it; every cell typed by hand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.actors import Actor, actor_for_client
from accounts.errors import IllegalMove, NotPermitted
from audit.models import Event
from cases import services as cases
from cases.models import Case, CustodyEvent, LocalGround
from detainers import services
from detainers.models import Breach, Detainer, Hold, StatusClaim
from detainers.states import HOLD_MOVES, HoldState
from tests.actors import PEOPLE
from tests.detainers.builders import GOOD_FORM, Road, ago, hold_of

SECOND = timedelta(seconds=1)
WHO = (*PEOPLE, "client", "machine_of_other_jail")

# act -> who may do it; everybody else is refused in every state
MAY = {
    "street": {"officer", "supervisor"},
    "ice_pickup": {"officer", "supervisor"},
    "transfer": {"officer", "supervisor"},
    "death": {"officer", "supervisor"},
    "escape": {"officer", "supervisor"},
    "recapture": {"officer", "supervisor"},
    "lift": {"clerk", "supervisor", "liaison", "client"},
    "cancel": {"officer", "clerk", "supervisor", "client"},
    "add_ground": {"officer", "clerk", "supervisor"},
    "prove_citizenship": {"officer", "clerk", "supervisor"},
}

# state of the hold -> act by somebody who may -> its state after, or "illegal"; the two sweeps need nobody
AFTER = {
    "active": {
        "street": "released",
        "ice_pickup": "ice_custody",
        "transfer": "transferred",
        "death": "died",
        "escape": "escaped",
        "recapture": "illegal",
        "lift": "lifted",
        "cancel": "lifted",
        "add_ground": "suspended",
        "prove_citizenship": "excused",
        "sweep_before_deadline": "active",
        "sweep_at_deadline": "expired",
        "sweep_after_deadline": "expired",
    },
    # the time is over and the person is still here: nothing refuses to let the person go
    "expired": {
        "street": "expired",
        "ice_pickup": "expired",
        "transfer": "expired",
        "death": "expired",
        "escape": "expired",
        "recapture": "illegal",
        "lift": "expired",
        "cancel": "expired",
        "add_ground": "expired",
        "prove_citizenship": "expired",
        "sweep_before_deadline": "expired",
        "sweep_at_deadline": "expired",
        "sweep_after_deadline": "expired",
    },
    "lifted": {
        "street": "lifted",
        "ice_pickup": "lifted",
        "transfer": "lifted",
        "death": "lifted",
        "escape": "lifted",
        "recapture": "illegal",
        "lift": "illegal",
        "cancel": "illegal",
        "add_ground": "lifted",
        "prove_citizenship": "lifted",
        "sweep_before_deadline": "lifted",
        "sweep_at_deadline": "lifted",
        "sweep_after_deadline": "lifted",
    },
    "released": {
        "street": "illegal",
        "ice_pickup": "illegal",
        "transfer": "illegal",
        "death": "illegal",
        "escape": "illegal",
        "recapture": "illegal",
        "lift": "released",
        "cancel": "released",
        "add_ground": "illegal",
        "prove_citizenship": "released",
        "sweep_before_deadline": "released",
        "sweep_at_deadline": "released",
        "sweep_after_deadline": "released",
    },
    "ice_custody": {
        "street": "illegal",
        "ice_pickup": "illegal",
        "transfer": "illegal",
        "death": "illegal",
        "escape": "illegal",
        "recapture": "illegal",
        "lift": "ice_custody",
        "cancel": "ice_custody",
        "add_ground": "illegal",
        "prove_citizenship": "ice_custody",
        "sweep_before_deadline": "ice_custody",
        "sweep_at_deadline": "ice_custody",
        "sweep_after_deadline": "ice_custody",
    },
    "transferred": {
        "street": "illegal",
        "ice_pickup": "illegal",
        "transfer": "illegal",
        "death": "illegal",
        "escape": "illegal",
        "recapture": "illegal",
        "lift": "transferred",
        "cancel": "transferred",
        "add_ground": "illegal",
        "prove_citizenship": "transferred",
        "sweep_before_deadline": "transferred",
        "sweep_at_deadline": "transferred",
        "sweep_after_deadline": "transferred",
    },
    "died": {
        "street": "illegal",
        "ice_pickup": "illegal",
        "transfer": "illegal",
        "death": "illegal",
        "escape": "illegal",
        "recapture": "illegal",
        "lift": "died",
        "cancel": "died",
        "add_ground": "illegal",
        "prove_citizenship": "died",
        "sweep_before_deadline": "died",
        "sweep_at_deadline": "died",
        "sweep_after_deadline": "died",
    },
    # an escaped person can come back; the hold that ended stays ended
    "escaped": {
        "street": "illegal",
        "ice_pickup": "illegal",
        "transfer": "illegal",
        "death": "illegal",
        "escape": "illegal",
        "recapture": "escaped",
        "lift": "escaped",
        "cancel": "escaped",
        "add_ground": "illegal",
        "prove_citizenship": "escaped",
        "sweep_before_deadline": "escaped",
        "sweep_at_deadline": "escaped",
        "sweep_after_deadline": "escaped",
    },
    "suspended": {
        "street": "suspended",
        "ice_pickup": "suspended",
        "transfer": "suspended",
        "death": "suspended",
        "escape": "suspended",
        "recapture": "illegal",
        "lift": "suspended",
        "cancel": "suspended",
        "add_ground": "suspended",
        "prove_citizenship": "suspended",
        "sweep_before_deadline": "suspended",
        "sweep_at_deadline": "suspended",
        "sweep_after_deadline": "suspended",
    },
    "excused": {
        "street": "excused",
        "ice_pickup": "excused",
        "transfer": "excused",
        "death": "excused",
        "escape": "excused",
        "recapture": "illegal",
        "lift": "excused",
        "cancel": "excused",
        "add_ground": "excused",
        "prove_citizenship": "excused",
        "sweep_before_deadline": "excused",
        "sweep_at_deadline": "excused",
        "sweep_after_deadline": "excused",
    },
}
SWEEPS = {"sweep_before_deadline": -SECOND, "sweep_at_deadline": timedelta(0), "sweep_after_deadline": SECOND}
# which act of a person, or of the clock, makes which move of the table in states.py
MOVE_OF = {
    "street": "release",
    "ice_pickup": "ice_pickup",
    "transfer": "transfer",
    "death": "record_death",
    "escape": "record_escape",
    "lift": "lift",
    "cancel": "lift",
    "add_ground": "add_ground",
    "prove_citizenship": "withdraw",
    "sweep_at_deadline": "expire",
    "sweep_after_deadline": "expire",
}
BY_WALKING = {
    "lifted": "lift",
    "released": "street",
    "ice_custody": "ice_pickup",
    "transferred": "transfer",
    "died": "death",
    "escaped": "escape",
    "suspended": "add_ground",
    "excused": "prove_citizenship",
}


def act(name: str, case: Case, detainer: Detainer, who: Actor, at: datetime) -> None:
    """One act of a person, by the service behind it."""
    key = case.pk
    acts: dict[str, Callable[[], Any]] = {
        "street": lambda: cases.release(case_id=key, actor=who, at=at),
        "ice_pickup": lambda: services.record_ice_pickup(case_id=key, actor=who, at=at),
        "transfer": lambda: cases.release(case_id=key, actor=who, at=at, to="other_agency"),
        "death": lambda: cases.record_death(case_id=key, actor=who, at=at),
        "escape": lambda: cases.record_escape(case_id=key, actor=who, at=at),
        "recapture": lambda: cases.record_recapture(case_id=key, actor=who, at=at),
        "lift": lambda: services.lift_detainer(detainer_id=detainer.pk, actor=who, at=at),
        "cancel": lambda: services.cancel_detainer(detainer_id=detainer.pk, actor=who, at=at),
        "add_ground": lambda: cases.add_ground(
            case_id=key, actor=who, at=at, kind=LocalGround.Kind.COURT_ORDER
        ),
        "prove_citizenship": lambda: services.claim_status(
            case_id=key, actor=who, at=at, kind="citizenship", proof=True, evidence="passport"
        ),
    }
    acts[name]()


def hold_at(road: Road, state: str) -> Hold:
    """A hold of a detainer of the federal office in a state, by walking the services."""
    road.cast.federal.federal_accounts_allowed = True
    road.cast.federal.save()
    case = road.case()
    detainer = services.register_detainer(
        case_id=case.pk,
        actor=road.cast.actor("clerk"),
        at=ago(days=9),
        form=GOOD_FORM,
        channel="fax",
        federal_agency=road.cast.federal,
    )
    road.serve(detainer)
    road.eligible(case, at=ago(hours=49 if state == "expired" else 2))
    if state == "expired":
        services.expire_due()
    elif state != "active":
        act(BY_WALKING[state], case, detainer, road.cast.actor("supervisor"), ago(minutes=30))
    hold = hold_of(case)
    assert hold.recorded_state == state
    return hold


def everybody(road: Road) -> dict[str, Actor]:
    machines = {
        "client": actor_for_client(client_id="c-1", label="JMS", agency=road.cast.jail),
        "machine_of_other_jail": actor_for_client(client_id="c-2", label="JMS", agency=road.cast.other_jail),
    }
    return {name: road.cast.actor(name) for name in PEOPLE} | machines


def everything(case: Case) -> list[list[tuple[Any, ...]]]:
    """All that an act could change about a case, and all that was ever recorded."""
    return [
        list(Case.objects.filter(pk=case.pk).values_list()),
        *(
            list(model.objects.filter(case=case).order_by("pk").values_list())
            for model in (Detainer, Hold, Breach, LocalGround, CustodyEvent, StatusClaim)
        ),
        [(Event.objects.count(),)],
    ]


@pytest.mark.parametrize("state", list(AFTER))
def test_hold_state_by_act_by_actor(road: Road, state: str) -> None:
    hold = hold_at(road, state)
    case, detainer, people = hold.case, hold.detainer, everybody(road)

    for name, may in MAY.items():
        before = everything(case)
        expected = AFTER[state][name]
        for who in WHO:
            if who in may and expected != "illegal":
                continue
            with pytest.raises(NotPermitted if who not in may else IllegalMove):
                act(name, case, detainer, people[who], ago(minutes=5))
        assert everything(case) == before, name
        for who in sorted(may) if expected != "illegal" else ():
            point = transaction.savepoint()
            act(name, case, detainer, people[who], ago(minutes=5))
            after = Hold.objects.get(pk=hold.pk)
            events = Event.objects.count()
            transaction.savepoint_rollback(point)
            assert after.recorded_state == expected, (name, who)
            assert (after.ended_at is None) == (expected == "active"), (name, who)
            assert after.deadline_at == hold.deadline_at, (name, who)
            assert state == "active" or after.ended_at == hold.ended_at, (name, who)
            assert events > before[-1][0][0], (name, who)


@pytest.mark.parametrize("state", list(AFTER))
def test_hold_state_by_sweep(road: Road, state: str) -> None:
    hold = hold_at(road, state)
    ended = Event.objects.filter(action="detainers.hold_ended", subject_id=hold.public_id)
    said = ended.count()

    for name, offset in SWEEPS.items():
        point = transaction.savepoint()
        services.expire_due(at=hold.deadline_at + offset)
        services.expire_due(at=hold.deadline_at + offset)
        after, times = Hold.objects.get(pk=hold.pk), ended.count()
        transaction.savepoint_rollback(point)
        assert after.recorded_state == AFTER[state][name], name
        moved = after.recorded_state != state
        assert times == said + moved, name
        assert after.ended_at == (hold.deadline_at if moved else hold.ended_at), name


def test_a_hold_that_was_lifted_and_the_like_never_gets_new_time(road: Road) -> None:
    """An act after the end of a hold opens no second one, but for the return of an escaped person."""
    for state in ("expired", "lifted", "suspended", "excused"):
        hold = hold_at(road, state)
        for name in ("add_ground", "prove_citizenship", *(() if state == "lifted" else ("lift", "cancel"))):
            point = transaction.savepoint()
            act(name, hold.case, hold.detainer, road.cast.actor("supervisor"), ago(minutes=5))
            count = Hold.objects.filter(case=hold.case).count()
            transaction.savepoint_rollback(point)
            assert count == 1, (state, name)

    hold = hold_at(road, "escaped")
    act("recapture", hold.case, hold.detainer, road.cast.actor("supervisor"), ago(minutes=5))
    back = hold_of(hold.case)
    assert back.pk != hold.pk
    assert (back.anchor_at, back.deadline_at) == (hold.anchor_at, hold.deadline_at)
    assert back.started_at > hold.ended_at


def test_the_table_above_is_complete() -> None:
    # A hold that gave way to a correction by two people is walked in test_corrections.
    assert set(AFTER) == {state.value for state in HoldState} - {"corrected"}
    assert all(set(row) == set(MAY) | set(SWEEPS) for row in AFTER.values())
    assert all(may <= set(WHO) for may in MAY.values())
    assert set(BY_WALKING) == {state.value for state in HoldState} - {"active", "expired", "corrected"}
    moves = {
        (state, MOVE_OF[name], after)
        for state, row in AFTER.items()
        for name, after in row.items()
        if after not in (state, "illegal")
    }
    assert moves | {("active", "correct", "corrected")} == {
        (move.source, move.action, move.target) for move in HOLD_MOVES
    }
    assert {entry for row in AFTER.values() for entry in row.values()} == {*AFTER, "illegal"}
