"""Facts that the policy asks for: warrants, judicial orders, listed cases, claims of status."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Conflict, FieldError, IllegalMove, Invalid
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases import services as cases
from cases.models import Case, Document, LocalGround
from cases.policies import FUTURE_TOLERANCE
from cases.services.custody import lock_case
from detainers import events, warrants
from detainers.models import ConditionFinding, Detainer, PolicyDecision, StatusClaim, Warrant
from detainers.rulebook import Condition
from detainers.services.assess import keep_decision, reassess
from detainers.services.common import lock_detainer, say
from detainers.situation import load


def record_warrant(
    *,
    detainer_id: int,
    actor: Actor,
    at: datetime,
    kind: str,
    signed_by_role: str,
    document: Document | None = None,
) -> Warrant:
    """Record a warrant signed at `at`. A judge's warrant is added to the case as a ground of its own.

    `signed_by_role` is a code of `warrants.Signer` or the words on the paper, such as 'Deportation officer'.
    Raises NotFound, NotPermitted, IllegalMove, Invalid, Conflict for one that is recorded already.
    """
    with transaction.atomic():
        case, detainer = _live(detainer_id, actor, Permission.WARRANT_RECORD)
        signer = _signer(kind, signed_by_role, at)
        _refuse_second(detainer, kind, signer, at)
        warrant: Warrant = Warrant.objects.create(
            detainer=detainer,
            kind=kind,
            signed_by_role=signer.value,
            signed_at=at,
            document=document,
            recorded_by=actor.id,
        )
        say(
            events.WARRANT_RECORDED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", detainer.public_id),
            facts={
                "detainer": str(detainer.public_id),
                "warrant": str(warrant.public_id),
                "code": kind,
                "kind": str(Warrant.Kind(kind).label),
                "signed_by": warrants.words_of(signer.value).split(":")[0].lower(),
                "signed_at": at.isoformat(),
            },
        )
        if warrant.is_judicial and case.is_in_custody:
            cases.add_ground(
                case_id=case.pk,
                actor=actor,
                at=max(at, case.opened_at),
                kind=LocalGround.Kind.JUDICIAL_WARRANT,
                description=str(Warrant.Kind(kind).label),
            )
        reassess(case_id=case.pk, actor=actor, at=at)
    return warrant


def _signer(kind: str, signed_by_role: str, at: datetime) -> warrants.Signer:
    """The office that signed, where it can have signed this kind. Raises Invalid."""
    signer = warrants.signer_of(signed_by_role)
    known = kind in Warrant.Kind.values
    offices = ", ".join(warrants.Signer)
    wrong = warrants.why_not(kind, signer) if known and signer else ""
    _check(
        at,
        ("kind", "Choose the kind of warrant.", known),
        ("signed_by_role", f"Say in what role it was signed: one of {offices}.", signer is not None),
        ("signed_by_role", wrong, not wrong),
    )
    assert signer is not None
    return signer


def _refuse_second(detainer: Detainer, kind: str, signer: warrants.Signer, at: datetime) -> None:
    """The same warrant is recorded once. Raises Conflict."""
    rows = Warrant.objects.filter(detainer=detainer, kind=kind, signed_by_role=signer.value, signed_at=at)
    if rows.exists():
        raise Conflict(
            "This warrant is recorded already: the same kind, signed by the same office at the same time. "
            "If it is another one, check when it was signed.",
            code="warrant_recorded_before",
        )


def record_judicial_order(
    *,
    detainer_id: int,
    actor: Actor,
    at: datetime,
    official_role: str,
    basis: str,
    document: Document | None = None,
) -> ConditionFinding:
    """A judicial official ordered the hold at `at` (N.C. G.S. 162-62). Raises as `record_warrant`."""
    with transaction.atomic():
        case, detainer = _live(detainer_id, actor, Permission.WARRANT_RECORD)
        role_said = ("official_role", "Say who ordered it, such as magistrate.", bool(official_role.strip()))
        _check(at, role_said)
        return _finding(case, detainer, Condition.JUDICIAL_ORDER, at, actor, basis, document, official_role)


def record_condition(
    *,
    detainer_id: int,
    actor: Actor,
    at: datetime,
    condition: str,
    basis: str,
    document: Document | None = None,
) -> ConditionFinding:
    """A named person finds that a condition of the law is met, such as a listed serious case.

    Raises as `record_warrant`.
    """
    with transaction.atomic():
        case, detainer = _live(detainer_id, actor, Permission.HOLD_DECIDE)
        by_finding = [
            Condition.LISTED_SERIOUS_CASE,
            Condition.FINAL_ORDER_BY_JUDGE,
            Condition.TERRORISM_LIST,
            Condition.MINOR_CLEARED,
        ]
        _check(at, ("condition", f"Choose one of: {', '.join(by_finding)}.", condition in by_finding))
        return _finding(case, detainer, Condition(condition), at, actor, basis, document, "")


def _finding(
    case: Case,
    detainer: Detainer,
    condition: Condition,
    at: datetime,
    actor: Actor,
    basis: str,
    document: Document | None,
    official_role: str,
) -> ConditionFinding:
    _check(at, ("basis", "Say on what basis: the order's number, or the conviction.", bool(basis.strip())))
    finding: ConditionFinding = ConditionFinding.objects.create(
        detainer=detainer,
        condition=condition.value,
        found_at=at,
        basis=basis.strip(),
        official_role=official_role.strip(),
        document=document,
        found_by=actor.id,
    )
    say(
        events.CONDITION_RECORDED,
        actor=actor,
        case=case,
        at=at,
        subject=Ref("detainer", detainer.public_id),
        facts={
            "detainer": str(detainer.public_id),
            "finding": str(finding.public_id),
            "code": condition.value,
            "condition": condition.value.replace("_", " "),
        },
    )
    reassess(case_id=case.pk, actor=actor, at=at)
    return finding


def claim_status(
    *,
    case_id: int,
    actor: Actor,
    at: datetime,
    kind: str,
    proof: bool = False,
    evidence: str = "",
    document: Document | None = None,
) -> StatusClaim:
    """The person claims, or proves, citizenship or lawful status. What that does, the policy says.

    Raises NotFound, NotPermitted, Invalid.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.STATUS_CLAIM_RECORD, case.agency)
        shown = not proof or bool(evidence.strip()) or document is not None
        _check(
            at,
            ("kind", "Choose citizenship or lawful status.", kind in StatusClaim.Kind.values),
            ("evidence", "Say what was shown as proof, or attach it.", shown),
        )
        claim: StatusClaim = StatusClaim.objects.create(
            case=case,
            kind=kind,
            claimed_at=at,
            proof=proof,
            evidence=evidence.strip(),
            document=document,
            recorded_by=actor.id,
        )
        say(
            events.STATUS_CLAIMED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("case", case.public_id),
            facts={
                "claim_id": str(claim.public_id),
                "claim": kind.replace("_", " "),
                "proof": proof,
                "how": "with proof" if proof else "without proof",
            },
        )
        reassess(case_id=case.pk, actor=actor, at=at)
    return claim


