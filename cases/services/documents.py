"""Received bytes: stored unchanged, quarantined when they cannot be used, never thrown away."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from cases import events
from cases.models import Document

MAX_BYTES = 16 * 1024 * 1024


def store_document(
    *,
    actor: Actor,
    agency: Agency | None,
    kind: str,
    media_type: str,
    content: bytes,
    channel: str,
    at: datetime,
) -> Document:
    """Keep what was received, with its digest. `at` is when it arrived. Raises Invalid when empty or over 16 MB."""
    if not content:
        raise Invalid("The file is empty. Send it again.", field="document", code="empty")
    if len(content) > MAX_BYTES:
        raise Invalid(
            "The file is larger than 16 MB. Send the transaction file itself.",
            field="document",
            code="too_large",
        )
    with transaction.atomic():
        document = Document.objects.create(
            agency=agency,
            kind=kind,
            media_type=media_type,
            channel=channel,
            sha256=sha256(content).hexdigest(),
            size=len(content),
            content=content,
            received_at=at,
        )
        record.event(
            events.DOCUMENT_RECEIVED,
            actor=actor,
            subject=Ref("document", document.public_id),
            agency=agency.public_id if agency else None,
            occurred_at=at,
            facts={"kind": kind, "channel": channel, "sha256": document.sha256},
        )
    return document


def content_of(document: Document) -> bytes:
    """The received bytes, unchanged. The only way in which the bytes of a document are read."""
    return bytes(document.content)


def keep_refused(
    *, actor: Actor, agency: Agency, kind: str, content: bytes, channel: str, at: datetime, reason: str
) -> None:
    """Keep bytes that were refused, set aside with the reason, whatever happens to the act that brought them.

    The same bytes from the same agency are kept once. Too large or empty files are refused before anything is kept.
    """
    if not content or len(content) > MAX_BYTES:
        return
    digest = sha256(content).hexdigest()
    if Document.objects.filter(agency=agency, sha256=digest, quarantined_at__isnull=False).exists():
        return
    with transaction.atomic():
        document = store_document(
            actor=actor,
            agency=agency,
            kind=kind,
            media_type="application/octet-stream",
            content=content,
            channel=channel,
            at=at,
        )
        _set_aside(document, reason, actor, at)


def quarantine_document(*, document_id: int, reason: str, actor: Actor, at: datetime) -> Document:
    """Set a received document aside with the reason a person needs. Raises NotFound, NotPermitted."""
    with transaction.atomic():
        document = Document.objects.select_for_update().filter(pk=document_id).first()
        if document is None:
            raise NotFound(f"There is no document {document_id}.")
        if document.agency is not None and actor.kind != "system":
            check_permission(actor, Permission.CASE_BOOK, document.agency)
        if document.quarantined_at is not None:
            return document
        _set_aside(document, reason, actor, at)
    return document


def _set_aside(document: Document, reason: str, actor: Actor, at: datetime) -> None:
    document.quarantined_at = at
    document.quarantine_reason = reason
    document.save(update_fields=["quarantined_at", "quarantine_reason"])
    record.event(
        events.DOCUMENT_QUARANTINED,
        actor=actor,
        subject=Ref("document", document.public_id),
        agency=document.agency.public_id if document.agency else None,
        occurred_at=at,
        reason=reason,
        changed=["quarantined_at"],
    )


def document_by_public_id(actor: Actor, public_id: UUID) -> Document:
    """The document if this actor may see it, else NotFound."""
    document: Document | None = Document.objects.visible_to(actor).filter(public_id=public_id).first()
    if document is None:
        raise NotFound("There is no such document.")
    return document
