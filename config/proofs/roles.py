"""What a process may not do even when its code wants to: the SQL roles, tried one statement each."""

from __future__ import annotations

from config.proofs.proof import Guard, Held, Proof
from config.proofs.scene import Scene, sql
from config.roles import CLOCK, OVERSIGHT, PUBLIC, WEB, WORKER

DENIED = r"permission denied"
FORBIDDEN = (
    (WEB, "UPDATE", "audit_event", "SET reason = reason", "The web process alters no event."),
    (WEB, "DELETE", "audit_event", "", "The web process deletes no event."),
    (WORKER, "UPDATE", "audit_event", "SET reason = reason", "A worker alters no event."),
    (CLOCK, "UPDATE", "audit_event", "SET reason = reason", "The sweep alters no event."),
    (WEB, "DELETE", "audit_access", "", "The web process deletes no record of who looked."),
    (WEB, "INSERT", "audit_seal", "DEFAULT VALUES", "The web process seals no history."),
    (WEB, "DELETE", "cases_case", "", "The web process deletes no case."),
    (WEB, "DELETE", "detainers_breach", "", "The web process deletes no breach."),
    (CLOCK, "SELECT", "accounts_user", "", "The sweep reads no accounts."),
    (CLOCK, "SELECT", "cases_document", "", "The sweep reads no documents."),
    (OVERSIGHT, "SELECT", "cases_person", "", "The oversight site reads no names."),
    (OVERSIGHT, "SELECT", "cases_case", "", "The oversight site reads cases through its views only."),
    (PUBLIC, "SELECT", "cases_case", "", "The public site reads no case."),
)
WORDS = {
    "UPDATE": "UPDATE {} {}",
    "DELETE": "DELETE FROM {} {}",
    "INSERT": "INSERT INTO {} {}",
    "SELECT": "SELECT 1 FROM {} LIMIT 1 {}",
}


def of_roles() -> list[Proof]:
    """Each role tries what it must not; and the web process, for whom nobody acts, sees no case."""
    return [*(_denied(*entry) for entry in FORBIDDEN), _rows()]


def as_role(role: str, statement: str) -> list[tuple[object, ...]]:
    """One statement as `role`; the connection is the owner's again when the savepoint is undone."""
    return sql(f"SET LOCAL ROLE {role}; {statement}")


def _denied(role: str, verb: str, table: str, rest: str, sentence: str) -> Proof:
    statement = WORDS[verb].format(table, rest)

    def tries(scene: Scene) -> None:
        as_role(role, statement)

    return Proof(
        f"role.{role.removeprefix('clearhold_')}.{verb.lower()}_{table}",
        sentence,
        tries,
        f"{DENIED} for table {table}",
        Guard(f"grants of {role}", f"GRANT {verb} ON {table} TO {role}"),
    )


def _rows() -> Proof:
    def tries(scene: Scene) -> None:
        seen = as_role(
            WEB,
            "SET LOCAL clearhold.agencies = ''; SET LOCAL clearhold.actor = ''; SELECT count(*) FROM cases_case",
        )
        if seen and seen[0][0] == 0:
            raise Held("No case is in reach of the web process while nobody acts.")

    return Proof(
        "rows.nobody_sees_nothing",
        "The web process sees no case while nobody is signed in.",
        tries,
        "nothing refuses it",
        Guard("row-level security of cases_case", "ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY"),
    )
