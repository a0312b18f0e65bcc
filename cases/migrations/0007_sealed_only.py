"""From here on the table takes sealed bytes alone: code that forgot to seal is refused by the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_moves_without_numbers")]

    operations = [
        migrations.RunSQL(
            r"ALTER TABLE cases_document ADD CONSTRAINT cases_document_sealed CHECK (substring(content, 1, 3) = '\x434801')",
            "ALTER TABLE cases_document DROP CONSTRAINT cases_document_sealed",
        ),
        migrations.RunSQL(
            "ALTER TABLE cases_personidentifier ADD CONSTRAINT cases_identifier_sealed "
            r"CHECK (substring(value, 1, 3) = '\x434801' AND octet_length(blind) = 32)",
            "ALTER TABLE cases_personidentifier DROP CONSTRAINT cases_identifier_sealed",
        ),
    ]
