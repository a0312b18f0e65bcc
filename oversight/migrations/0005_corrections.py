"""Overseers see that an end of authority was corrected, and no fact that was withdrawn as entered in error."""

from django.db import migrations

VIEW = """
-- Cases as overseers read them: no name, no date of birth, no number a jail publishes, no instant, no word typed by staff.
-- Times are whole hours after booking, given in minutes; lengths between later acts are exact. What still runs is given in steps, because its exact length would tell the instant.
CREATE OR REPLACE VIEW oversight_case AS
SELECT
    c.id,
    c.public_id AS case_id,
    c.agency_id,
    'R-' || left(encode(sha256('clearhold review:'::bytea || uuid_send(c.public_id)), 'hex'), 12) AS reference,
    a.name AS jail,
    to_char(c.opened_at AT TIME ZONE a.time_zone, 'IYYY"-W"IW') AS booked_week,
    CASE
        WHEN p.birth_date IS NULL THEN 'unknown'
        WHEN years.old < 18 THEN 'under 18'
        WHEN years.old < 25 THEN '18 to 24'
        WHEN years.old < 35 THEN '25 to 34'
        WHEN years.old < 45 THEN '35 to 44'
        WHEN years.old < 55 THEN '45 to 54'
        ELSE '55 and over'
    END AS age_band,
    ARRAY(SELECT DISTINCT ch.offence_class FROM cases_charge ch WHERE ch.case_id = c.id AND ch.withdrawn_at IS NULL ORDER BY 1) AS offence_classes,
    CASE
        WHEN c.custody_state = 'released' AND (
            SELECT ce.destination FROM cases_custodyevent ce
            WHERE ce.case_id = c.id AND ce.kind = 'released' AND ce.withdrawn_at IS NULL ORDER BY ce.id DESC LIMIT 1
        ) = 'ice' THEN 'to_ice'
        ELSE c.custody_state
    END AS custody,
    oversight_after(c.opened_at, c.custody_ended_at) AS custody_minutes,
    oversight_after(c.opened_at, c.release_eligible_at) AS eligible_minutes,
    (extract(epoch FROM c.custody_ended_at - c.release_eligible_at) / 60)::integer AS past_eligible_minutes,
    CASE
        WHEN c.custody_ended_at IS NOT NULL OR c.release_eligible_at IS NULL THEN NULL
        ELSE oversight_band(now() - c.release_eligible_at)
    END AS past_eligible_band,
    (SELECT au.kind FROM detainers_authority_everywhere au WHERE au.case_id = c.id) AS authority,
    (SELECT au.in_breach FROM detainers_authority_everywhere au WHERE au.case_id = c.id) AS in_breach,
    EXISTS (SELECT 1 FROM detainers_hold h WHERE h.case_id = c.id) AS has_hold,
    EXISTS (SELECT 1 FROM detainers_breach b WHERE b.case_id = c.id)
        OR (SELECT au.in_breach FROM detainers_authority_everywhere au WHERE au.case_id = c.id) AS has_breach,
    (
        SELECT pd.verdict FROM detainers_policydecision pd JOIN detainers_detainer d ON d.id = pd.detainer_id
        WHERE d.case_id = c.id ORDER BY pd.id DESC LIMIT 1
    ) AS verdict,
    (
        SELECT pd.policy_code FROM detainers_policydecision pd JOIN detainers_detainer d ON d.id = pd.detainer_id
        WHERE d.case_id = c.id ORDER BY pd.id DESC LIMIT 1
    ) AS policy_code,
    (
        SELECT pd.citation FROM detainers_policydecision pd JOIN detainers_detainer d ON d.id = pd.detainer_id
        WHERE d.case_id = c.id ORDER BY pd.id DESC LIMIT 1
    ) AS citation,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'source', an.source,
            'state', an.state,
            'minutes', oversight_after(c.opened_at, an.settled_at)
        ) ORDER BY an.id), '[]'::jsonb)
        FROM matching_expectedanswer an
        JOIN matching_submission s ON s.id = an.submission_id
        WHERE s.case_id = c.id AND s.state <> 'superseded'
    ) AS answers,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'edition', d.edition,
            'channel', d.channel,
            'state', d.state,
            'needs_service', d.needs_service,
            'received', oversight_after(c.opened_at, d.received_at),
            'served', oversight_after(c.opened_at, sv.served_at),
            'service_minutes', (extract(epoch FROM sv.served_at - d.received_at) / 60)::integer,
            'language', sv.language,
            'ended', oversight_after(c.opened_at, d.ended_at),
            'warrants', (SELECT coalesce(jsonb_agg(DISTINCT w.kind), '[]'::jsonb) FROM detainers_warrant w WHERE w.detainer_id = d.id AND w.withdrawn_at IS NULL),
            'decision', (
                SELECT jsonb_build_object(
                    'minutes', oversight_after(c.opened_at, pd.decided_at),
                    'verdict', pd.verdict,
                    'policy', pd.policy_code,
                    'citation', pd.citation,
                    'version', pd.version,
                    'tried', (
                        SELECT coalesce(jsonb_agg(jsonb_build_object(
                            'rule', t->>'rule', 'verdict', t->>'verdict', 'citation', t->>'citation'
                        )), '[]'::jsonb)
                        FROM jsonb_array_elements(pd.trace->'tried') t
                    )
                )
                FROM detainers_policydecision pd WHERE pd.detainer_id = d.id ORDER BY pd.id DESC LIMIT 1
            )
        ) ORDER BY d.received_at, d.id), '[]'::jsonb)
        FROM detainers_detainer d
        LEFT JOIN LATERAL (
            SELECT ds.served_at, ds.language FROM detainers_detainerservice ds
            WHERE ds.detainer_id = d.id AND ds.withdrawn_at IS NULL ORDER BY ds.served_at LIMIT 1
        ) sv ON true
        WHERE d.case_id = c.id AND d.withdrawn_at IS NULL
    ) AS detainers,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'rule', h.rule,
            'limit', h.governing_limit,
            'state', CASE WHEN h.ended_at IS NULL AND h.deadline_at <= now() THEN 'expired' ELSE h.recorded_state END,
            'started', oversight_after(c.opened_at, h.started_at),
            'deadline', oversight_after(c.opened_at, h.deadline_at),
            'ended', oversight_after(c.opened_at, coalesce(h.ended_at, CASE WHEN h.deadline_at <= now() THEN h.deadline_at END)),
            'minutes', (extract(epoch FROM coalesce(h.ended_at, CASE WHEN h.deadline_at <= now() THEN h.deadline_at END) - h.started_at) / 60)::integer
        ) ORDER BY h.started_at, h.id), '[]'::jsonb)
        FROM detainers_hold h WHERE h.case_id = c.id
    ) AS holds,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'state', b.state,
            'from', oversight_after(c.opened_at, b.from_at),
            'until', oversight_after(c.opened_at, b.until_at),
            'minutes', (extract(epoch FROM b.until_at - b.from_at) / 60)::integer,
            'band', CASE WHEN b.until_at IS NULL THEN oversight_band(now() - b.from_at) END
        ) ORDER BY b.from_at, b.id), '[]'::jsonb)
        FROM detainers_breach b WHERE b.case_id = c.id
    ) AS breaches,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', ce.kind,
            'minutes', oversight_after(c.opened_at, ce.occurred_at),
            'ground', g.kind,
            'reason', CASE WHEN ce.kind = 'ground_ended' THEN g.end_reason END
        ) ORDER BY ce.occurred_at, ce.id), '[]'::jsonb)
        FROM cases_custodyevent ce
        LEFT JOIN cases_localground g ON g.id = ce.ground_id
        WHERE ce.case_id = c.id AND ce.withdrawn_at IS NULL
    ) || (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', 'status_claimed',
            'minutes', oversight_after(c.opened_at, sc.claimed_at),
            'ground', sc.kind,
            'reason', CASE WHEN sc.proof THEN 'proof' ELSE 'claim' END
        ) ORDER BY sc.claimed_at), '[]'::jsonb)
        FROM detainers_statusclaim sc WHERE sc.case_id = c.id AND sc.withdrawn_at IS NULL
    ) AS steps,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', k.kind,
            'movement', k.movement,
            'reason', k.reason_code,
            'minutes', oversight_after(c.opened_at, k.decided_at)
        ) ORDER BY k.id), '[]'::jsonb)
        FROM cases_correction k
        WHERE k.case_id = c.id AND k.state = 'applied' AND k.movement <> 'none' AND k.follows_id IS NULL
    ) AS corrections
FROM cases_case c
JOIN accounts_agency a ON a.id = c.agency_id
JOIN cases_person p ON p.id = c.person_id
CROSS JOIN LATERAL (
    SELECT extract(year FROM age((c.opened_at AT TIME ZONE a.time_zone)::date::timestamp, p.birth_date::timestamp)) AS old
) years
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0004_authority_everywhere"),
        ("cases", "0008_corrections"),
        ("detainers", "0004_corrections"),
    ]

    operations = [migrations.RunSQL(VIEW, migrations.RunSQL.noop)]
