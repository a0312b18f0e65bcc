"""Every person belongs to the agency that recorded them: taken from their first case, and required from now on."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE cases_person p SET agency_id = first.agency_id
FROM (SELECT DISTINCT ON (person_id) person_id, agency_id FROM cases_case ORDER BY person_id, id) first
WHERE first.person_id = p.id AND p.agency_id IS NULL;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM cases_person WHERE agency_id IS NULL) THEN
        RAISE EXCEPTION 'Some people have no case, so no agency that recorded them. '
            'Set cases_person.agency_id for them by hand, then run migrate again.';
    END IF;
END $$;

-- The foreign key is deferred; its checks must be done before the table can be altered in this transaction.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


def _agency(**options: bool) -> models.ForeignKey:
    return models.ForeignKey(
        to="accounts.agency",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="people",
        help_text="The agency that recorded this person.",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("cases", "0001_initial")]

    operations = [
        migrations.AddField("person", "agency", _agency(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("person", "agency", _agency()),
    ]
