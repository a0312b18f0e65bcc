"""Grounds begin and end, people leave. A release is never refused for being late, and never waits for anything."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import IllegalMove, Invalid, NotFound
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import JsonValue, Ref
from cases import events, policies
from cases.models import Case, CustodyEvent, LocalGround
from cases.states import Custody, permission_for

DESTINATIONS = {
    "street": "set free",
    "ice": "federal officers took custody",
    "other_agency": "handed to another agency",
}


def add_ground(
    *, case_id: int, actor: Actor, at: datetime, kind: str, description: str = "", entered_text: str = ""
) -> LocalGround:
    """Record a local ground to hold, from `at`. The person is no longer release-eligible while it lasts.

    Raises NotFound, NotPermitted, IllegalMove when the person has left, Invalid.
    """
    if kind not in LocalGround.Kind.values:
        raise Invalid(
            "Choose what the ground is: charge, sentence, judge's warrant or court order.", field="kind"
        )
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.GROUND_EDIT, case.agency)
        _check_in_custody(case)
        policies.check_time(at, not_before=case.opened_at, now=timezone.now(), what="The start of the ground")
        ground = LocalGround.objects.create(case=case, kind=kind, description=description, started_at=at)
        changed = []
        if case.release_eligible_at is not None:
            case.release_eligible_at = None
            case.save(update_fields=["release_eligible_at"])
            changed = ["release_eligible_at"]
        _fact(case, CustodyEvent.Kind.GROUND_ADDED, actor, at, ground=ground, text=entered_text)
        _event(events.GROUND_ADDED, actor, case, at, {"ground": str(ground)}, changed=changed)
    return ground


def end_ground(
    *, ground_id: int, actor: Actor, at: datetime, reason: str, note: str = "", entered_text: str = ""
) -> LocalGround:
    """End a local ground at `at`. When it was the last one, the person is release-eligible from the latest end.

    `reason` is a LocalGround.EndReason. Raises NotFound, NotPermitted, IllegalMove, Invalid.
    """
    if reason not in LocalGround.EndReason.values:
        raise Invalid("Choose why the ground ended.", field="reason")
    with transaction.atomic():
        case_id = LocalGround.objects.filter(pk=ground_id).values_list("case_id", flat=True).first()
        if case_id is None:
            raise NotFound(f"There is no ground {ground_id}.")
        case = lock_case(case_id)
        check_permission(actor, Permission.GROUND_EDIT, case.agency)
        ground = LocalGround.objects.select_for_update().get(pk=ground_id)
        if ground.ended_at is not None:
            raise IllegalMove(
                f"This ground of case {case.number} has already ended.", code="ground_already_ended"
            )
        _check_in_custody(case)
        policies.check_time(
            at, not_before=ground.started_at, now=timezone.now(), what="The end of the ground"
        )
        ground.ended_at, ground.end_reason = at, reason
        ground.save(update_fields=["ended_at", "end_reason"])
        _fact(case, CustodyEvent.Kind.GROUND_ENDED, actor, at, ground=ground, text=entered_text, reason=note)
        _event(
            events.GROUND_ENDED,
            actor,
            case,
            at,
            {"ground": str(ground), "end_reason": reason},
            reason=str(LocalGround.EndReason(reason).label),
            changed=["ended_at"],
        )
        _mark_release_eligible(case, actor)
    return ground


def release(
    *, case_id: int, actor: Actor, at: datetime, to: str = "street", reason: str = "", entered_text: str = ""
) -> Case:
    """Record that the person left custody at `at`. Never refused because it is late; open grounds end with it.

    `to` is street, ice or other_agency. Raises NotFound, NotPermitted, IllegalMove when the person already left, Invalid.
    """
    if to not in DESTINATIONS:
        raise Invalid("Choose where the person went: street, ice or other_agency.", field="to")
    if to == "other_agency":
        return transfer(case_id=case_id, actor=actor, at=at, reason=reason, entered_text=entered_text)
    facts: dict[str, JsonValue] = {"to": DESTINATIONS[to], "destination": to}
    return _leave(
        case_id, actor, at, "release", events.RELEASED, facts, reason=reason, text=entered_text, to=to
    )


def transfer(*, case_id: int, actor: Actor, at: datetime, reason: str = "", entered_text: str = "") -> Case:
    """Record that another agency took the person over. Raises as `release`."""
    return _leave(case_id, actor, at, "transfer", events.TRANSFERRED, {}, reason=reason, text=entered_text)


def record_death(*, case_id: int, actor: Actor, at: datetime, reason: str = "") -> Case:
    """Record a death in custody. Raises as `release`."""
    return _leave(case_id, actor, at, "record_death", events.DIED, {}, reason=reason)


def record_escape(*, case_id: int, actor: Actor, at: datetime, reason: str = "") -> Case:
    """Record an escape; open grounds stay open, because they still stand. Raises as `release`."""
    return _leave(case_id, actor, at, "record_escape", events.ESCAPED, {}, reason=reason, end_grounds=False)


def record_recapture(*, case_id: int, actor: Actor, at: datetime, reason: str = "") -> Case:
    """Record that an escaped person is back. Raises as `release`."""
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, permission_for("record_recapture"), case.agency)
        step = policies.check_move(case.custody_state, "record_recapture", number=case.number)
        policies.check_time(at, not_before=case.custody_ended_at, now=timezone.now(), what="The return")
        _move(case, step.target, None)
        _fact(case, CustodyEvent.Kind.RECAPTURED, actor, at, reason=reason)
        _event(events.RECAPTURED, actor, case, at, {}, reason=reason, changed=["custody_state"])
    return case


def lock_case(case_id: int) -> Case:
    """The case under a row lock, with its agency; NotFound when there is none."""
    case = Case.objects.select_for_update(of=("self",)).select_related("agency").filter(pk=case_id).first()
    if case is None:
        raise NotFound(f"There is no case {case_id}.")
    return case


def case_key(actor: Actor, public_id: UUID) -> int:
    """Primary key of a case this actor may see, by its public id; NotFound otherwise."""
    key = Case.objects.visible_to(actor).filter(public_id=public_id).values_list("pk", flat=True).first()
    if key is None:
        raise NotFound("There is no such case.")
    return int(key)


def _leave(
    case_id: int,
    actor: Actor,
    at: datetime,
    action: str,
    event: str,
    facts: dict[str, JsonValue],
    *,
    reason: str = "",
    text: str = "",
    to: str = "",
    end_grounds: bool = True,
) -> Case:
    """The one way out of custody."""
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, permission_for(action), case.agency)
        step = policies.check_move(case.custody_state, action, number=case.number)
        policies.check_time(at, not_before=case.opened_at, now=timezone.now(), what="The end of custody")
        if end_grounds:
            _end_open_grounds(case, at)
        _move(case, step.target, at)
        _fact(case, step.target.value, actor, at, text=text, reason=reason, to=to)
        _event(event, actor, case, at, facts, reason=reason, changed=["custody_state", "custody_ended_at"])
    return case


def _move(case: Case, to: Custody, ended_at: datetime | None) -> None:
    """The only code that writes the custody state."""
    case.custody_state = to
    case.custody_ended_at = ended_at
    case.save(update_fields=["custody_state", "custody_ended_at", "release_eligible_at"])


def _end_open_grounds(case: Case, at: datetime) -> None:
    """A person who left is held on nothing: what was open ends now, and the person was eligible at the latest from now."""
    open_grounds = case.grounds.filter(ended_at__isnull=True)
    if open_grounds.exists():
        open_grounds.filter(started_at__gt=at).update(started_at=at)
        open_grounds.update(ended_at=at, end_reason=LocalGround.EndReason.LEFT_CUSTODY)
        case.release_eligible_at = at


def _mark_release_eligible(case: Case, actor: Actor) -> None:
    if case.grounds.filter(ended_at__isnull=True).exists():
        return
    latest = case.grounds.order_by("-ended_at").values_list("ended_at", flat=True)[0]
    case.release_eligible_at = latest
    case.save(update_fields=["release_eligible_at"])
    _fact(case, CustodyEvent.Kind.RELEASE_ELIGIBLE, actor, latest)
    _event(
        events.RELEASE_ELIGIBLE,
        actor,
        case,
        latest,
        {"eligible_at": latest.isoformat()},
        changed=["release_eligible_at"],
    )


def _check_in_custody(case: Case) -> None:
    if not case.is_in_custody:
        raise IllegalMove(f"The person of case {case.number} is no longer in custody.", code="not_in_custody")


def _fact(
    case: Case,
    kind: str,
    actor: Actor,
    at: datetime,
    *,
    ground: LocalGround | None = None,
    text: str = "",
    reason: str = "",
    to: str = "",
) -> None:
    CustodyEvent.objects.create(
        case=case,
        kind=kind,
        ground=ground,
        destination=to,
        occurred_at=at,
        entered_text=text,
        zone=case.agency.time_zone,
        recorded_by=actor.id,
        reason=reason,
    )


def _event(
    action: str,
    actor: Actor,
    case: Case,
    at: datetime,
    facts: dict[str, JsonValue],
    *,
    reason: str = "",
    changed: list[str] | None = None,
) -> Any:
    return record.event(
        action,
        actor=actor,
        subject=Ref("case", case.public_id),
        case=case.public_id,
        agency=case.agency.public_id,
        occurred_at=at,
        reason=reason,
        changed=changed or [],
        facts=facts,
    )
