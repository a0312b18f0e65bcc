"""What each database role may do, as one table. Applied after every migration, so the grants always equal this file.

The owner owns the tables and migrates; no other role can alter one, and history refuses a change even to its owner, by
trigger. Which rows of a table a role sees is the matter of `config/row_policies.py`, applied right after the grants.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connections

from config import row_policies
from config.roles import CLOCK, OVERSIGHT, PUBLIC, STATISTICS, WEB, WORKER

READ = "SELECT"
ADD = "SELECT, INSERT"
EDIT = "SELECT, INSERT, UPDATE"
ALL = "SELECT, INSERT, UPDATE, DELETE"

# So much that rows can be locked (SELECT ... FOR UPDATE asks for UPDATE of some column) and no fact be changed.
LOCK = "SELECT, UPDATE (recorded_at)"

# app label -> privileges on its tables; a table named in EXCEPTIONS has its own. What each role is for: config/roles.py.
BY_APP: dict[str, dict[str, str]] = {
    WEB: {
        "accounts": EDIT,
        "audit": ADD,
        "keys": ADD,
        "cases": EDIT,
        "matching": EDIT,
        "detainers": EDIT,
        "desk": ALL,
        "integration": EDIT,
        "oversight": ADD,
        "sessions": ALL,
        "axes": ALL,
        "oauth2_provider": ALL,
        "contenttypes": READ,
        "auth": READ,
        "migrations": READ,
    },
    WORKER: {
        "accounts": READ,
        "audit": ADD,
        "keys": ADD,
        "cases": EDIT,
        "matching": EDIT,
        "detainers": EDIT,
        "integration": READ,
        "oversight": READ,
        "contenttypes": READ,
        "migrations": READ,
    },
    CLOCK: {
        "accounts": READ,
        "audit": ADD,
        "cases": READ,
        "detainers": EDIT,
        "contenttypes": READ,
        "migrations": READ,
    },
    OVERSIGHT: {},
    PUBLIC: {},
    STATISTICS: {},
}

_FOUND_BY = {"cases_surnameword": READ, "cases_personelsewhere": READ}
"""Written by triggers alone, with the owner's rights."""

LEDGER = ("audit_seal", "audit_sealnode", "audit_ledgerroot", "audit_ledgerepoch")
"""Read by whoever serves or checks it, added to by the sealer alone."""

SWEPT = ("matching_transmission", "matching_printsearch", "matching_expectedanswer", "matching_mailbox")
"""Leases and due times of fingerprint checks."""

_HISTORY = {"cases_personmove": ADD, "cases_movedcase": ADD, "cases_peopleapart": ADD}
"""Facts that are added and never changed."""

EXCEPTIONS: dict[str, dict[str, str]] = {
    WEB: {
        **_HISTORY,
        **_FOUND_BY,
        # Erasing takes the wrapped key away; without the right to name another key, a trigger allows nothing else.
        "keys_datakey": "SELECT, INSERT, UPDATE (wrapped, erased_at)",
        **dict.fromkeys(LEDGER, READ),
        "audit_delivery": EDIT,
        "integration_idempotencykey": ALL,
        "oversight_reviewgrant": EDIT,
    },
    WORKER: {
        **_HISTORY,
        **_FOUND_BY,
        **dict.fromkeys(LEDGER, READ),
        "audit_delivery": EDIT,
        "cases_protection": "",
    },
    CLOCK: {
        **dict.fromkeys(_HISTORY, READ),
        **dict.fromkeys(_FOUND_BY, ""),
        "audit_delivery": EDIT,
        "accounts_user": "",
        "accounts_membership": "",
        "cases_case": LOCK,
        "cases_person": "SELECT (id, birth_date)",
        "cases_document": "",
        "cases_protection": "",
        "cases_personidentifier": "",
        "detainers_formrecord": "",
        # The sweep of the checks gives back what dead workers hold and notes late answers; it opens nothing that is sealed.
        **dict.fromkeys(SWEPT, "SELECT, UPDATE"),
        "matching_submission": READ,
    },
    OVERSIGHT: {
        "oversight_reviewgrant": READ,
        "oversight_reviewnote": ADD,
        "audit_event": "INSERT, SELECT (id, txid, recorded_at)",
        "audit_access": "INSERT, SELECT (id, txid, recorded_at)",
        "audit_delivery": "INSERT, SELECT (id, next_attempt_at)",
    },
    PUBLIC: {},
    STATISTICS: {},
}

# What the watchdog reads: counts and instants of the whole installation, beyond any scope of rows, and nothing of anybody.
_PULSE = {"detainers_pulse": READ, "audit_event_mark": READ, "audit_access_mark": READ}

VIEWS: dict[str, dict[str, str]] = {
    WEB: {"detainers_authority": READ, **_PULSE},
    WORKER: {"detainers_authority": READ, **_PULSE},
    CLOCK: {"detainers_authority": READ, **_PULSE},
    OVERSIGHT: {"oversight_case": READ, "oversight_mark": READ},
    PUBLIC: {},
    STATISTICS: {"oversight_case": READ, "oversight_mark": READ},
}


def privileges(role: str, tables: Iterable[tuple[str, str]], views: Iterable[str]) -> list[tuple[str, str]]:
    """(relation, privileges) of one role, from (table, app label) pairs and the views that exist. Pure."""
    granted = []
    for table, app in tables:
        words = EXCEPTIONS[role].get(table, BY_APP[role].get(app, ""))
        if words:
            granted.append((table, words))
    granted += [(view, words) for view, words in VIEWS[role].items() if view in set(views)]
    return granted


def statements(role: str, tables: Iterable[tuple[str, str]], views: Iterable[str]) -> list[str]:
    """SQL that makes one role's rights equal the table above, whatever they were. Identifiers come from this code only."""
    sql = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    return sql + [
        f'GRANT {words} ON "{relation}" TO {role}' for relation, words in privileges(role, tables, views)
    ]


def apply(using: str) -> None:
    """Create the roles where they are missing (without login) and give each exactly what the table says."""
    connection = connections[using]
    with connection.cursor() as cursor:
        present = connection.introspection.get_table_list(cursor)
        names = {info.name for info in present}
        known = [(table, app) for table, app in tables() if table in names]
        views = [info.name for info in present if info.type == "v"]
        for role in BY_APP:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {role} NOLOGIN")
            for statement in statements(role, known, views):
                cursor.execute(statement)
    row_policies.apply(using)


def words_of(words: str) -> list[tuple[str, str]]:
    """('SELECT', column) for each privilege in the words of the table above; the column is '' for the whole. Pure."""
    found = []
    for word, columns in re.findall(r"([A-Z]+)(?: \(([^)]*)\))?", words):
        found += [(word, column.strip()) for column in columns.split(",")]
    return found


def tables() -> list[tuple[str, str]]:
    """(table, app label) of every table of ours and of the libraries."""
    found = [
        (model._meta.db_table, model._meta.app_label)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
    ]
    return [*found, ("django_migrations", "migrations")]


def after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Runs once at the end of `migrate`, when every table is there."""
    apply(using)
