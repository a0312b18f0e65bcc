"""A federal list kept and compared, and its differences decided by people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from cases.services import store_document
from detainers import events
from detainers.models import Detainer, Difference, FederalList
from detainers.reconcile import Comparison, Kind, ListError, Ours, Read, compare, read
from detainers.services.records import opened_details

AROUND = timedelta(days=31)


def compare_list(*, actor: Actor, agency: Agency, content: bytes) -> tuple[Read, Comparison]:
    """What a list would give, with nothing kept. Raises Invalid for a file that is none, NotPermitted."""
    check_permission(actor, Permission.DETAINER_REGISTER, agency)
    try:
        rows = read(content)
    except ListError as error:
        raise Invalid(str(error), field="document", code="not_a_list") from error
    return rows, compare(rows, _ours(agency, rows), facility=agency.facility_code)


def _ours(agency: Agency, rows: Read) -> list[Ours]:
    """The jail's detainers around the days of the list."""
    if not rows.rows:
        return []
    first, last = min(row.on for row in rows.rows) - AROUND, max(row.on for row in rows.rows) + AROUND
    found: Sequence[Detainer] = list(
        Detainer.objects.filter(case__agency=agency, received_at__date__range=(first, last)).order_by("pk")
    )
    details = opened_details(found)
    return [
        Ours(
            key=row.pk,
            dated=row.issued_on,
            received_on=row.received_at.astimezone(agency.zone).date(),
            event_number=details[row.pk].details.event_number,
            birth_year=row.subject_birth_date.year if row.subject_birth_date else None,
            sex=row.subject_sex,
        )
        for row in found
    ]


def keep_list(*, actor: Actor, agency: Agency, content: bytes, at: datetime) -> FederalList:
    """Keep a list with its differences as work items. Raises as `compare_list`."""
    with transaction.atomic():
        _rows, found = compare_list(actor=actor, agency=agency, content=content)
        document = store_document(
            actor=actor,
            agency=agency,
            kind="federal_list",
            media_type="text/csv",
            content=content,
            channel="file",
            at=at,
        )
        kept: FederalList = FederalList.objects.create(
            agency=agency,
            document=document,
            first_on=found.first,
            last_on=found.last,
            counts={**found.counts, "elsewhere": found.elsewhere},
            uploaded_by=actor.id,
        )
        Difference.objects.bulk_create(
            Difference(
                source=kept,
                agency=agency,
                kind=item.kind.value,
                line=item.line,
                on=item.theirs.on if item.theirs else None,
                fields=list(item.fields),
                sentence=item.sentence,
                detainer_id=item.ours.key if item.ours else None,
            )
            for item in found.found
            if item.kind is not Kind.MATCHED
        )
        record.event(
            events.LIST_COMPARED,
            actor=actor,
            subject=Ref("federal_list", kept.public_id),
            agency=agency.public_id,
            occurred_at=at,
            facts={
                "list": str(kept.public_id),
                "document": str(document.public_id),
                "matched": found.counts["matched"],
                "differences": sum(found.counts.values()) - found.counts["matched"],
            },
        )
    return kept


def take_difference(*, difference_id: int, actor: Actor, at: datetime) -> Difference:
    """Somebody looks into it. Raises NotFound, NotPermitted, IllegalMove when it is decided."""
    with transaction.atomic():
        row = _open(difference_id, actor)
        row.owner, row.owner_label = actor.id, actor.label[:150]
        row.save(update_fields=["owner", "owner_label"])
        _say(events.DIFFERENCE_TAKEN, row, actor, at)
    return row


def decide_difference(
    *, difference_id: int, actor: Actor, at: datetime, decision: str, reason: str
) -> Difference:
    """What became of a difference, and why. Decided once. Raises NotFound, NotPermitted, IllegalMove, Invalid."""
    with transaction.atomic():
        row = _open(difference_id, actor)
        problems = []
        if decision not in Difference.Decision.values:
            problems.append(FieldError("decision", "Choose what was found out.", "required"))
        if not reason.strip():
            problems.append(FieldError("reason", "Write how you know.", "required"))
        if problems:
            raise Invalid(problems)
        row.decision, row.reason, row.decided_at, row.decided_by = decision, reason.strip(), at, actor.id
        if not row.owner:
            row.owner, row.owner_label = actor.id, actor.label[:150]
        row.save(update_fields=["decision", "reason", "decided_at", "decided_by", "owner", "owner_label"])
        _say(events.DIFFERENCE_DECIDED, row, actor, at, reason=reason)
    return row


def _open(difference_id: int, actor: Actor) -> Difference:
    row: Difference | None = (
        Difference.objects.select_for_update(of=("self",))
        .select_related("agency")
        .filter(pk=difference_id)
        .first()
    )
    if row is None:
        raise NotFound("There is no such difference.")
    check_permission(actor, Permission.DETAINER_REGISTER, row.agency)
    if row.decision:
        raise IllegalMove("This difference is decided already.", code="difference_decided")
    return row


def _say(action: str, row: Difference, actor: Actor, at: datetime, *, reason: str = "") -> None:
    record.event(
        action,
        actor=actor,
        subject=Ref("difference", row.public_id),
        agency=row.agency.public_id,
        occurred_at=at,
        reason=reason,
        facts={
            "difference": str(row.public_id),
            "kind": str(row.get_kind_display()),
            "decision": row.decision,
            "words": str(row.get_decision_display()) if row.decision else "",
        },
    )
