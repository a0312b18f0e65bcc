"""The view of authority, the index its sweep reads, and the trigger that adds a missing breach to a late release."""

from django.db import migrations

VIEW = """
CREATE VIEW detainers_authority AS
SELECT s.case_id,
       s.case_public_id,
       s.agency_id,
       s.custody_state,
       s.in_custody,
       CASE WHEN NOT s.in_custody THEN 'none'
            WHEN s.is_local THEN 'local_ground'
            WHEN s.hold_started_at <= s.seen_at AND s.seen_at < s.hold_ends_at THEN 'hold'
            ELSE 'none' END AS kind,
       s.release_eligible_at,
       s.authority_ends_at,
       s.hold_id,
       s.hold_started_at,
       s.hold_deadline_at,
       s.hold_rule,
       CASE WHEN s.in_custody AND s.authority_ends_at > s.seen_at THEN s.authority_ends_at END AS next_deadline_at,
       s.in_custody AND NOT s.is_local AND s.seen_at > s.authority_ends_at AS in_breach,
       CASE WHEN s.is_local OR s.authority_ends_at IS NULL THEN 0
            ELSE GREATEST(0, floor(extract(epoch FROM
                     COALESCE(s.custody_ended_at, s.seen_at) - s.authority_ends_at) / 60))::int
            END AS minutes_over,
       s.custody_ended_at,
       s.seen_at
  FROM (
    SELECT c.id AS case_id,
           c.public_id AS case_public_id,
           c.agency_id,
           c.custody_state,
           c.custody_state = 'in_custody' AS in_custody,
           c.release_eligible_at,
           c.custody_ended_at,
           g.is_open IS TRUE OR c.release_eligible_at IS NULL OR
               (c.custody_state = 'in_custody' AND c.release_eligible_at > statement_timestamp()) AS is_local,
           CASE WHEN g.is_open IS TRUE OR c.release_eligible_at IS NULL THEN NULL
                ELSE GREATEST(c.release_eligible_at, h.ends_at, b.back_at) END AS authority_ends_at,
           h.id AS hold_id,
           h.started_at AS hold_started_at,
           h.deadline_at AS hold_deadline_at,
           h.ends_at AS hold_ends_at,
           h.rule AS hold_rule,
           statement_timestamp() AS seen_at
      FROM cases_case c
      LEFT JOIN LATERAL (
          SELECT true AS is_open FROM cases_localground x WHERE x.case_id = c.id AND x.ended_at IS NULL LIMIT 1
      ) g ON true
      CROSS JOIN LATERAL (
          SELECT max(x.occurred_at) AS back_at FROM cases_custodyevent x
           WHERE x.case_id = c.id AND x.kind = 'recaptured'
      ) b
      LEFT JOIN LATERAL (
          SELECT x.id, x.started_at, x.deadline_at, x.rule, LEAST(x.deadline_at, x.ended_at) AS ends_at
            FROM detainers_hold x
           WHERE x.case_id = c.id
           ORDER BY LEAST(x.deadline_at, x.ended_at) DESC, x.id DESC
           LIMIT 1
      ) h ON true
  ) s
"""

INDEX = """
CREATE INDEX detainers_case_overdue ON cases_case (release_eligible_at)
 WHERE custody_state = 'in_custody' AND release_eligible_at IS NOT NULL
"""

# Adds, never refuses. Runs with the rights of the owner, so that no role can write a late release without it.
CARRIES_BREACH = """
CREATE FUNCTION detainers_release_carries_breach() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    left_at timestamptz;
    ended timestamptz;
BEGIN
    SELECT a.custody_ended_at, a.authority_ends_at INTO left_at, ended
      FROM detainers_authority a WHERE a.case_id = NEW.id;
    IF left_at IS NULL OR ended IS NULL OR left_at <= ended THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM detainers_breach b
                WHERE b.case_id = NEW.id AND b.until_at IS NOT NULL AND b.until_at >= left_at) THEN
        RETURN NULL;
    END IF;
    UPDATE detainers_breach SET until_at = GREATEST(left_at, from_at), state = 'ended', announced = false
     WHERE case_id = NEW.id AND until_at IS NULL;
    IF NOT FOUND THEN
        INSERT INTO detainers_breach
               (public_id, case_id, state, from_at, until_at, opened_at, origin, announced, cause, remedy, closed_by)
        VALUES (gen_random_uuid(), NEW.id, 'ended', ended, left_at, clock_timestamp(), 'database', false, '', '', '');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER detainers_release_carries_breach
    AFTER UPDATE OF custody_state ON cases_case
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.custody_state <> 'in_custody' AND OLD.custody_state = 'in_custody')
    EXECUTE FUNCTION detainers_release_carries_breach();
"""


class Migration(migrations.Migration):
    dependencies = [("detainers", "0001_initial"), ("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(VIEW, "DROP VIEW detainers_authority"),
        migrations.RunSQL(INDEX, "DROP INDEX detainers_case_overdue"),
        migrations.RunSQL(
            CARRIES_BREACH,
            "DROP TRIGGER detainers_release_carries_breach ON cases_case;"
            "DROP FUNCTION detainers_release_carries_breach()",
        ),
    ]
