"""The feed follows the ledger now: its order has an index there, and this one would only cost every writer."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integration", "0002_feed_indexes"), ("audit", "0003_ledger")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX integration_feed_order",
            "CREATE INDEX integration_feed_order ON audit_event (agency_id, txid, id)",
        ),
    ]
