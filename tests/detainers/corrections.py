"""Every kind of fact on one case, and hands that correct them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Membership, User
from cases import services as cases
from cases.corrections import registry
from cases.corrections.models import Correction
from cases.models import Case
from detainers import services
from detainers.models import Duty
from tests.actors import Cast
from tests.detainers.builders import Road, ago


def second_supervisor(cast: Cast) -> User:
    """Another supervisor of the jail."""
    user = User.objects.filter(email="second@cedar.test").first()
    if user is None:
        user = User.objects.create_user(email="second@cedar.test", name="Second Supervisor")
        Membership.objects.create(user=user, agency=cast.jail, role="shift_supervisor")
        cast.users["second_supervisor"] = user
    return user


def correct(
    road: Road,
    case: Case,
    kind: str,
    field: str,
    value: Any = None,
    *,
    who: str = "officer",
    subject: Any = None,
) -> Correction:
    """Ask for one correction, of the last fact of its kind."""
    return cases.request_correction(
        case_id=case.pk,
        actor=road.cast.actor(who),
        at=ago(),
        wish=cases.Wish(kind, subject or subject_of(case, kind), field, value),
        reason_code="typing",
        reason="It was typed wrongly.",
    )


def approve(road: Road, correction: Correction, who: str = "supervisor") -> Correction:
    return cases.approve_correction(
        correction_id=correction.pk, actor=road.cast.actor(who), at=ago(), reason="Seen in the book."
    )


def subject_of(case: Case, kind: str) -> UUID:
    """The last fact of a kind on a case."""
    case.refresh_from_db()
    found = registry.kind(kind)
    return found.subject(list(found.rows(case))[-1])


def facts(road: Road) -> Case:
    """A case with every kind of fact: held on a detainer until it was lifted, in breach, released late, explained."""
    case, detainer = road.held(eligible_at=ago(hours=20))
    clerk, supervisor = road.cast.actor("clerk"), road.cast.actor("supervisor")
    key: dict[str, Any] = {"detainer_id": detainer.pk}
    services.record_warrant(actor=clerk, at=ago(days=2), kind="ADMIN_I200", signed_by_role="Officer", **key)
    services.record_condition(
        actor=supervisor, at=ago(days=2), condition="terrorism_list", basis="list", **key
    )
    services.claim_status(case_id=case.pk, actor=clerk, at=ago(days=1), kind="citizenship")
    basis = Duty.objects.get(detainer=detainer, code="INFORM_DETENTION_BASIS")
    services.record_duty(
        duty_id=basis.pk, actor=clerk, at=ago(days=1), language="es", statement="In the folder"
    )
    services.tell_ice(
        actor=clerk, at=ago(hours=19), kind="release", method="fax", office="Office", statement="14:00", **key
    )
    cases.record_conviction(
        case_id=case.pk,
        actor=clerk,
        at=ago(days=1),
        convicted_on=date(2005, 3, 1),
        offence_class="felony",
        category="violent",
        source="FBI rap sheet",
    )
    services.lift_detainer(actor=clerk, at=ago(hours=5), reason="Withdrawn", **key)
    services.expire_due()
    cases.release(case_id=case.pk, actor=supervisor, at=ago(hours=1))
    breach = case.breaches.get()
    services.close_breach(
        breach_id=breach.pk, actor=supervisor, at=ago(), cause="Slow desk", remedy="Told the desk"
    )
    case.refresh_from_db()
    return case


def span(case: Case) -> tuple[datetime, datetime]:
    breach = case.breaches.order_by("from_at").last()
    return breach.from_at, breach.until_at


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
