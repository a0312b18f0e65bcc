"""Facts are corrected by new facts. What lengthens authority needs a second, different person; nothing is overwritten unseen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import ClearholdError, IllegalMove, Invalid, NotFound, NotPermitted
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import JsonValue, Ref
from cases import events
from cases.corrections import facts as _facts  # noqa: F401 - registers the kinds of this app
from cases.corrections import registry
from cases.corrections.models import Correction
from cases.corrections.registry import WITHDRAWN, Change
from cases.corrections.standing import Movement, Standing, movement
from cases.corrections.states import CorrectionState, find_move
from cases.models import Case
from cases.policies import FUTURE_TOLERANCE
from cases.services.custody import lock_case

TRIAL = "trial"
"""Who approves in a trial that is always undone; no account has this id."""


@dataclass(frozen=True)
class Effect:
    """What a correction would do to the clock, or did."""

    movement: Movement
    before: Standing
    after: Standing

    @property
    def needs_second(self) -> bool:
        return self.movement is Movement.LATER


@dataclass(frozen=True)
class Wish:
    """What somebody wants corrected: one field of one fact, or the fact withdrawn as entered in error."""

    kind: str
    subject: UUID
    field: str
    value: Any = None

    @property
    def way(self) -> str:
        return Correction.Way.WITHDRAW if self.field == WITHDRAWN else Correction.Way.CHANGE


def preview_correction(*, case_id: int, actor: Actor, at: datetime, wish: Wish) -> Effect:
    """What the correction would do to the clock; nothing is kept. Raises as `request_correction`."""
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.CORRECTION_REQUEST, case.agency)
        draft = _draft(case, actor, at, wish, Correction.ReasonCode.TYPING, "-")
        return _trial(draft, actor, at)


def request_correction(
    *, case_id: int, actor: Actor, at: datetime, wish: Wish, reason_code: str, reason: str
) -> Correction:
    """Correct one fact. Applied at once, unless it would move an end of authority later: then a second person decides.

    1. Lock the case. 2. Who, whether, what it does: tried and undone. 3. Keep the wish. 4. Apply it, or leave it to
    another person. Raises NotFound, NotPermitted, IllegalMove (one is waiting), Invalid.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.CORRECTION_REQUEST, case.agency)
        draft = _draft(case, actor, at, wish, reason_code, reason)
        effect = _trial(draft, actor, at)
        draft.movement, draft.needs_second = effect.movement.value, effect.needs_second
        draft.clock_before, draft.clock_after = effect.before.as_json(), effect.after.as_json()
        draft.save()
        _say(events.CORRECTION_REQUESTED, draft, actor, at)
        if not effect.needs_second:
            _apply(draft, case, actor, at, approved_by="")
    return draft


def approve_correction(*, correction_id: int, actor: Actor, at: datetime, reason: str) -> Correction:
    """Agree, as a second and different person, that an end of authority moves later. Raises as `refuse_correction`."""
    with transaction.atomic():
        case, correction = _locked(correction_id, actor, "approve", reason)
        correction.decision_reason = reason.strip()
        row = registry.kind(correction.kind).find(case, correction.subject_id)
        if value_now(registry.kind(correction.kind), row, correction.field) != correction.before:
            raise IllegalMove(
                "The fact was changed since this was asked for. Refuse it, and ask again.", code="stale"
            )
        _apply(correction, case, actor, at, approved_by=actor.id)
    return correction


def refuse_correction(*, correction_id: int, actor: Actor, at: datetime, reason: str) -> Correction:
    """Do not agree. Raises NotFound, NotPermitted (also for the person who asked), IllegalMove, Invalid."""
    with transaction.atomic():
        _case, correction = _locked(correction_id, actor, "refuse", reason)
        _decide(correction, CorrectionState.REFUSED, actor, at, reason)
        _say(events.CORRECTION_REFUSED, correction, actor, at)
    return correction


def withdraw_correction(*, correction_id: int, actor: Actor, at: datetime, reason: str) -> Correction:
    """Take back what one asked for oneself. Raises NotFound, NotPermitted, IllegalMove, Invalid."""
    with transaction.atomic():
        _case, correction = _locked(correction_id, actor, "withdraw", reason)
        _decide(correction, CorrectionState.WITHDRAWN, actor, at, reason)
        _say(events.CORRECTION_WITHDRAWN, correction, actor, at)
    return correction


