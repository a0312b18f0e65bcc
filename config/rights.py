"""What the role of a connection lacks of the tables in `config/grants.py` and `config/row_policies.py`, in words.

Nothing is mended here: rights come from `migrate`, run as the owner, and a process that lacks one says so and does not serve.
"""

from collections.abc import Iterator
from typing import Any

import structlog
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections

from config import grants, row_policies
from config.roles import NAMES, OWNER, WEB

log = structlog.get_logger(__name__)
_complete = False

REMEDY = (
    "Run `CLEARHOLD_ROLE=owner python manage.py migrate`: it makes the rights of every role equal the code. "
    "docs/roles.md says how to make the roles."
)
CATALOGUE = """
    SELECT r.relname, r.relkind, r.relrowsecurity, pg_get_userbyid(r.relowner),
           coalesce((SELECT array_agg(p.policyname::text) FROM pg_policies p
                      WHERE p.schemaname = 'public' AND p.tablename = r.relname), '{}')
      FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
     WHERE n.nspname = 'public' AND r.relkind IN ('r', 'v')
"""


def lacks(using: str, role: str) -> list[str]:
    """Sentences on what the connection `using` lacks to work as `role`; empty when it has all. Raises DatabaseError."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        who, passes_policies = cursor.fetchone()
        cursor.execute(CATALOGUE)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
        said = list(_of_identity(who, role, passes_policies, found))
        said += _of_grants(cursor, who, role, found)
    return said + list(_of_policies(found))


def _of_identity(who: str, role: str, passes_policies: bool, found: dict[str, Any]) -> Iterator[str]:
    owned = sorted(name for name, (_kind, _rls, owner, _policies) in found.items() if owner == who)
    if role == OWNER:
        return
    if passes_policies:
        yield f"'{who}' passes every row policy (superuser or BYPASSRLS). Connect as {role}."
    elif owned:
        yield f"'{who}' owns {len(owned)} tables, so grants and row policies do not bind it. Connect as {role}."
    elif who != role:
        yield f"This process should connect as {role} and is '{who}'. Set DATABASE_URL_{_short(role).upper()}."


def _of_grants(cursor: Any, who: str, role: str, found: dict[str, Any]) -> list[str]:
    """Every privilege of the table that PostgreSQL denies to the role of this connection."""
    if role not in grants.BY_APP:
        return []
    known = [(table, app) for table, app in grants.tables() if table in found]
    views = [name for name, (kind, *_rest) in found.items() if kind == "v"]
    wanted = [
        (relation, word, column)
        for relation, words in grants.privileges(role, known, views)
        for word, column in grants.words_of(words)
    ]
    cursor.execute(
        "SELECT relation, word, col FROM unnest(%s::text[], %s::text[], %s::text[]) AS x(relation, word, col) "
        "WHERE NOT CASE WHEN col = '' THEN has_table_privilege(%s, quote_ident(relation), word) "
        "ELSE has_column_privilege(%s, quote_ident(relation), col, word) END ORDER BY 1, 2, 3",
        [*map(list, zip(*wanted, strict=True)), who, who] if wanted else [[], [], [], who, who],
    )
    return [
        f"{who} may not {word} {relation}{f' ({column})' if column else ''}."
        for relation, word, column in cursor.fetchall()
    ]


def _of_policies(found: dict[str, Any]) -> Iterator[str]:
    """Tables whose row-level security is off, or whose policies are not the ones of the code."""
    for table in row_policies.TABLES:
        if table not in found:
            yield f"The table {table} is missing."
            continue
        _kind, is_on, _owner, present = found[table]
        wanted = set(row_policies.policies(table))
        if not is_on or set(present) != wanted:
            yield f"Row-level security of {table} is {'not as in the code' if is_on else 'off'}."


def _short(role: str) -> str:
    return next(short for short, name in NAMES.items() if name == role)


def of_this_process() -> list[str]:
    """What this process lacks on its own connection; the web process also on that of the oversight site."""
    role = NAMES[settings.ROLE]
    said = lacks("default", role)
    if role == WEB:
        said += lacks("oversight", NAMES["oversight"])
    return said


def report() -> None:
    """Log what this process lacks, when it starts. A database that does not answer yet is said too, and stops nothing."""
    try:
        said = of_this_process()
    except DatabaseError as error:
        log.error("rights_unknown", error=type(error).__name__)
        return
    finally:
        connections.close_all()
    for sentence in said:
        log.error("rights_missing", role=settings.ROLE, missing=sentence, remedy=REMEDY)


def serving() -> list[str]:
    """What the web process lacks on its own connection; once it had all, this process does not ask again."""
    global _complete
    if not _complete:
        said = lacks("default", WEB)
        _complete = not said
        return said
    return []


def check(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """System check of `manage.py check --database default`: each lack is an error with what to run."""
    if not databases or settings.TESTING or not settings.DATABASES["default"].get("HOST", True):
        return []
    try:
        return [checks.Error(said, hint=REMEDY, id="clearhold.E010") for said in of_this_process()]
    except DatabaseError as error:
        return [
            checks.Error(
                f"The database does not answer ({type(error).__name__}), so its rights cannot be read.",
                hint="Start it, or mend DATABASE_URL.",
                id="clearhold.E011",
            )
        ]
