"""Encrypt stored minutiae and outgoing heads with the key of the received file they come from, in committed batches."""

from typing import Any
from uuid import UUID

from django.db import migrations

from audit.keys import cipher, migrating


def seal_heads(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    model = apps.get_model("matching", "Transmission")

    def seal(batch: list[Any]) -> None:
        secrets = _secrets(apps, alias, [row.submission.document_id for row in batch])
        for row in batch:
            if migrating.looks_sealed(row.outgoing_head):
                continue
            secret = secrets[row.submission.document_id]
            context = f"matching_transmission.outgoing_head:{row.public_id}"
            sealed = cipher.seal(bytes(row.outgoing_head), secret=secret, context=context)
            model.objects.using(alias).filter(pk=row.pk).update(outgoing_head=sealed)

    migrating.in_batches(model.objects.using(alias).select_related("submission"), seal)


def seal_templates(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    model = apps.get_model("matching", "FingerTemplate")

    def seal(batch: list[Any]) -> None:
        secrets = _secrets(apps, alias, [row.submission.document_id for row in batch])
        for row in batch:
            if migrating.looks_sealed(row.minutiae):
                continue
            context = (
                f"matching_fingertemplate.minutiae:{row.submission.public_id}:{row.position}:{row.version}"
            )
            secret = secrets[row.submission.document_id]
            sealed = cipher.seal(bytes(row.minutiae), secret=secret, context=context)
            model.objects.using(alias).filter(pk=row.pk).update(minutiae=sealed)

    migrating.in_batches(model.objects.using(alias).select_related("submission"), seal)


def _secrets(apps: Any, alias: str, document_ids: list[int | None]) -> dict[int | None, Any]:
    """The key of each document; one new key for what came without a document."""
    with_document = {number for number in document_ids if number is not None}
    rows = apps.get_model("cases", "Document").objects.using(alias).filter(pk__in=with_document)
    starts = {
        number: bytes(start)
        for number, start in rows.extra(select={"start": f"substring(content, 1, {cipher.OVERHEAD})"})
        .values_list("pk", "start")
    }
    known = migrating.known_secrets(apps, alias, starts.values())
    found: dict[int | None, Any] = {
        number: known[UUID(bytes=start[3:19])] for number, start in starts.items()
    }
    if None in document_ids:
        found[None] = migrating.fresh_secrets(apps, alias, "templates", 1)[0]
    return found


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("matching", "0002_tcn_sequence"),
        ("cases", "0004_seal_documents"),
        ("keys", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE matching_fingertemplate ALTER COLUMN minutiae SET STORAGE EXTERNAL",
            "ALTER TABLE matching_fingertemplate ALTER COLUMN minutiae SET STORAGE EXTENDED",
        ),
        migrations.RunPython(seal_heads, migrations.RunPython.noop),
        migrations.RunPython(seal_templates, migrations.RunPython.noop),
    ]