def decide_policy(*, detainer_id: int, actor: Actor, at: datetime) -> PolicyDecision:
    """Apply the policy in force now to one detainer, keep the decision, and let the hold follow it.

    Raises NotFound, NotPermitted, IllegalMove when the detainer was withdrawn.
    """
    with transaction.atomic():
        case, detainer = _live(detainer_id, actor, Permission.HOLD_DECIDE)
        decision = load(case, at).decision_on(detainer.pk)
        assert decision is not None
        row = keep_decision(case, detainer, decision, actor, at)
        reassess(case_id=case.pk, actor=actor, at=at)
    return row


def _live(detainer_id: int, actor: Actor, permission: Permission) -> tuple[Case, Detainer]:
    case, detainer = lock_detainer(detainer_id)
    check_permission(actor, permission, case.agency)
    if not detainer.is_live:
        raise IllegalMove(
            f"This detainer is '{detainer.get_state_display().lower()}'; nothing can be added to it.",
            code="detainer_withdrawn",
        )
    return case, detainer


def _check(at: datetime, *checks: tuple[str, str, bool]) -> None:
    """All failing checks at once, and no fact from the future. Raises Invalid."""
    problems = [FieldError(field, sentence) for field, sentence, fine in checks if not fine]
    if at > timezone.now() + FUTURE_TOLERANCE:
        problems.append(FieldError("at", "This lies in the future. Enter when it happened.", "future"))
    if problems:
        raise Invalid(problems)
