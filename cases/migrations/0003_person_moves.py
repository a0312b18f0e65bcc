"""Merging and splitting records of people: what moved, the guards that hold without any code of ours, and what finds pairs."""

import audit.models
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models


MERGED_INTO = """
-- A record is merged only into one that is not merged itself, so no loop can arise. The lock makes two who merge two
-- records into each other wait for each other; they run with the owner's rights, so that no scope of rows hides a record.
CREATE FUNCTION cases_person_merged_into() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    onward bigint;
BEGIN
    SELECT merged_into_id INTO onward FROM cases_person WHERE id = NEW.merged_into_id FOR SHARE;
    IF onward IS NOT NULL OR NEW.merged_into_id = NEW.id THEN
        RAISE EXCEPTION 'a person is merged only into a record that is not merged itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cases_person_merged_into';
    END IF;
    IF EXISTS (SELECT 1 FROM cases_case WHERE person_id = NEW.id) THEN
        RAISE EXCEPTION 'a merged person keeps no case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cases_person_merged_into';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_person_merged_into BEFORE INSERT OR UPDATE OF merged_into_id ON cases_person
    FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION cases_person_merged_into();
"""

LIVE_PERSON = """
CREATE FUNCTION cases_case_live_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    onward bigint;
BEGIN
    SELECT merged_into_id INTO onward FROM cases_person WHERE id = NEW.person_id FOR SHARE;
    IF onward IS NOT NULL THEN
        RAISE EXCEPTION 'a merged person takes no case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cases_case_live_person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_case_live_person_new BEFORE INSERT ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_case_live_person();
CREATE TRIGGER cases_case_live_person_moved BEFORE UPDATE OF person_id ON cases_case
    FOR EACH ROW WHEN (NEW.person_id IS DISTINCT FROM OLD.person_id) EXECUTE FUNCTION cases_case_live_person();
"""

WHERE_KNOWN = """
-- Where the one human behind a record is known: agencies of every record merged into it, and of all its cases, with how
-- many of them are open. Told across agencies on purpose, and no more than this: two jails must know of each other.
CREATE FUNCTION cases_person_known_at(person bigint)
RETURNS TABLE (agency_id bigint, cases integer, in_custody integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH RECURSIVE up(id, merged_into_id) AS (
        SELECT p.id, p.merged_into_id FROM cases_person p WHERE p.id = person
        UNION SELECT p.id, p.merged_into_id FROM cases_person p JOIN up ON p.id = up.merged_into_id
    ), records(id) AS (
        SELECT id FROM up WHERE merged_into_id IS NULL
        UNION SELECT p.id FROM cases_person p JOIN records r ON p.merged_into_id = r.id
    )
    SELECT found.agency_id, sum(found.n)::integer, sum(found.held)::integer FROM (
        SELECT p.agency_id, 0 AS n, 0 AS held FROM cases_person p JOIN records r ON p.id = r.id
        UNION ALL
        SELECT c.agency_id, 1, (c.custody_state = 'in_custody')::integer
          FROM cases_case c JOIN records r ON c.person_id = r.id
    ) found GROUP BY found.agency_id
$$;
"""

LIKENESS = """
-- How alike two names are, 0 to 1, whatever their accents and the order of their words. Where the server lacks pg_trgm or
-- unaccent, names are alike only when they are the same but for case.
DO $do$
DECLARE
    able boolean := (SELECT count(*) = 2 FROM pg_available_extensions WHERE name IN ('pg_trgm', 'unaccent'));
    plain text := 'lower(name)';
    alike text := '(a = b)::integer::real';
BEGIN
    IF able THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS pg_trgm;
            CREATE EXTENSION IF NOT EXISTS unaccent;
            plain := 'lower(unaccent(name))';
            alike := 'CASE WHEN a = b THEN 1 ELSE similarity(a, b) END';
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'pg_trgm and unaccent may not be created by this role: names are compared as written';
        END;
    END IF;
    EXECUTE format('CREATE FUNCTION cases_plain_name(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $f$ SELECT %s $f$', plain);
    EXECUTE format('CREATE FUNCTION cases_name_likeness(a text, b text) RETURNS real LANGUAGE sql STABLE PARALLEL SAFE AS $f$ SELECT %s $f$', alike);
END $do$;
"""

