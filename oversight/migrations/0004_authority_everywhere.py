"""Two views of authority with one definition: for the web role under its own rights, so that row-level security holds in it,
and for views of the owner that show no names (`oversight_case`), which keep reading every case.

A view that runs with the rights of whoever asks does so even inside a view of the owner, so one view cannot serve both.
It is done here because `oversight_case` has to be there: it follows the view that is renamed. `config/row_policies.py` keeps
both the same after later migrations.
"""

from django.db import migrations

SPLIT = """
ALTER VIEW detainers_authority RENAME TO detainers_authority_everywhere;
DO $$
BEGIN
    EXECUTE 'CREATE VIEW detainers_authority WITH (security_invoker = true) AS '
        || pg_get_viewdef('detainers_authority_everywhere'::regclass);
END $$;
"""

JOIN = """
DROP VIEW detainers_authority;
ALTER VIEW detainers_authority_everywhere RENAME TO detainers_authority;
"""


class Migration(migrations.Migration):
    dependencies = [("detainers", "0002_authority"), ("oversight", "0003_marks")]

    operations = [migrations.RunSQL(SPLIT, JOIN)]
