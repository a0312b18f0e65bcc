"""Received bytes: stored unchanged, quarantined when they cannot be used, never thrown away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import BinaryField, F, Func
from psycopg.pq import Format

from accounts.actors import Actor
from accounts.errors import ClearholdError, Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import bulk, record
from audit.bulk import Entry
from audit.inserts import insert
from audit.keys import envelope
from audit.keys.errors import Damaged, Erased, KeysError, KeyUnavailable
from audit.keys.models import DataKey
from audit.record import Ref
from cases import events
from cases.models import Document

MAX_BYTES = 16 * 1024 * 1024
KEY_PURPOSE = "document"
CONTENT = "cases_document.content"


class Unreadable(ClearholdError):
    """What is sealed cannot be read: erased on purpose (410), damaged (409), or the key is not to be had now (503)."""

    code = "unreadable"
    status = 409

    def __init__(self, error: KeysError) -> None:
        super().__init__(error.message, code=error.code)
        self.status = 410 if isinstance(error, Erased) else 503 if isinstance(error, KeyUnavailable) else 409


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
    received = Received(agency, kind, media_type, channel, sha256(content).hexdigest(), content)
    with transaction.atomic(savepoint=False):
        (document,) = store_received([received], at=at)
        bulk.events([received_entry(received, at=at)], actor=actor)
    return document


@dataclass(frozen=True)
class Received:
    """What came in, before it is stored: its digest and the public id it will have are known."""

    agency: Agency | None
    kind: str
    media_type: str
    channel: str
    sha256: str
    content: bytes = field(repr=False)
    public_id: UUID = field(default_factory=uuid4)


def received_entry(received: Received, *, at: datetime) -> Entry:
    """The event of a document received, for `audit.bulk.events`."""
    return Entry(
        action=events.DOCUMENT_RECEIVED,
        subject=Ref("document", received.public_id),
        agency=received.agency.public_id if received.agency else None,
        occurred_at=at,
        facts={"kind": received.kind, "channel": received.channel, "sha256": received.sha256},
    )


def store_received(items: Sequence[Received], *, at: datetime) -> list[Document]:
    """Store the bytes in one statement, in the caller's transaction; the caller records `received_entry` of each.

    Raises Invalid when one is empty or over 16 MB.
    """
    for item in items:
        _check_size(item.content)
    try:
        keys = envelope.new_keys(KEY_PURPOSE, len(items))
        documents = [_sealed(item, key, at) for item, key in zip(items, keys, strict=True)]
    except KeysError as error:
        raise Unreadable(error) from error
    return list(insert(documents))


def _sealed(item: Received, key: DataKey, at: datetime) -> Document:
    document = Document(
        public_id=item.public_id,
        agency=item.agency,
        kind=item.kind,
        media_type=item.media_type,
        channel=item.channel,
        sha256=item.sha256,
        size=len(item.content),
        content=envelope.encrypt(item.content, key=key, context=envelope.context_of(CONTENT, item.public_id)),
        received_at=at,
    )
    document.data_key = key
    return document


def _check_size(content: bytes) -> None:
    if not content:
        raise Invalid("The file is empty. Send it again.", field="document", code="empty")
    if len(content) > MAX_BYTES:
        raise Invalid(
            "The file is larger than 16 MB. Send the transaction file itself.",
            field="document",
            code="too_large",
        )


def content_of(document: Document) -> bytes:
    """The received bytes, unchanged. With `content_and_key` the only way in which the bytes of a document are read.

    Raises Unreadable when the record was erased, when the bytes are not those that were received, or without the key.
    """
    try:
        return _opened(document.public_id, document.sha256, _stored(document))
    except KeysError as error:
        raise Unreadable(error) from error


def content_and_key(document_id: int) -> tuple[bytes, DataKey]:
    """`content_of` a document by its number, and the key with which what is derived from it is opened in the same act.

    Raises NotFound, Unreadable.
    """
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        cursor.execute(
            f"SELECT public_id, sha256, content FROM {Document._meta.db_table} WHERE id = %s", [document_id]
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound(f"There is no document {document_id}.")
    public_id, digest, blob = row
    try:
        key = envelope.key_of(blob)
        return _opened(public_id, digest, blob, key), key
    except KeysError as error:
        raise Unreadable(error) from error


def _opened(public_id: UUID, digest: str, blob: bytes, key: DataKey | None = None) -> bytes:
    """Raises KeysError."""
    content = envelope.decrypt(blob, context=envelope.context_of(CONTENT, public_id), key=key)
    if sha256(content).hexdigest() != digest:
        raise Damaged(
            f"Document {public_id} no longer gives the digest under which it was received. "
            "Nothing was returned; restore the row from a backup."
        )
    return content


def _stored(document: Document) -> bytes:
    """The sealed bytes. Where they were deferred they are fetched as bytes, not as text of twice their size."""
    if "content" not in document.get_deferred_fields():
        return bytes(document.content)
    with connections[document._state.db or DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        cursor.execute("SELECT content FROM cases_document WHERE id = %s", [document.pk])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(f"There is no document {document.pk}.")
    return bytes(row[0])


def key_of_document(document_id: int) -> DataKey:
    """The data key of a document, found without loading its bytes. Raises NotFound, Unreadable."""
    start = Document.objects.filter(pk=document_id).annotate(
        start=Func(F("content"), 1, envelope.OVERHEAD, function="substring", output_field=BinaryField())
    )
    blob = start.values_list("start", flat=True).first()
    if blob is None:
        raise NotFound(f"There is no document {document_id}.")
    try:
        return envelope.key_of(bytes(blob))
    except KeysError as error:
        raise Unreadable(error) from error


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