UNDO = """
DROP TRIGGER cases_person_merged_into ON cases_person;
DROP TRIGGER cases_case_live_person_new ON cases_case;
DROP TRIGGER cases_case_live_person_moved ON cases_case;
DROP FUNCTION cases_person_merged_into();
DROP FUNCTION cases_case_live_person();
DROP FUNCTION cases_person_known_at(bigint);
DROP FUNCTION cases_plain_name(text);
DROP FUNCTION cases_name_likeness(text, text);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('cases', '0002_person_agency'),
    ]

    operations = [
        migrations.CreateModel(
            name='MovedCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='PeopleApart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('reason', models.TextField()),
                ('found_at', models.DateTimeField()),
                ('found_by', models.CharField(max_length=64)),
                ('found_by_label', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=audit.models.ClockTimestamp(), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='PersonMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('merge', 'Merged'), ('undo', 'Merge undone'), ('split', 'Split')], max_length=10)),
                ('changes', models.JSONField(default=dict, help_text='Field of the kept record: what it said before, and after')),
                ('identifiers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                ('reason', models.TextField()),
                ('moved_at', models.DateTimeField()),
                ('moved_by', models.CharField(max_length=64)),
                ('moved_by_label', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=audit.models.ClockTimestamp(), editable=False)),
            ],
        ),
        migrations.AddField(
            model_name='person',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='cases.person'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='cases_person_merged'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('birth_date__isnull', False), ('merged_into__isnull', True)), fields=['birth_date', 'id'], name='cases_person_born'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('merged_into__isnull', True)), fields=['agency', '-id'], name='cases_person_newest'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='cases_person_not_itself'),
        ),
        migrations.AddField(
            model_name='movedcase',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='cases.case'),
        ),
        migrations.AddField(
            model_name='movedcase',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.person'),
        ),
        migrations.AddField(
            model_name='movedcase',
            name='target',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.person'),
        ),
        migrations.AddField(
            model_name='peopleapart',
            name='first',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.person'),
        ),
        migrations.AddField(
            model_name='peopleapart',
            name='second',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.person'),
        ),
        migrations.AddField(
            model_name='personmove',
            name='kept',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='cases.person'),
        ),
        migrations.AddField(
            model_name='personmove',
            name='other',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves_away', to='cases.person'),
        ),
        migrations.AddField(
            model_name='personmove',
            name='undoes',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='cases.personmove'),
        ),
        migrations.AddField(
            model_name='movedcase',
            name='move',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='cases.personmove'),
        ),
        migrations.AddConstraint(
            model_name='peopleapart',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='cases_apart_once'),
        ),
        migrations.AddConstraint(
            model_name='peopleapart',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='cases_apart_order'),
        ),
        migrations.AddConstraint(
            model_name='peopleapart',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='cases_apart_has_reason'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='peopleapart',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7db87f14ba34f12a3f8b80c5f62d19b60ac8dd65', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e3cbd', table='cases_peopleapart', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='personmove',
            constraint=models.CheckConstraint(condition=models.Q(('kept', models.F('other')), _negated=True), name='cases_move_two_people'),
        ),
        migrations.AddConstraint(
            model_name='personmove',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'undo'), ('undoes__isnull', False)), models.Q(models.Q(('kind', 'undo'), _negated=True), ('undoes__isnull', True)), _connector='OR'), name='cases_move_undoes'),
        ),
        migrations.AddConstraint(
            model_name='personmove',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='cases_move_has_reason'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='personmove',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d0307d005494657f2a1cf9591e1279c26be3a395', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3f56f', table='cases_personmove', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='movedcase',
            constraint=models.UniqueConstraint(fields=('move', 'case'), name='cases_moved_once'),
        ),
        migrations.AddConstraint(
            model_name='movedcase',
            constraint=models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='cases_moved_somewhere'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='movedcase',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3d3fa4e7e61f49557e2d71dcdaa40f7c7f98c84b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c8b4b', table='cases_movedcase', when='BEFORE')),
        ),
        migrations.RunSQL(MERGED_INTO + LIVE_PERSON + WHERE_KNOWN + LIKENESS, UNDO),
    ]
