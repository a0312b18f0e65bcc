"""Work has one owner: taken, assigned, offered and accepted, given back. Each writes history and overwrites none."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, actor_for_user
from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from accounts.models import User
from accounts.permissions import Permission, check_permission, has_permission
from audit import record
from audit.record import JsonValue, Ref
from cases import events
from cases.assignments import Assignment, AssignmentOffer
from cases.models import Case
from cases.services.custody import lock_case


def claim_case(*, case_id: int, actor: Actor, at: datetime, reason: str = "") -> Assignment:
    """Become the owner of a case that nobody owns. Raises NotFound, NotPermitted, IllegalMove when it has an owner."""
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.WORK_OWN, case.agency)
        present = _present(case)
        if present is not None:
            raise IllegalMove(_taken(present, actor), code="has_owner")
        _close_offer(case, actor, at, AssignmentOffer.Decision.WITHDRAWN)
        row = _begin(case, _user(actor), actor, Assignment.How.CLAIMED, reason)
        facts: dict[str, JsonValue] = {"words": "took the case", "owner": actor.id}
        _say(events.OWNER_NAMED, actor, case, at, facts, reason=reason)
    return row


def assign_case(*, case_id: int, owner: UUID, actor: Actor, at: datetime, reason: str = "") -> Assignment:
    """Make somebody the owner, whoever it was before; an offer that waits is withdrawn.

    `owner` is a public id. Raises NotFound, NotPermitted, Invalid for somebody who cannot own cases here, IllegalMove when
    they own it already.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.WORK_ASSIGN, case.agency)
        user = _colleague(owner, case, field="owner")
        present = _present(case)
        if present is not None:
            if present.owner_id == user.pk:
                raise IllegalMove(f"Case {case.number} belongs to this person already.", code="has_owner")
            _end(present, actor, at, "Assigned to somebody else.")
        _close_offer(case, actor, at, AssignmentOffer.Decision.WITHDRAWN)
        row = _begin(case, user, actor, Assignment.How.ASSIGNED, reason)
        facts: dict[str, JsonValue] = {"words": "assigned the case to a colleague", "owner": str(owner)}
        _say(events.OWNER_NAMED, actor, case, at, facts, reason=reason)
    return row


def give_back_case(*, case_id: int, actor: Actor, at: datetime, reason: str) -> None:
    """End one's own care of a case, or anybody's with WORK_ASSIGN. Raises NotFound, NotPermitted, IllegalMove, Invalid."""
    if not reason.strip():
        raise Invalid("Write why, so that whoever takes it next knows.", field="reason", code="required")
    with transaction.atomic():
        case = lock_case(case_id)
        present = _present(case)
        if present is None:
            raise IllegalMove(f"Nobody owns case {case.number}.", code="no_owner")
        _check_owner(present, actor, case)
        _close_offer(case, actor, at, AssignmentOffer.Decision.WITHDRAWN)
        _end(present, actor, at, reason)
        _say(events.OWNER_GONE, actor, case, at, {}, reason=reason)


def offer_case(*, case_id: int, to: UUID, actor: Actor, at: datetime, reason: str = "") -> AssignmentOffer:
    """Ask a colleague to take a case over; nothing changes hands until they accept.

    Raises NotFound, NotPermitted unless the actor owns it or may assign, Invalid, IllegalMove.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        present = _present(case)
        if present is None:
            raise IllegalMove(
                f"Nobody owns case {case.number}: there is nothing to hand over.", code="no_owner"
            )
        _check_owner(present, actor, case)
        user = _colleague(to, case, field="to")
        if present.owner_id == user.pk:
            raise Invalid("This person owns the case already. Choose somebody else.", field="to")
        if case.offers.filter(decided_at__isnull=True).exists():
            raise IllegalMove(f"Case {case.number} is offered to somebody already.", code="offered_already")
        row = AssignmentOffer.objects.create(
            case=case, to=user, reason=reason, offered_by=actor.id, offered_label=actor.label
        )
        _say(events.TRANSFER_OFFERED, actor, case, at, {"to_owner": str(to)}, reason=reason)
    return row


def answer_offer(*, offer_id: int, actor: Actor, at: datetime, accepts: bool, reason: str = "") -> None:
    """Accept or decline what was offered to oneself. Raises NotFound, NotPermitted, IllegalMove, Invalid without a reason
    for declining.
    """
    if not accepts and not reason.strip():
        raise Invalid("Write why you decline.", field="reason", code="required")
    with transaction.atomic():
        case, offer = _locked_offer(offer_id)
        if str(offer.to.public_id) != actor.id:
            raise NotPermitted("Only the person it was offered to answers.")
        check_permission(actor, Permission.WORK_OWN, case.agency)
        decision = AssignmentOffer.Decision.ACCEPTED if accepts else AssignmentOffer.Decision.DECLINED
        _decide(offer, actor, at, decision, reason)
        if accepts:
            present = _present(case)
            if present is not None:
                _end(present, actor, at, "Handed over.")
            _begin(case, offer.to, actor, Assignment.How.ACCEPTED, offer.reason)
        words = "took the case over" if accepts else "declined to take the case over"
        _say(events.TRANSFER_ANSWERED, actor, case, at, {"words": words}, reason=reason)


def withdraw_offer(*, offer_id: int, actor: Actor, at: datetime, reason: str = "") -> None:
    """Take an offer back before it is answered. Raises NotFound, NotPermitted unless it is one's own, IllegalMove."""
    with transaction.atomic():
        case, offer = _locked_offer(offer_id)
        if offer.offered_by != actor.id and not has_permission(actor, Permission.WORK_ASSIGN, case.agency):
            raise NotPermitted("Only who offered it, or a supervisor, takes the offer back.")
        _decide(offer, actor, at, AssignmentOffer.Decision.WITHDRAWN, reason)
        facts: dict[str, JsonValue] = {"words": "took the offer of the case back"}
        _say(events.TRANSFER_ANSWERED, actor, case, at, facts, reason=reason)


