"""Overseers see a copy as served only where giving it counted: a notice that nobody has reviewed is no service."""

from importlib import import_module

from django.db import migrations

EARLIER = import_module("oversight.migrations.0005_corrections").VIEW
WAS = "WHERE ds.detainer_id = d.id AND ds.withdrawn_at IS NULL"
VIEW = EARLIER.replace(WAS, f"{WAS} AND ds.counts")


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0005_corrections"),
        ("detainers", "0011_notices"),
    ]

    operations = [migrations.RunSQL(VIEW, EARLIER)]
