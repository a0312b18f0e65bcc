"""What is stored is sealed: documents, heads and minutiae; what was stored before is sealed by the migration."""

from hashlib import sha256
from importlib import import_module
from types import SimpleNamespace
from uuid import uuid4

import numpy as np
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.keys import cipher, envelope, services
from audit.keys.models import DataKey
from audit.models import Event
from cases.models import Document
from cases.services import content_of
from cases.services.documents import Unreadable, key_of_document, store_document
from matching.engine.template import Template
from matching.models import FingerTemplate, Transmission
from matching.sealing import opened_head, opened_templates
from tests.actors import Cast
from tests.matching.conftest import NOW, Checks, eft

EDITOR = SimpleNamespace(connection=connection)
TEMPLATE = Template.build(
    np.array([[20, 30, 0.5, 0.9], [60, 70, 1.5, 0.8]]), width=120, height=160, extractor="leader", version="1"
)
PLAIN = b"ridges and names" * 50


def stored(cast: Cast, content: bytes = PLAIN) -> Document:
    return store_document(
        actor=cast.actor("officer"),
        agency=cast.jail,
        kind="detainer_scan",
        media_type="application/pdf",
        content=content,
        channel="desk",
        at=timezone.now(),
    )


def raw(document: Document) -> bytes:
    return bytes(Document.objects.values_list("content", flat=True).get(pk=document.pk))