def record_rewording(
    *, row: Any, case: Case, kind: str, field: str, value: Any, actor: Actor, at: datetime
) -> None:
    """Other words for the same fact, sent by its source: a correction that touches no clock, applied at once."""
    correction = Correction(
        case=case,
        kind=kind,
        subject_id=registry.kind(kind).subject(row),
        field=field,
        before=registry.kind(kind).field(field).as_json(getattr(row, field)),
        after=registry.kind(kind).field(field).as_json(value),
        reason_code=Correction.ReasonCode.LEARNED_LATER,
        reason="The booking was sent again with other words.",
        occurred_at=at,
        requested_by=actor.id,
        requested_label=actor.label,
    )
    correction.save()
    _decide(correction, CorrectionState.APPLIED, actor, at, "")
    setattr(row, field, value)
    row.save(update_fields=[field])


def _draft(case: Case, actor: Actor, at: datetime, wish: Wish, reason_code: str, reason: str) -> Correction:
    """The correction as wished, checked but not kept."""
    kind = registry.kind(wish.kind)
    row, field = kind.find(case, wish.subject), kind.field(wish.field)
    if not reason.strip():
        raise Invalid("Say why this is corrected.", field="reason", code="required")
    if reason_code not in Correction.ReasonCode.values:
        raise Invalid("Choose what kind of mistake it was.", field="reason_code", code="required")
    value = at if wish.way == Correction.Way.WITHDRAW else wish.value
    field.check(value)
    if field.form == "instant" and value is not None and value > timezone.now() + FUTURE_TOLERANCE:
        raise Invalid("This lies in the future. Enter when it happened.", field="value", code="future")
    if wish.way == Correction.Way.CHANGE and kind.check is not None:
        kind.check(row, wish.field, value)
    before, after = value_now(kind, row, wish.field), field.as_json(value)
    if before == after or (field.form == "instant" and getattr(row, wish.field, None) == value):
        raise Invalid("This is what is recorded now. Nothing was changed.", field="value", code="unchanged")
    waiting = Correction.objects.undecided().filter(subject_id=wish.subject, field=wish.field)
    if waiting.exists():
        raise IllegalMove("A correction of this already waits for a second person.", code="correction_waits")
    return Correction(
        case=case,
        kind=wish.kind,
        subject_id=wish.subject,
        field=wish.field,
        way=wish.way,
        before=before,
        after=after,
        reason_code=reason_code,
        reason=reason.strip(),
        occurred_at=at,
        requested_by=actor.id,
        requested_label=actor.label,
    )


def value_now(kind: registry.Kind, row: Any, name: str) -> Any:
    """What is recorded now, as a correction keeps it; of a fact that is to be withdrawn, everything that can be corrected."""
    if name == WITHDRAWN:
        return kind.values(row)
    return kind.field(name).as_json(getattr(row, name))


def _trial(draft: Correction, actor: Actor, at: datetime) -> Effect:
    """Apply the correction with two people's power, look where the case stands, and undo everything."""
    case = Case.objects.select_related("agency").get(pk=draft.case_id)
    before = registry.assess(case, at)
    copy = Correction(
        **{f.attname: getattr(draft, f.attname) for f in Correction._meta.concrete_fields if not f.generated}
    )
    copy.public_id, copy.pk, copy.needs_second, copy.movement = (
        draft.public_id,
        None,
        True,
        Movement.LATER.value,
    )
    after = before
    with _undone():
        copy.save()
        _apply(copy, case, actor, at, approved_by=TRIAL)
        after = registry.assess(Case.objects.select_related("agency").get(pk=case.pk), at)
    return Effect(movement(before, after), before, after)


class _Undo(Exception):
    """Leaves the trial's savepoint."""


