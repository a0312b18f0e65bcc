"""What people and numbers are searched by: folded names beside the names, the words of surnames, and who is known elsewhere."""

import django.db.models.deletion
from django.db import migrations, models


FOLD = r"""
-- A name in small letters without accents, its words by single spaces. Immutable, because columns and an index are made of
-- it: after an upgrade that changes the rules of unaccent, write the names again. Where the server lacks an extension, or
-- the owner may not create it, names are compared as they are spelt, and nothing is found by its sound.
DO $do$
DECLARE
    plain text := 'name';
    sounds text := $f$SELECT '{}'::text[]$f$;
    place text;
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS unaccent;
        SELECT quote_ident(n.nspname) INTO place
          FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'unaccent';
        plain := format($f$%s.unaccent('%s.unaccent'::regdictionary, normalize(name, NFKC))$f$, place, place);
    EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
        RAISE NOTICE 'unaccent cannot be had: names are found only with the accents they were recorded with';
    END;
    BEGIN
        CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;
        SELECT quote_ident(n.nspname) INTO place
          FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'fuzzystrmatch';
        sounds := format($f$SELECT array_remove(ARRAY[%s.dmetaphone(word), %s.dmetaphone_alt(word)], '')$f$, place, place);
    EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
        RAISE NOTICE 'fuzzystrmatch cannot be had: nobody is found by the sound of a name';
    END;
    EXECUTE format($f$CREATE FUNCTION cases_fold(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $b$
        SELECT btrim(regexp_replace(translate(lower(%s), U&'''\2019\02BC\0060\00B4\02BB', ''), '[[:space:][:punct:]]+', ' ', 'g'))
        $b$ $f$, plain);
    EXECUTE format('CREATE FUNCTION cases_sounds(word text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $b$ %s $b$',
        sounds);
END $do$;

-- By what a folded surname is looked for: the whole, the whole written together, and each word that is more than a letter.
CREATE FUNCTION cases_surname_words(surname text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT surname UNION SELECT replace(surname, ' ', '')
     UNION SELECT word FROM unnest(string_to_array(surname, ' ')) AS word WHERE length(word) > 1
$$;
"""

KEEP = """
-- For each statement and not for each row, so that a load of a million people costs no more. Nothing is taken away: a surname
-- that nobody has any more finds nobody. Two transactions may each add the same word; none waits for the other.
CREATE FUNCTION cases_note_surnames() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO cases_surnameword (agency_id, word, surname, sound)
    SELECT n.agency_id, w.word, n.surname_key, coalesce((cases_sounds(w.word))[1], '')
      FROM (SELECT DISTINCT agency_id, surname_key FROM written) n
     CROSS JOIN LATERAL cases_surname_words(n.surname_key) AS w(word)
     WHERE NOT EXISTS (SELECT 1 FROM cases_surnameword k WHERE k.agency_id = n.agency_id AND k.word = w.word
                          AND k.surname = n.surname_key);
    RETURN NULL;
END $$;
CREATE TRIGGER cases_note_surnames_new AFTER INSERT ON cases_person
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION cases_note_surnames();
CREATE TRIGGER cases_note_surnames_changed AFTER UPDATE ON cases_person
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION cases_note_surnames();

CREATE FUNCTION cases_note_elsewhere() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO cases_personelsewhere (agency_id, person_id)
    SELECT NEW.agency_id, p.id FROM cases_person p WHERE p.id = NEW.person_id AND p.agency_id <> NEW.agency_id
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_note_elsewhere AFTER UPDATE OF person_id ON cases_case
    FOR EACH ROW WHEN (NEW.person_id IS DISTINCT FROM OLD.person_id) EXECUTE FUNCTION cases_note_elsewhere();

INSERT INTO cases_surnameword (agency_id, word, surname, sound)
SELECT n.agency_id, w.word, n.surname_key, coalesce((cases_sounds(w.word))[1], '')
  FROM (SELECT DISTINCT agency_id, surname_key FROM cases_person) n
 CROSS JOIN LATERAL cases_surname_words(n.surname_key) AS w(word);
INSERT INTO cases_personelsewhere (agency_id, person_id)
SELECT DISTINCT c.agency_id, c.person_id FROM cases_case c JOIN cases_person p ON p.id = c.person_id
 WHERE p.agency_id <> c.agency_id;
"""

UNDO_FOLD = r"""
DROP FUNCTION cases_surname_words(text);
DROP FUNCTION cases_sounds(text);
DROP FUNCTION cases_fold(text);
"""
UNDO_KEEP = """
DROP TRIGGER cases_note_elsewhere ON cases_case;
DROP TRIGGER cases_note_surnames_changed ON cases_person;
DROP TRIGGER cases_note_surnames_new ON cases_person;
DROP FUNCTION cases_note_elsewhere();
DROP FUNCTION cases_note_surnames();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('cases', '0009_forms'),
    ]

    operations = [
        migrations.RunSQL(FOLD, UNDO_FOLD),
        migrations.CreateModel(
            name='PersonElsewhere',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='SurnameWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.TextField(db_collation='C')),
                ('surname', models.TextField(db_collation='C')),
                ('sound', models.CharField(db_collation='C', max_length=8)),
            ],
        ),
        migrations.AddField(
            model_name='person',
            name='given_key',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.F('given_names'), function='cases_fold'), output_field=models.TextField(db_collation='C')),
        ),
        migrations.AddField(
            model_name='person',
            name='surname_key',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.F('surname'), function='cases_fold'), output_field=models.TextField(db_collation='C')),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['agency', 'surname_key', 'given_key'], name='cases_person_by_name'),
        ),
        migrations.AddField(
            model_name='personelsewhere',
            name='agency',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.agency'),
        ),
        migrations.AddField(
            model_name='personelsewhere',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.person'),
        ),
        migrations.AddField(
            model_name='surnameword',
            name='agency',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.agency'),
        ),
        migrations.AddConstraint(
            model_name='personelsewhere',
            constraint=models.UniqueConstraint(fields=('agency', 'person'), name='cases_elsewhere_once'),
        ),
        migrations.AddIndex(
            model_name='surnameword',
            index=models.Index(fields=['agency', 'word', 'surname'], name='cases_word_by_word'),
        ),
        migrations.AddIndex(
            model_name='surnameword',
            index=models.Index(fields=['agency', 'sound', 'word'], name='cases_word_by_sound'),
        ),
        migrations.RunSQL(KEEP, UNDO_KEEP),
    ]
