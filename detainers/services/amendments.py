"""A new version of a detainer. The earlier one keeps its record, and no version lengthens a hold."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.permissions import Permission
from audit.record import Ref
from cases.models import Case, Document
from detainers import events
from detainers.formdata import DetainerForm
from detainers.lifts import LiftCode
from detainers.models import Detainer
from detainers.services.assess import reassess
from detainers.services.common import check_either, check_move, lock_detainer, say
from detainers.services.papers import keep_form
from detainers.services.withdrawals import withdraw
from detainers.states import DetainerState


def amend_detainer(
    *,
    detainer_id: int,
    actor: Actor,
    at: datetime,
    form: DetainerForm,
    channel: str,
    received_text: str = "",
    document: Document | None = None,
) -> Detainer:
    """Register a new version of a detainer, received at `at`.

    1. Keep the new form, tied to the earlier one. 2. The earlier ends when the new one takes effect: at once where the
    edition needs no service, else when the new copy is served; a deficient version replaces nothing. 3. Assess: the clock
    counts from the first receipt and by the shorter rule of all versions.
    Raises NotFound, NotPermitted, IllegalMove for a detainer that has ended, Invalid, RegisteredBefore.
    """
    with transaction.atomic():
        case, earlier = lock_detainer(detainer_id)
        check_either(actor, Permission.DETAINER_REGISTER, case, earlier)
        check_move(earlier, "cancel")
        if at < earlier.received_at:
            raise Invalid(
                "A new version cannot have come before the detainer that it changes. Check both times.",
                field="at",
                code="before_receipt",
            )
        version = keep_form(
            case=case,
            actor=actor,
            at=at,
            form=form,
            channel=channel,
            received_text=received_text,
            document=document,
            federal_agency=earlier.federal_agency,
            amends=earlier,
        )
        say(
            events.AMENDED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("detainer", version.public_id),
            facts={
                "detainer": str(version.public_id),
                "earlier": str(earlier.public_id),
                "edition": version.edition,
                "received_at": at.isoformat(),
            },
        )
        if version.state == DetainerState.RECEIVED and not version.needs_service:
            replace_earlier(case, version, actor, at)
        reassess(case_id=case.pk, actor=actor, at=at)
    return version


def replace_earlier(case: Case, version: Detainer, actor: Actor, at: datetime) -> None:
    """The version took effect at `at`: what it replaces ends there, if it stands still. The caller assesses."""
    if version.amends_id is None or version.state == DetainerState.DEFICIENT:
        return
    earlier: Detainer = Detainer.objects.select_for_update(of=("self",)).get(pk=version.amends_id)
    if earlier.is_live:
        move = check_move(earlier, "cancel")
        withdraw(case, earlier, move, at, actor, code=LiftCode.AMENDED, reason="Replaced by a new version.")