def _locked_offer(offer_id: int) -> tuple[Case, AssignmentOffer]:
    key = AssignmentOffer.objects.filter(pk=offer_id).values_list("case_id", flat=True).first()
    if key is None:
        raise NotFound("There is no such offer.")
    case = lock_case(key)
    offer = AssignmentOffer.objects.select_for_update(of=("self",)).select_related("to").get(pk=offer_id)
    if offer.decided_at is not None:
        raise IllegalMove(
            f"The offer of case {case.number} was answered before: {offer.decision}.", code="offer_answered"
        )
    return case, offer


def _present(case: Case) -> Assignment | None:
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("owner")
    row: Assignment | None = rows.filter(case=case, ended_at__isnull=True).first()
    return row


def _taken(present: Assignment, actor: Actor) -> str:
    if str(present.owner.public_id) == actor.id:
        return "You own this case already."
    return (
        f"{present.owner.name} owns this case. Ask for it to be handed over, or let a supervisor assign it."
    )


def _check_owner(present: Assignment, actor: Actor, case: Case) -> None:
    if str(present.owner.public_id) != actor.id:
        check_permission(actor, Permission.WORK_ASSIGN, case.agency)


def _user(actor: Actor) -> User:
    user = User.objects.filter(public_id=actor.id).first() if actor.kind == "user" else None
    if user is None:
        raise NotPermitted("Only a person owns a case.")
    return user


def _colleague(public_id: UUID, case: Case, *, field: str) -> User:
    """Somebody who may own cases of this jail now; Invalid otherwise."""
    user = User.objects.filter(public_id=public_id).first()
    if user is None or not has_permission(actor_for_user(user), Permission.WORK_OWN, case.agency):
        raise Invalid(
            "This person cannot own cases here. Choose somebody who works here now.",
            field=field,
            code="cannot_own",
        )
    return user


def _begin(case: Case, owner: User, actor: Actor, how: str, reason: str) -> Assignment:
    row: Assignment = Assignment.objects.create(
        case=case, owner=owner, how=how, reason=reason, begun_by=actor.id, begun_label=actor.label
    )
    return row


def _end(row: Assignment, actor: Actor, at: datetime, reason: str) -> None:
    row.ended_at, row.ended_by, row.ended_label, row.end_reason = at, actor.id, actor.label, reason
    row.save(update_fields=["ended_at", "ended_by", "ended_label", "end_reason"])


def _close_offer(case: Case, actor: Actor, at: datetime, decision: str) -> None:
    for offer in AssignmentOffer.objects.select_for_update().filter(case=case, decided_at__isnull=True):
        _decide(offer, actor, at, decision, "The case changed hands otherwise.")


def _decide(offer: AssignmentOffer, actor: Actor, at: datetime, decision: str, reason: str) -> None:
    offer.decided_at, offer.decided_by, offer.decided_label = at, actor.id, actor.label
    offer.decision, offer.decision_reason = decision, reason
    offer.save(update_fields=["decided_at", "decided_by", "decided_label", "decision", "decision_reason"])


def _say(
    action: str, actor: Actor, case: Case, at: datetime, facts: dict[str, JsonValue], *, reason: str = ""
) -> None:
    record.event(
        action,
        actor=actor,
        subject=Ref("case", case.public_id),
        case=case.public_id,
        agency=case.agency.public_id,
        occurred_at=min(at, timezone.now()),
        reason=reason,
        facts=facts,
    )
