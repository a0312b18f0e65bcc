"""Which rows each database role may see and write, as one table: row-level security by agency, behind `visible_to`.

Applied after every migration like the grants. A row is in reach of `clearhold_web` when its agency is in the scope of the
acting person (`accounts/rows.py`), or when the row it hangs on is. Workers and the clock see everything, the oversight site
what its grants name. The owner of the tables, who migrates, is not bound.

A condition on a parent is a scalar subquery on purpose: PostgreSQL looks the parent up by its key for each row that is left,
and never builds a table of all cases first, which it might do for EXISTS and IN. Its own policy then holds for the parent.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections

from config.roles import CLOCK, OVERSIGHT, WEB, WORKER

SCOPE = "(SELECT nullif(current_setting('clearhold.agencies', true), '')::bigint[])"
PUBLIC_SCOPE = (
    f"(SELECT array_agg(a.public_id) FROM accounts_agency a WHERE a.id = ANY (({SCOPE})::bigint[]))"
)
SOMEBODY = f"({SCOPE} IS NOT NULL)"
NARROW = "(SELECT nullif(current_setting('clearhold.protected', true), '')::bigint[])"
PROTECTED = f"agency_id = ANY (({NARROW})::bigint[])"
MINE = "actor_id = nullif(current_setting('clearhold.actor', true), '')"


def of_agency(column: str = "agency_id") -> str:
    """The row names its agency itself."""
    return f"{column} = ANY (({SCOPE})::bigint[])"


def of_parent(table: str, column: str, key: str = "id") -> str:
    """The row hangs on another one, whose own policy decides."""
    return f"(SELECT true FROM {table} parent WHERE parent.{key} = {column})"


CASE = of_parent("cases_case", "case_id")
DETAINER = of_parent("detainers_detainer", "detainer_id")
SUBMISSION = of_parent("matching_submission", "submission_id")
# Written in this very transaction: what INSERT ... RETURNING gives back, also of sign-ins, which belong to no agency yet.
# Besides that everybody reads what they did themselves: the board asks what it has shown already.
JUST_WRITTEN = "txid = pg_current_xact_id_if_assigned()::text::bigint"
HISTORY = f"{JUST_WRITTEN} OR agency_id = ANY (({PUBLIC_SCOPE})::uuid[]) OR " + of_parent(
    "cases_case", "case_id", "public_id"
)


@dataclass(frozen=True)
class Rows:
    """`web`: what makes a row of one table reachable for the web role; the other roles named see every row of it."""

    web: str
    inserts: str = ""
    everything: tuple[str, ...] = (WORKER, CLOCK)


TABLES: dict[str, Rows] = {
    # A case is also in reach of the federal office that issued a detainer on it; the function looks past this policy.
    "cases_case": Rows(f"{of_agency()} OR clearhold_issued_here(id)"),
    "cases_person": Rows(
        f"{of_agency()} OR (SELECT true FROM cases_case c WHERE c.person_id = cases_person.id LIMIT 1)"
        # A merged record has no case left; its names belong to the human whose cases are in reach.
        " OR (merged_into_id IS NOT NULL AND clearhold_human_in_reach(id))"
    ),
    # What is looked for by name. Plain comparisons with an index behind them: no policy stands between a search and its index.
    "cases_surnameword": Rows(of_agency()),
    "cases_personelsewhere": Rows(of_agency()),
    # What comes from a bureau belongs to the reply it came in, until then to nobody: those are shown to anybody who acts.
    "cases_document": Rows(f"{of_agency()} OR (agency_id IS NULL AND {SOMEBODY})"),
    "cases_booking": Rows(CASE),
    "cases_charge": Rows(CASE),
    "cases_localground": Rows(CASE),
    "cases_conviction": Rows(CASE),
    # 8 U.S.C. 1367: in reach of the narrow permission alone; workers, clock and oversight have no right to the table at all.
    "cases_protection": Rows(PROTECTED, everything=()),
    "cases_custodyevent": Rows(CASE),
    "cases_correction": Rows(CASE),
    "cases_casenote": Rows(CASE),
    "cases_assignment": Rows(CASE),
    "cases_assignmentoffer": Rows(CASE),
    "cases_samepersonlink": Rows(f"{CASE} OR {of_parent('cases_case', 'other_case_id')}"),
    "cases_personidentifier": Rows(CASE),
    "cases_personmove": Rows(
        f"{of_parent('cases_person', 'kept_id')} OR {of_parent('cases_person', 'other_id')}"
    ),
    "cases_movedcase": Rows(f"{CASE} OR {of_parent('cases_personmove', 'move_id')}"),
    "cases_peopleapart": Rows(
        f"{of_parent('cases_person', 'first_id')} OR {of_parent('cases_person', 'second_id')}"
    ),
    "matching_submission": Rows(CASE),
    "matching_transmission": Rows(SUBMISSION),
    "matching_expectedanswer": Rows(SUBMISSION),
    "matching_printsearch": Rows(SUBMISSION),
    "matching_fingertemplate": Rows(CASE),
    "matching_candidate": Rows(SUBMISSION),
    "matching_candidatereview": Rows(of_parent("matching_candidate", "candidate_id")),
    "matching_reply": Rows(
        f"{of_agency()} OR {SUBMISSION} OR (agency_id IS NULL AND submission_id IS NULL AND {SOMEBODY})"
    ),
    "detainers_detainer": Rows(f"{CASE} OR {of_agency('federal_agency_id')}"),
    "detainers_formrecord": Rows(DETAINER),
    "detainers_federallist": Rows(of_agency()),
    "detainers_difference": Rows(of_agency()),
    "detainers_warrant": Rows(DETAINER),
    "detainers_detainerservice": Rows(DETAINER),
    "detainers_conditionfinding": Rows(DETAINER),
    "detainers_policydecision": Rows(DETAINER),
    "detainers_statusclaim": Rows(CASE),
    "detainers_produceddocument": Rows(CASE),
    "detainers_duty": Rows(CASE),
    "detainers_dutyoutcome": Rows(of_parent("detainers_duty", "duty_id")),
    "detainers_icedisclosure": Rows(CASE),
    "detainers_statuscheck": Rows(CASE),
    "detainers_criminallevel": Rows(CASE),
    "detainers_hold": Rows(CASE),
    "detainers_breach": Rows(CASE),
    # A form and its file are the sender's own; a file of yesterday is taken away by whoever sends a form next.
    "desk_sentform": Rows(f"{MINE} OR (opened_at < now() - interval '1 day' AND {SOMEBODY})"),
    "desk_handovernote": Rows(of_agency()),
    "desk_handoverreading": Rows(of_parent("desk_handovernote", "note_id")),
    "integration_idempotencykey": Rows(
        f"(SELECT c.agency_id FROM integration_apiclient c WHERE c.id = client_id) = ANY (({SCOPE})::bigint[])"
    ),
    "oversight_reviewnote": Rows(
        f"agency_id = ANY (({PUBLIC_SCOPE})::uuid[]) OR " + of_parent("cases_case", "case_id", "public_id"),
        everything=(WORKER, CLOCK, OVERSIGHT),
    ),
    # Anybody writes history, also about another agency's case; what is there is read within the scope.
    "audit_event": Rows(HISTORY, inserts="true", everything=(WORKER, CLOCK, OVERSIGHT)),
    "audit_access": Rows(HISTORY, inserts="true", everything=(WORKER, CLOCK, OVERSIGHT)),
}

WITHOUT: dict[str, str] = {
    "accounts_user": "People who work here, read when they sign in, before there is a scope.",
}
"""Tables with personal data and no policy, each with its reason."""

HELPERS = """
CREATE OR REPLACE FUNCTION clearhold_issued_here(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM detainers_detainer d
         WHERE d.case_id = wanted
           AND d.federal_agency_id = ANY (nullif(current_setting('clearhold.agencies', true), '')::bigint[]))
