"""Roles and database of a new cluster, in SQL that may be run again at any time with the same result."""

import hashlib
import json

from config.embedded.vault import ROLES, password_names

DATABASE = "clearhold"
VERSION = 2


def passwords_digest(secrets: dict[str, str]) -> str:
    """Tells whether a cluster was set up by this version of the SQL and with these passwords."""
    text = json.dumps([VERSION, [secrets.get(name, "") for name in password_names()]])
    return hashlib.sha256(text.encode()).hexdigest()


def bootstrap_sql(secrets: dict[str, str]) -> str:
    """The statements for psql; passwords are URL-safe words, so that quoting them is enough."""
    owner = ROLES["owner"]
    others = [role for role in ROLES.values() if role != owner]
    lines = ["SET client_min_messages = warning;", "SET log_min_messages = panic;"]
    for role in ROLES.values():
        lines += [
            f"SELECT 'CREATE ROLE {role}' "
            f"WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec",
            f"ALTER ROLE {role} WITH LOGIN NOSUPERUSER NOREPLICATION NOBYPASSRLS "
            f"{'CREATEDB CREATEROLE' if role == owner else 'NOCREATEDB NOCREATEROLE'} "
            f"PASSWORD '{secrets[role]}';",
        ]
    lines += [
        f"GRANT {', '.join(others)} TO {owner} WITH ADMIN OPTION;",
        f"SELECT 'CREATE DATABASE {DATABASE} OWNER {owner}' "
        f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {', '.join(others)};",
        # The owner connects to `postgres` to make and drop test databases; nobody else has business there.
        "REVOKE ALL ON DATABASE postgres FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE postgres TO {owner};",
    ]
    return "\n".join(lines) + "\n"
