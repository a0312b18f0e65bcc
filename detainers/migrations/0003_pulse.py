"""One row of counts and instants for whoever watches that the work goes on. No person, no agency: any role may read it."""

from django.db import migrations

VIEW = """
CREATE VIEW detainers_pulse AS
SELECT clock_timestamp() AS seen_at,
       (SELECT max(swept_at) FROM detainers_sweepheartbeat) AS swept_at,
       (SELECT min(deadline_at) FROM detainers_hold
         WHERE ended_at IS NULL AND deadline_at <= statement_timestamp()) AS holds_unrecorded_since,
       (SELECT recorded_at FROM audit_event ORDER BY id DESC LIMIT 1) AS newest_record_at,
       (SELECT min(next_attempt_at) FROM audit_delivery
         WHERE state = 'pending' AND next_attempt_at <= statement_timestamp()) AS deliveries_waiting_since,
       (SELECT min(next_attempt_at) FROM matching_transmission
         WHERE state = 'queued' AND next_attempt_at <= statement_timestamp()) AS transmissions_waiting_since,
       (SELECT min(next_attempt_at) FROM matching_printsearch
         WHERE state = 'queued' AND next_attempt_at <= statement_timestamp()) AS searches_waiting_since,
       (SELECT count(*) FROM detainers_breach WHERE until_at IS NULL) AS open_breaches,
       (SELECT count(*) FROM audit_delivery WHERE state = 'failed') AS failed_deliveries,
       (SELECT count(*) FROM matching_reply WHERE state = 'quarantined') AS quarantined_replies
"""


class Migration(migrations.Migration):
    dependencies = [
        ("detainers", "0002_authority"),
        ("audit", "0001_initial"),
        ("matching", "0001_initial"),
    ]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW detainers_pulse")]
