"""Every state, every act, every actor; expected cells typed by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import actor_for_client
from accounts.errors import IllegalMove, NotPermitted
from cases import services as cases
from cases.models import LocalGround
from detainers import services
from detainers.models import Breach, Detainer, Hold
from detainers.states import (
    BREACH_MOVES,
    DETAINER_MOVES,
    HOLD_MOVES,
    MACHINES,
    BreachState,
    DetainerState,
    HoldState,
    pairs,
)
from tests.detainers.builders import Road, ago, hold_of

ACTORS = (
    "officer",
    "clerk",
    "supervisor",
    "administrator",
    "other_supervisor",
    "examiner",
    "liaison",
    "reviewer",
    "stranger",
    "client",
)
MAY = {
    "serve": {"officer", "clerk", "supervisor"},
    "lift": {"clerk", "supervisor", "liaison", "client"},
    "cancel": {"officer", "clerk", "supervisor", "client"},
}
# state -> act -> state after it; an act that is not named is refused as illegal
AFTER = {
    "received": {"serve": "served", "lift": "lifted", "cancel": "cancelled"},
    "deficient": {"serve": "deficient", "lift": "lifted", "cancel": "cancelled"},
    "served": {"lift": "lifted", "cancel": "cancelled"},
    "lifted": {},
    "cancelled": {},
}


def actor(road: Road, name: str) -> Any:
    if name == "client":
        return actor_for_client(client_id="c-1", label="JMS", agency=road.cast.jail)
    return road.cast.actor(name)


def detainer_in(road: Road, state: str) -> Detainer:
    """A detainer of the federal office in a state, by walking the services."""
    road.cast.federal.federal_accounts_allowed = True
    road.cast.federal.save()
    form = services.DetainerForm(edition="I-247A_2017") if state == "deficient" else None
    from tests.detainers.builders import GOOD_FORM

    detainer = services.register_detainer(
        case_id=road.case().pk,
        actor=road.cast.actor("clerk"),
        at=ago(days=9),
        form=form or GOOD_FORM,
        channel="fax",
        federal_agency=road.cast.federal,
    )
    if state == "served":
        road.serve(detainer)
    if state in ("lifted", "cancelled"):
        act = services.lift_detainer if state == "lifted" else services.cancel_detainer
        act(detainer_id=detainer.pk, actor=road.cast.actor("clerk"), at=ago(days=8))
    detainer.refresh_from_db()
    assert detainer.state == state
    return detainer


def do(road: Road, act: str, detainer: Detainer, who: str) -> None:
    if act == "serve":
        services.serve_detainer(
            detainer_id=detainer.pk, actor=actor(road, who), at=ago(days=7), language="es", method="in_person"
        )
    else:
        service = services.lift_detainer if act == "lift" else services.cancel_detainer
        service(detainer_id=detainer.pk, actor=actor(road, who), at=ago(days=7), reason="")


@pytest.mark.parametrize("state", list(AFTER))
@pytest.mark.parametrize("act", list(MAY))
def test_detainer_state_by_act_by_actor(road: Road, state: str, act: str) -> None:
    detainer = detainer_in(road, state)
    for who in ACTORS:
        expected: type[Exception] | None = None
        if who not in MAY[act]:
            expected = NotPermitted
        elif act not in AFTER[state]:
            expected = IllegalMove
        point = transaction.savepoint()
        if expected is None:
            do(road, act, detainer, who)
            detainer.refresh_from_db()
            assert detainer.state == AFTER[state][act], who
        else:
            with pytest.raises(expected):
                do(road, act, detainer, who)
        transaction.savepoint_rollback(point)
        detainer.refresh_from_db()


def test_the_table_above_is_complete() -> None:
    assert set(AFTER) == {state.value for state in DetainerState}
    moves = {(m.source, m.action, m.target) for m in DETAINER_MOVES}
    assert {move for move in moves if move[1] != "correct"} == {
        (state, act, after) for state, acts in AFTER.items() for act, after in acts.items()
    }
    assert {(source, target) for source, act, target in moves if act == "correct"} == BY_CORRECTION
    assert {m.action for m in DETAINER_MOVES} == set(MAY) | {"correct"}
    assert all(m.permission is None for m in DETAINER_MOVES if m.action == "correct")


BY_CORRECTION = {
    ("received", "deficient"),
    ("deficient", "received"),
    ("deficient", "served"),
    ("served", "received"),
    ("served", "deficient"),
    ("lifted", "received"),
    ("lifted", "deficient"),
    ("lifted", "served"),
    ("cancelled", "received"),
    ("cancelled", "deficient"),
    ("cancelled", "served"),
}

HOLD_ENDS = {
    "corrected",
    "expired",
    "lifted",
    "released",
    "ice_custody",
    "transferred",
    "died",
    "escaped",
    "suspended",
    "excused",
}


def acts(road: Road, case: Any, detainer: Detainer) -> dict[str, Callable[[Any], Any]]:
    """How each end of a hold comes about, as an act of somebody."""
    at = ago(minutes=5)
    key = case.pk
    return {
        "lifted": lambda a: services.lift_detainer(detainer_id=detainer.pk, actor=a, at=at),
        "released": lambda a: cases.release(case_id=key, actor=a, at=at),
        "ice_custody": lambda a: services.record_ice_pickup(case_id=key, actor=a, at=at),
        "transferred": lambda a: cases.release(case_id=key, actor=a, at=at, to="other_agency"),
        "died": lambda a: cases.record_death(case_id=key, actor=a, at=at),
        "escaped": lambda a: cases.record_escape(case_id=key, actor=a, at=at),
        "suspended": lambda a: cases.add_ground(case_id=key, actor=a, at=at, kind=LocalGround.Kind.CHARGE),
        "excused": lambda a: services.claim_status(
            case_id=key, actor=a, at=at, kind="citizenship", proof=True, evidence="passport"
        ),
    }


MAY_END = {
    "lifted": {"clerk", "supervisor", "liaison", "client"},
    "released": {"officer", "supervisor"},
    "ice_custody": {"officer", "supervisor"},
    "transferred": {"officer", "supervisor"},
    "died": {"officer", "supervisor"},
    "escaped": {"officer", "supervisor"},
    "suspended": {"officer", "clerk", "supervisor"},
    "excused": {"officer", "clerk", "supervisor"},
}


@pytest.mark.parametrize("end", list(MAY_END))
def test_hold_end_by_actor(road: Road, end: str) -> None:
    detainer = detainer_in(road, "served")
    case = road.eligible(detainer.case, at=ago(hours=1))
    hold = hold_of(case)
    for who in ACTORS:
        point = transaction.savepoint()
        act = acts(road, case, detainer)[end]
        if who in MAY_END[end]:
            act(actor(road, who))
            hold.refresh_from_db()
            assert hold.recorded_state == end, who
            assert hold.ended_at is not None
        else:
            with pytest.raises(NotPermitted):
                act(actor(road, who))
            hold.refresh_from_db()
            assert hold.recorded_state == "active", who
        transaction.savepoint_rollback(point)
        hold.refresh_from_db()


def test_every_end_of_a_hold_has_an_act_or_is_the_clocks() -> None:
    assert {state.value for state in HoldState} - {"active"} == HOLD_ENDS
    assert set(MAY_END) | {"expired", "corrected"} == HOLD_ENDS
    assert {(m.source, m.target) for m in HOLD_MOVES} == {("active", end) for end in HOLD_ENDS}
    assert all(m.permission is None for m in HOLD_MOVES)


@pytest.mark.parametrize("source", [state.value for state in HoldState])
def test_the_database_refuses_every_other_move_of_a_hold(road: Road, source: str) -> None:
    case, detainer = road.held(eligible_at=ago(hours=1))
    hold = hold_of(case)
    if source in ("expired", "corrected"):
        Hold.objects.filter(pk=hold.pk).update(
            recorded_state=source, ended_at=hold.deadline_at, ended_by="test"
        )
    elif source != "active":
        acts(road, case, detainer)[source](road.cast.actor("supervisor"))

    for target in HoldState:
        if target == source:
            continue
        allowed = source == "active" and target.value in HOLD_ENDS
        values = {"recorded_state": target, "ended_at": hold.started_at, "ended_by": "test"}
        if target == "active":
            values |= {"ended_at": None, "ended_by": ""}
        point = transaction.savepoint()
        if allowed:
            assert Hold.objects.filter(pk=hold.pk).update(**values) == 1
        else:
            with pytest.raises(DatabaseError, match=r"Invalid transition|ends once"), transaction.atomic():
                Hold.objects.filter(pk=hold.pk).update(**values)
        transaction.savepoint_rollback(point)


def test_the_database_refuses_every_other_move_of_a_detainer(road: Road) -> None:
    allowed = {(s, t) for s, t in pairs(DETAINER_MOVES) if s != t}
    for source in AFTER:
        detainer = detainer_in(road, source)
        for target in AFTER:
            if source == target or (source, target) in allowed:
                continue
            with pytest.raises(DatabaseError, match="Invalid transition"), transaction.atomic():
                Detainer.objects.filter(pk=detainer.pk).update(state=target)


def test_breach_moves_are_open_ended_closed() -> None:
    assert pairs(BREACH_MOVES) == [("ended", "closed"), ("open", "ended")]
    assert {state.value for state in BreachState} == {"open", "ended", "closed"}
    assert set(MACHINES) == {"detainer", "hold", "breach", "duty", "policy"}
    assert Breach._meta.get_field("state").default == "open"
