"""Where filters of the list start, so that a rare case is found among a million without looking at each."""

from django.db import migrations, models

VIEW = """
CREATE VIEW oversight_mark AS
SELECT h.case_id AS case_key, 'hold' AS mark, '' AS code FROM detainers_hold h
UNION ALL
SELECT b.case_id, 'breach', '' FROM detainers_breach b
UNION ALL
SELECT c.id, 'breach', '' FROM cases_case c
 WHERE c.custody_state = 'in_custody' AND c.release_eligible_at IS NOT NULL AND c.release_eligible_at <= now()
UNION ALL
SELECT d.case_id, 'policy', p.policy_code
  FROM detainers_policydecision p JOIN detainers_detainer d ON d.id = p.detainer_id
"""


class Migration(migrations.Migration):
    dependencies = [("oversight", "0002_case_view"), ("detainers", "0002_authority")]

    operations = [
        migrations.RunSQL(VIEW, "DROP VIEW oversight_mark"),
        migrations.CreateModel(
            name="OversightMark",
            fields=[
                ("case_key", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "mark",
                    models.CharField(
                        choices=[("hold", "Hold"), ("breach", "Breach"), ("policy", "Policy")], max_length=6
                    ),
                ),
                ("code", models.CharField(max_length=40)),
            ],
            options={"db_table": "oversight_mark", "managed": False},
        ),
    ]
