"""Id, transaction and time of every history row and nothing else, so that each role can tell how far sealing is behind."""

from django.db import migrations

MAKE = """
CREATE VIEW audit_event_mark AS SELECT id, txid, recorded_at FROM audit_event;
CREATE VIEW audit_access_mark AS SELECT id, txid, recorded_at FROM audit_access;
"""
DROP = "DROP VIEW audit_event_mark; DROP VIEW audit_access_mark;"


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_access_people")]

    operations = [migrations.RunSQL(MAKE, DROP)]