$$;
REVOKE ALL ON FUNCTION clearhold_issued_here(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clearhold_issued_here(bigint) TO clearhold_web, clearhold_worker, clearhold_clock;

-- Of a case of another jail that examiners tied to one in reach: its number and jail, and nothing else.
CREATE OR REPLACE FUNCTION clearhold_linked_cases(wanted bigint)
RETURNS TABLE (public_id uuid, number text, agency text, reason text, linked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.public_id, o.number::text, a.name::text, l.reason, l.linked_at
      FROM cases_case c
      JOIN cases_samepersonlink l ON c.id IN (l.case_id, l.other_case_id)
      JOIN cases_case o ON o.id = CASE WHEN l.case_id = c.id THEN l.other_case_id ELSE l.case_id END
      JOIN accounts_agency a ON a.id = o.agency_id
     WHERE c.id = wanted
       AND (c.agency_id = ANY (nullif(current_setting('clearhold.agencies', true), '')::bigint[])
            OR clearhold_issued_here(c.id))
     ORDER BY l.id
$$;
REVOKE ALL ON FUNCTION clearhold_linked_cases(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clearhold_linked_cases(bigint) TO clearhold_web;

CREATE OR REPLACE FUNCTION clearhold_human_in_reach(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM cases_person_known_at(wanted) k
         WHERE k.agency_id = ANY (nullif(current_setting('clearhold.agencies', true), '')::bigint[]))
$$;
REVOKE ALL ON FUNCTION clearhold_human_in_reach(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clearhold_human_in_reach(bigint) TO clearhold_web, clearhold_worker, clearhold_clock;
"""

# A later migration that changes the view for everybody changes the one for views of the owner as well, and leaves RLS on.
AUTHORITY = """
DO $$
DECLARE
    wanted text := pg_get_viewdef('detainers_authority'::regclass);
BEGIN
    ALTER VIEW detainers_authority SET (security_invoker = true);
    IF to_regclass('detainers_authority_everywhere') IS NOT NULL
       AND pg_get_viewdef('detainers_authority_everywhere'::regclass) <> wanted THEN
        EXECUTE 'CREATE OR REPLACE VIEW detainers_authority_everywhere AS ' || wanted;
    END IF;
END $$;
"""


def policies(table: str) -> dict[str, str]:
    """Name and definition of each policy of a table. Pure."""
    rows = TABLES[table]
    everything = ", ".join(rows.everything)
    found = {}
    if everything:
        found["clearhold_everything"] = f"FOR ALL TO {everything} USING (true) WITH CHECK (true)"
    if not rows.inserts:
        return found | {"clearhold_scope": f"FOR ALL TO {WEB} USING ({rows.web}) WITH CHECK ({rows.web})"}
    return found | {
        "clearhold_scope": f"FOR SELECT TO {WEB} USING ({rows.web})",
        "clearhold_inserts": f"FOR INSERT TO {WEB} WITH CHECK ({rows.inserts})",
    }


def statements(table: str, present: list[str]) -> list[str]:
    """SQL that makes the policies of one table equal this file, whatever they were. Pure."""
    drops = [f'DROP POLICY "{name}" ON "{table}"' for name in present]
    makes = [f'CREATE POLICY {name} ON "{table}" {words}' for name, words in policies(table).items()]
    return [*drops, f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY', *makes]


def apply(using: str) -> None:
    """Turn row-level security on for each table of this file and replace its policies."""
    connection = connections[using]
    with connection.cursor() as cursor:
        names = {info.name for info in connection.introspection.get_table_list(cursor)}
        if not names.issuperset({*TABLES, "detainers_authority_everywhere"}):
            return  # a migration to a point in the past: policies come back with the tables
        cursor.execute(HELPERS)
        cursor.execute(AUTHORITY)
        cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
        present: dict[str, list[str]] = {}
        for table, policy in cursor.fetchall():
            present.setdefault(table, []).append(policy)
        for table in TABLES:
            for statement in statements(table, present.get(table, [])):
                cursor.execute(statement)


def personal_tables() -> dict[str, str]:
    """Tables of ours that hold a person's data, with the model's label."""
    found: dict[str, Any] = {}
    for model in apps.get_models(include_auto_created=True):
        privacy = getattr(model, "Privacy", None)
        if model._meta.managed and privacy is not None and privacy.personal:
            found[model._meta.db_table] = model._meta.label
    return found
