"""Encrypt the bytes of every stored document, in committed batches; an interrupted run goes on where it stopped.

The trigger that refuses a change of bytes is passed by this connection alone and for one batch at a time; it stays in force
for everybody else and afterwards. `sha256` and `size` stay those of the received bytes. A row is sealed already exactly
when its content is longer than `size` by what sealing adds.
"""

from typing import Any

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Length

from audit.keys import cipher, migrating

BYTES_UNCHANGED = ("cases_document", "pgtrigger_bytes_unchanged_b6b32")


def seal_documents(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    model = apps.get_model("cases", "Document")
    rows = (
        model.objects.using(alias)
        .annotate(stored=Length("content"))
        .exclude(stored=F("size") + cipher.OVERHEAD)
    )

    def seal(batch: list[Any]) -> None:
        secrets = migrating.fresh_secrets(apps, alias, "document", len(batch))
        for row, secret in zip(batch, secrets, strict=True):
            context = f"cases_document.content:{row.public_id}"
            sealed = cipher.seal(bytes(row.content), secret=secret, context=context)
            model.objects.using(alias).filter(pk=row.pk).update(content=sealed)

    migrating.in_batches(rows, seal, unlocked=lambda: migrating.passing(BYTES_UNCHANGED, alias=alias))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0003_person_moves"), ("keys", "0001_initial")]

    operations = [
        # Sealed bytes cannot be compressed, so PostgreSQL does not try.
        migrations.RunSQL(
            "ALTER TABLE cases_document ALTER COLUMN content SET STORAGE EXTERNAL",
            "ALTER TABLE cases_document ALTER COLUMN content SET STORAGE EXTENDED",
        ),
        migrations.RunPython(seal_documents, migrations.RunPython.noop),
    ]
