"""Indexes of the audit table for what this door reads: an agency's events in feed order, and what was recorded since an instant."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integration", "0001_initial"), ("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX integration_feed_order ON audit_event (agency_id, txid, id)",
            "DROP INDEX integration_feed_order",
        ),
        migrations.RunSQL(
            "CREATE INDEX integration_feed_since ON audit_event USING brin (recorded_at)",
            "DROP INDEX integration_feed_since",
        ),
    ]
