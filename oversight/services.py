"""Every write of oversight. A reading right begins and ends; a note is written once, together with its audit event."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from oversight import events
from oversight.models import OversightCase, ReviewGrant, ReviewNote
from oversight.querysets import DATABASE

MAX_NOTE = 5000


def grant_review(
    *,
    oversight_agency: Agency,
    jail_agency: Agency,
    actor: Actor,
    at: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> ReviewGrant:
    """Let an oversight body read a jail's cases without names. Raises NotPermitted, Invalid, Conflict when it already may."""
    starts_at = starts_at or at
    if oversight_agency.kind != Agency.Kind.OVERSIGHT_BODY:
        raise Invalid("Only an oversight body can be given cases to review.", field="oversight_agency")
    if jail_agency.kind != Agency.Kind.JAIL:
        raise Invalid("Choose the jail whose cases are reviewed.", field="jail_agency")
    if ends_at is not None and ends_at <= starts_at:
        raise Invalid("The end lies before the beginning. Check both times.", field="ends_at")
    with transaction.atomic():
        Agency.objects.select_for_update().get(pk=jail_agency.pk)
        check_permission(actor, Permission.REVIEW_GRANT, jail_agency)
        pair = ReviewGrant.objects.filter(oversight_agency=oversight_agency, jail_agency=jail_agency)
        if pair.filter(ends_at__isnull=True).exists() or pair.in_force(starts_at).exists():
            raise Conflict(
                "This body already reviews this jail. End that grant first.", code="already_granted"
            )
        grant: ReviewGrant = ReviewGrant.objects.create(
            oversight_agency=oversight_agency,
            jail_agency=jail_agency,
            starts_at=starts_at,
            ends_at=ends_at,
            granted_by=actor.id,
            granted_by_label=actor.label,
        )
        facts = {"oversight_body": str(oversight_agency.public_id), "starts_at": starts_at.isoformat()}
        _grant_event(events.REVIEW_GRANTED, grant, actor, at, facts)
    return grant


def end_grant(*, grant_id: int, actor: Actor, at: datetime) -> ReviewGrant:
    """End a reading right now. Idempotent. Raises NotFound, NotPermitted."""
    with transaction.atomic():
        grant = (
            ReviewGrant.objects.select_for_update(of=("self",))
            .select_related("jail_agency")
            .filter(pk=grant_id)
            .first()
        )
        if grant is None:
            raise NotFound(f"There is no grant {grant_id}.")
        check_permission(actor, Permission.REVIEW_GRANT, grant.jail_agency)
        if grant.ends_at is not None and grant.ends_at <= at:
            return grant
        grant.ends_at = max(at, grant.starts_at)
        grant.save(update_fields=["ends_at"])
        _grant_event(
            events.REVIEW_ENDED, grant, actor, at, {"ends_at": grant.ends_at.isoformat()}, ["ends_at"]
        )
    return grant


def write_note(*, reference: str, text: str, actor: Actor, at: datetime) -> ReviewNote:
    """Write a note on a case within a grant in force. Note and audit event stand or fall together.

    Raises Invalid for no text or too much, NotFound when the case is not granted to this reviewer now.
    """
    text = text.strip()
    if not text:
        raise Invalid("Write the note first.", field="text", code="required")
    if len(text) > MAX_NOTE:
        raise Invalid(
            f"A note can have {MAX_NOTE:,} characters; this one has {len(text):,}.",
            field="text",
            code="too_long",
        )
    with transaction.atomic(using=DATABASE):
        case = (
            OversightCase.objects.visible_to(actor, Permission.REVIEW_NOTE_WRITE)
            .filter(reference=reference)
            .first()
        )
        if case is None:
            raise NotFound("There is no such case among those you may review.")
        body = _body_of(actor, case, at)
        note: ReviewNote = ReviewNote.objects.using(DATABASE).create(
            case_id=case.case_id,
            agency_id=body.public_id,
            agency_label=body.name,
            author_id=actor.id,
            author_label=actor.label,
            text=text,
        )
        record.event(
            events.NOTE_WRITTEN,
            actor=actor,
            subject=Ref("review_note", note.public_id),
            case=case.case_id,
            agency=body.public_id,
            occurred_at=at,
            using=DATABASE,
        )
    return note


def _body_of(actor: Actor, case: OversightCase, at: datetime) -> Agency:
    """The oversight body for which this actor writes on this case: the one whose grant is oldest."""
    grants = ReviewGrant.objects.using(DATABASE).in_force(at).of(actor, Permission.REVIEW_NOTE_WRITE)
    key = (
        grants.filter(jail_agency_id=case.agency_id)
        .order_by("pk")
        .values_list("oversight_agency_id", flat=True)
        .first()
    )
    if key is None:
        raise NotFound("There is no such case among those you may review.")
    return Agency.objects.get(pk=key)


def _grant_event(
    action: str,
    grant: ReviewGrant,
    actor: Actor,
    at: datetime,
    facts: Mapping[str, record.JsonValue],
    changed: list[str] | None = None,
) -> None:
    record.event(
        action,
        actor=actor,
        subject=Ref("review_grant", grant.public_id),
        agency=grant.jail_agency.public_id,
        occurred_at=at,
        changed=changed or [],
        facts=facts,
    )