def overwrite(document: Document, content: bytes) -> None:
    """What somebody with the rights of the owner could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_document DISABLE TRIGGER USER")
        cursor.execute("UPDATE cases_document SET content = %s WHERE id = %s", [content, document.pk])
        cursor.execute("ALTER TABLE cases_document ENABLE TRIGGER USER")
    document.refresh_from_db()


def test_the_table_holds_only_sealed_bytes_and_reading_gives_the_received_ones(cast: Cast) -> None:
    document = stored(cast)

    assert b"ridges" not in raw(document)
    assert len(raw(document)) == document.size + cipher.OVERHEAD
    assert content_of(Document.objects.get(pk=document.pk)) == PLAIN
    assert key_of_document(document.pk).purpose == "document"


def test_storing_costs_one_statement_more(cast: Cast, django_assert_max_num_queries) -> None:
    actor = cast.actor("officer")

    with django_assert_max_num_queries(5):  # savepoint, key, document, event, release
        store_document(
            actor=actor,
            agency=cast.jail,
            kind="k",
            media_type="m",
            content=PLAIN,
            channel="desk",
            at=timezone.now(),
        )


@pytest.mark.parametrize("change", ["flip", "cut", "plain", "empty"])
def test_a_damaged_document_is_reported_and_never_returned(cast: Cast, change: str) -> None:
    document = stored(cast)
    blob = raw(document)
    damaged = {"flip": blob[:-1] + bytes([blob[-1] ^ 1]), "cut": blob[:40], "plain": PLAIN, "empty": b""}[
        change
    ]
    overwrite_without_guard(document, damaged)

    with pytest.raises(Unreadable, match=r"(?i)nothing (of it )?was returned") as refused:
        content_of(document)

    assert refused.value.status == 409


def overwrite_without_guard(document: Document, content: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_document DROP CONSTRAINT IF EXISTS cases_document_sealed")
    overwrite(document, content)


def test_the_bytes_of_another_document_do_not_open_here(cast: Cast) -> None:
    one, other = stored(cast), stored(cast, b"somebody else")
    overwrite(one, raw(other))

    with pytest.raises(Unreadable, match="moved here from another place"):
        content_of(one)


def test_bytes_with_another_digest_than_received_are_not_returned(cast: Cast) -> None:
    document = stored(cast)
    key = key_of_document(document.pk)
    context = envelope.context_of("cases_document.content", document.public_id)
    overwrite(document, envelope.encrypt(b"forged by somebody with the key", key=key, context=context))

    with pytest.raises(Unreadable, match="no longer gives the digest"):
        content_of(document)


def test_an_erased_document_says_when_and_takes_what_was_made_of_it_along(checks: Checks) -> None:
    submission = checks.open(content=eft())
    sent = submission.transmissions.get()

    services.erase(
        key_of_document(submission.document_id),
        actor=checks.cast.actor("supervisor"),
        reason="Court order 12",
    )

    erased_at = key_of_document(submission.document_id).erased_at
    with pytest.raises(Unreadable, match=f"erased on {erased_at:%d %b %Y}") as refused:
        content_of(submission.document)
    assert refused.value.status == 410
    with pytest.raises(Unreadable, match="erased on"):
        opened_head(bytes(sent.outgoing_head), transmission=sent.public_id)
    event = Event.objects.get(action="keys.erased")
    assert (event.reason, event.facts["purpose"]) == ("Court order 12", "document")


def plain_rows(checks: Checks) -> tuple[Document, Transmission, FingerTemplate]:
    """A case as an earlier version stored it, the received file beginning like a sealed one to make it hard."""
    submission = checks.open(content=eft())
    document, sent = submission.document, submission.transmissions.get()
    head = opened_head(bytes(sent.outgoing_head), transmission=sent.public_id)
    drop_guards()
    content = cipher.MAGIC + content_of(document)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_document DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE cases_document SET content = %s, size = %s, sha256 = %s WHERE id = %s",
            [content, len(content), sha256(content).hexdigest(), document.pk],
        )
        cursor.execute("ALTER TABLE cases_document ENABLE TRIGGER USER")
    Transmission.objects.filter(pk=sent.pk).update(outgoing_head=head)
    finger = FingerTemplate.objects.create(
        case_id=submission.case_id,
        submission=submission,
        position=1,
        minutiae=TEMPLATE.to_bytes(),
        extractor="leader",
        version="1",
        quality=1,
        extracted_at=NOW,
    )
    return Document.objects.get(pk=document.pk), Transmission.objects.get(pk=sent.pk), finger


def drop_guards() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name in (
            ("cases_document", "cases_document_sealed"),
            ("matching_transmission", "matching_head_sealed"),
            ("matching_fingertemplate", "matching_minutiae_sealed"),
        ):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")


def migrate() -> None:
    import_module("cases.migrations.0004_seal_documents").seal_documents(apps, EDITOR)
    prints = import_module("matching.migrations.0003_seal_prints")
    prints.seal_heads(apps, EDITOR)
    prints.seal_templates(apps, EDITOR)


def test_the_migration_seals_what_was_stored_before_and_running_it_again_changes_nothing(
    checks: Checks,
) -> None:
    document, sent, finger = plain_rows(checks)
    plain, head = bytes(document.content), bytes(sent.outgoing_head)

    migrate()

    for row in (document, sent, finger):
        row.refresh_from_db()
    assert content_of(document) == plain
    assert opened_head(bytes(sent.outgoing_head), transmission=sent.public_id) == head
    assert [t.to_bytes() for _, _, t in opened_templates(FingerTemplate.objects.all())] == [
        TEMPLATE.to_bytes()
    ]
    before = (raw(document), DataKey.objects.count())
    migrate()
    assert (raw(document), DataKey.objects.count()) == before


def test_after_the_migration_the_bytes_are_protected_as_before(checks: Checks) -> None:
    document, _, _ = plain_rows(checks)

    migrate()

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(content=b"other")


def test_an_interrupted_migration_goes_on_where_it_stopped(cast: Cast, monkeypatch) -> None:
    drop_guards()
    documents = [stored(cast, f"scan {number}".encode()) for number in range(5)]
    for number, document in enumerate(documents):
        overwrite(document, f"scan {number}".encode())
    monkeypatch.setattr("audit.keys.migrating.BATCH", 2)
    sealed_before_the_cut = 3
    calls = iter(range(100))
    real = cipher.seal

    def seal(*args, **kwargs):
        if next(calls) == sealed_before_the_cut:
            raise RuntimeError("the machine went down")
        return real(*args, **kwargs)

    monkeypatch.setattr(cipher, "seal", seal)
    with pytest.raises(RuntimeError):
        migrate()
    monkeypatch.setattr(cipher, "seal", real)
    half = sum(len(raw(document)) == document.size + cipher.OVERHEAD for document in documents)

    migrate()

    assert half == 2
    assert [content_of(Document.objects.get(pk=d.pk)) for d in documents] == [
        f"scan {number}".encode() for number in range(5)
    ]


def test_a_wrapped_key_cannot_be_exchanged_deleted_or_brought_back(cast: Cast) -> None:
    key = key_of_document(stored(cast).pk)
    wrapped = bytes(key.wrapped)

    for change in ({"wrapped": b"x"}, {"purpose": "other"}, {"public_id": uuid4()}, {"wrapped": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            DataKey.objects.filter(pk=key.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        DataKey.objects.filter(pk=key.pk).delete()
    services.erase(key, actor=cast.actor("supervisor"), reason="order")
    with pytest.raises(DatabaseError, match="stays erased"), transaction.atomic():
        DataKey.objects.filter(pk=key.pk).update(wrapped=wrapped, erased_at=None)


def test_the_tables_refuse_bytes_that_nobody_sealed(checks: Checks) -> None:
    submission = checks.open(content=eft())
    sent = submission.transmissions.get()

    for write in (
        lambda: Transmission.objects.filter(pk=sent.pk).update(outgoing_head=b"plain"),
        lambda: Document.objects.create(
            agency=checks.cast.jail, kind="k", media_type="m", channel="c", sha256="0" * 64, size=5,
            content=b"plain", received_at=NOW,
        ),
        lambda: FingerTemplate.objects.create(
            case_id=submission.case_id, submission=submission, position=1, minutiae=b"plain",
            extractor="e", version="v", quality=1, extracted_at=NOW,
        ),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="_sealed"), transaction.atomic():
            write()
