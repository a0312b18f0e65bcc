"""From here on the tables take sealed bytes alone: code that forgot to seal is refused by the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("matching", "0003_seal_prints")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE matching_transmission ADD CONSTRAINT matching_head_sealed "
            r"CHECK (substring(outgoing_head, 1, 3) = '\x434801')",
            "ALTER TABLE matching_transmission DROP CONSTRAINT matching_head_sealed",
        ),
        migrations.RunSQL(
            "ALTER TABLE matching_fingertemplate ADD CONSTRAINT matching_minutiae_sealed "
            r"CHECK (substring(minutiae, 1, 3) = '\x434801')",
            "ALTER TABLE matching_fingertemplate DROP CONSTRAINT matching_minutiae_sealed",
        ),
    ]
