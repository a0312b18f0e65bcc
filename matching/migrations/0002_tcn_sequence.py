from django.db import migrations


class Migration(migrations.Migration):
    """Numbers of transactions: a sequence never gives the same number twice, whoever asks at the same time."""

    dependencies = [("matching", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="CREATE SEQUENCE matching_tcn_seq AS bigint MINVALUE 1 MAXVALUE 999999999999 NO CYCLE",
            reverse_sql="DROP SEQUENCE matching_tcn_seq",
        )
    ]
