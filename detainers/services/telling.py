"""What ICE is told, and on which law. Where the policy forbids it, it is refused with the citation."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases.policies import FUTURE_TOLERANCE
from detainers import events
from detainers.duties import TELLING
from detainers.models import IceDisclosure, PolicyDecision
from detainers.policy_rows import Telling
from detainers.services.assess import reassess
from detainers.services.common import lock_detainer, say


def may_tell(decision: PolicyDecision, kind: str) -> Telling:
    """What the kept decision says of telling ICE this."""
    return Telling(decision.trace[f"{kind}_information"])


def forbidden(decision: PolicyDecision, kind: str) -> str:
    """Why ICE may not be told, with the law; empty where it may."""
    if may_tell(decision, kind) is not Telling.FORBIDDEN:
        return ""
    laws = [
        f"{row['code']}, {row['citation']}"
        for row in decision.trace["rows"]
        if (row.get("tell_ice") or {}).get(f"{kind}_information") == Telling.FORBIDDEN.value
    ]
    law = "; ".join(laws) or (f"{decision.policy_code}, {decision.citation}".rstrip(", "))
    return f"{TELLING[kind][Telling.FORBIDDEN]} ({law})"


def tell_ice(
    *,
    detainer_id: int,
    actor: Actor,
    at: datetime,
    kind: str,
    method: str,
    office: str,
    statement: str,
    basis: str = "",
    entered_text: str = "",
) -> IceDisclosure:
    """Record that ICE was told a release time or a status at `at`. A release time settles the duty to notify.

    Raises NotFound, NotPermitted, IllegalMove (`ice_not_told`: the policy forbids it, with its citation), Invalid.
    """
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_permission(actor, Permission.ICE_TELL, case.agency)
        decision: PolicyDecision | None = detainer.decisions.order_by("-pk").first()
        _check(at, kind, method, office, statement, known=kind in IceDisclosure.Kind.values)
        if decision is None:
            raise IllegalMove("No policy was applied to this detainer yet.", code="no_decision")
        refusal = forbidden(decision, kind)
        if refusal:
            raise IllegalMove(refusal, code="ice_not_told")
        said = may_tell(decision, kind)
        if said is Telling.ON_CONDITIONS and not basis.strip():
            sentence = f"{TELLING[kind][said]} Enter which condition is met."
            raise Invalid(sentence, field="basis", code="required")
        row: IceDisclosure = IceDisclosure.objects.create(
            case=case,
            decision=decision,
            kind=kind,
            told_at=at,
            told_text=entered_text,
            method=method,
            office=office.strip(),
            basis=basis.strip(),
            statement=statement.strip(),
            policy_said=said.value,
            recorded_by=actor.id,
            recorded_label=actor.label,
        )
        say(
            events.ICE_TOLD,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", detainer.public_id),
            facts={
                "disclosure": str(row.public_id),
                "detainer": str(detainer.public_id),
                "kind": kind,
                "what": str(IceDisclosure.Kind(kind).label).lower(),
                "told_at": at.isoformat(),
                "method": str(IceDisclosure.Method(method).label).lower(),
                "policy": decision.policy_code,
                "said": said.value.replace("_", " "),
            },
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return row


def _check(at: datetime, kind: str, method: str, office: str, statement: str, *, known: bool) -> None:
    checks = (
        ("kind", "Choose what ICE was told.", known),
        ("method", "Choose how ICE was told.", method in IceDisclosure.Method.values),
        ("office", "Enter which office was told.", bool(office.strip())),
        ("statement", "Write what was said, as it was said.", bool(statement.strip())),
        ("at", "This lies in the future. Enter when it happened.", at <= timezone.now() + FUTURE_TOLERANCE),
    )
    problems = [FieldError(field, sentence) for field, sentence, fine in checks if not fine]
    if problems:
        raise Invalid(problems)