@contextmanager
def _undone() -> Iterator[None]:
    """A savepoint that is always rolled back. What contradicts the guards of the database is refused with a sentence."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        return
    except IntegrityError as error:
        sentence = "With this the recorded facts would contradict each other. Check the order of the times."
        raise Invalid(sentence, field="value", code="contradiction") from error


def _apply(correction: Correction, case: Case, actor: Actor, at: datetime, *, approved_by: str) -> None:
    """The only code that changes a recorded fact: correction, fact, what follows, holds and breaches, event."""
    kind = registry.kind(correction.kind)
    row, field = kind.find(case, correction.subject_id), kind.field(correction.field)
    before = registry.assess(case, at)
    correction.approved_by = approved_by
    _decide(correction, CorrectionState.APPLIED, actor, at, correction.decision_reason)
    change = Change(case=case, kind=kind, row=row, correction=correction, at=at)
    if correction.way == Correction.Way.WITHDRAW and kind.withdraw is not None:
        kind.withdraw(change)
    else:
        setattr(row, correction.field, field.from_json(correction.after))
        row.save(update_fields=[correction.field])
    if kind.settle is not None:
        kind.settle(change)
    registry.settle(change, before, actor)
    _say(events.CORRECTED, correction, actor, at)


def _decide(correction: Correction, to: CorrectionState, actor: Actor, at: datetime, reason: str) -> None:
    """The only code that writes the state of a correction."""
    correction.state, correction.decided_at = to, at
    correction.decided_by, correction.decided_label = actor.id, actor.label
    correction.decision_reason = reason.strip()
    if to is CorrectionState.APPLIED:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            (correction.applied_txid,) = cursor.fetchone()
    correction.save()


def _locked(correction_id: int, actor: Actor, action: str, reason: str) -> tuple[Case, Correction]:
    """The case, then the correction, under locks, once this actor may do this to it."""
    case_id = Correction.objects.filter(pk=correction_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound(f"There is no correction {correction_id}.")
    case = lock_case(case_id)
    move = find_move(CorrectionState.REQUESTED, action)
    assert move is not None
    check_permission(actor, move.permission, case.agency)
    correction: Correction = Correction.objects.select_for_update().get(pk=correction_id)
    check_person(correction, actor, action)
    if find_move(correction.state, action) is None:
        raise IllegalMove("This correction was decided before.", code="correction_decided")
    if not reason.strip():
        raise Invalid("Enter a reason.", field="reason", code="required")
    return case, correction


def check_person(correction: Correction, actor: Actor, action: str) -> None:
    """Two people: nobody approves or refuses what they asked for, or takes back what another asked for."""
    is_own = correction.requested_by == actor.id
    if action != "withdraw" and is_own:
        raise NotPermitted(
            "You asked for this correction. Another person must decide it.", code="same_person"
        )
    if action == "withdraw" and not is_own:
        raise NotPermitted("Another person asked for this. Only they can take it back.", code="other_person")


def correction_key(actor: Actor, public_id: UUID) -> int:
    """Primary key of a correction this actor may see; NotFound otherwise."""
    key = (
        Correction.objects.visible_to(actor).filter(public_id=public_id).values_list("pk", flat=True).first()
    )
    if key is None:
        raise NotFound("There is no such correction.")
    return int(key)


def _say(action: str, correction: Correction, actor: Actor, at: datetime) -> None:
    """One audit event: names of fields and codes, never a value."""
    case, kind = correction.case, registry.kind(correction.kind)
    moved = {
        "later": "It moves the end of authority later.",
        "earlier": "It moves the end of authority earlier.",
    }
    facts: dict[str, JsonValue] = {
        "correction": str(correction.public_id),
        "kind": correction.kind,
        "what": str(kind.label),
        "field": correction.field,
        "words": str(kind.field(correction.field).label).lower(),
        "movement": correction.movement,
        "moved": moved.get(correction.movement, "The end of authority stays."),
        "reason_code": correction.reason_code,
    }
    record.event(
        action,
        actor=actor,
        subject=Ref("correction", correction.public_id),
        case=case.public_id,
        agency=case.agency.public_id,
        occurred_at=at,
        reason=str(Correction.ReasonCode(correction.reason_code).label),
        changed=[correction.field],
        facts=facts,
    )


__all__ = [
    "ClearholdError",
    "Effect",
    "Wish",
    "approve_correction",
    "check_person",
    "correction_key",
    "preview_correction",
    "record_rewording",
    "refuse_correction",
    "request_correction",
    "withdraw_correction",
]
