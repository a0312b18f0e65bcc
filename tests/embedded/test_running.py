"""What a started checkout looks like: who may connect, what is on, who owns which file."""

import os
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from config.embedded import ServiceError, connection_info
from config.embedded.vault import ROLES, SUPERUSER, read_secrets
from tests.embedded.conftest import Checkout

EXTENSIONS = ["pg_trgm", "btree_gist", "unaccent", "fuzzystrmatch"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def setting(checkout: Checkout, name: str) -> str:
    with checkout.connect() as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_it_says_that_both_servers_run(running: Checkout) -> None:
    done = running.run("status", "--json")

    status = running.status()
    assert done.returncode == 0
    assert status["postgres"]["running"]
    assert status["valkey"]["running"]
    assert status["checkout"] == str(running.root)


def test_a_second_start_changes_nothing(running: Checkout) -> None:
    before = running.status()

    done = running.run("start")

    assert done.returncode == 0
    assert "PostgreSQL was already running." in done.stdout
    assert "Valkey was already running." in done.stdout
    assert running.status() == before


def test_the_servers_run_as_an_account_without_privileges_in_sessions_of_their_own(running: Checkout) -> None:
    for server in ("postgres", "valkey"):
        pid = running.status()[server]["pid"]

        assert Path(f"/proc/{pid}").stat().st_uid == running.servers_uid != 0
        assert os.getsid(pid) == pid


def test_no_mode_of_a_directory_that_was_there_is_changed(running: Checkout) -> None:
    assert mode(running.root.parent) == 0o700
    assert mode(running.root) == 0o755
    assert mode(Path("/tmp")) == 0o1777


def test_everything_it_makes_is_private(running: Checkout) -> None:
    layout = running.layout

    assert mode(layout.state) == 0o700
    assert mode(layout.secrets) == 0o600
    assert layout.state.stat().st_uid == layout.secrets.stat().st_uid == layout.owner
    for directory in (layout.home, layout.sockets, layout.cluster, layout.valkey, layout.logs):
        assert mode(directory) == 0o700, directory
        assert directory.stat().st_uid == running.servers_uid, directory
    for log in (layout.postgres_log, layout.valkey_log):
        assert mode(log) == 0o600


@pytest.mark.parametrize("role", [*ROLES.values(), SUPERUSER])
@pytest.mark.parametrize("password", [None, "", "postgres", "wrong"])
def test_nobody_comes_in_without_the_password(running: Checkout, role: str, password: str | None) -> None:
    host = str(running.layout.sockets)

    with pytest.raises(
        psycopg.OperationalError, match=r"no password supplied|password authentication failed"
    ):
        psycopg.connect(
            host=host, port=5432, user=role, password=password, dbname="clearhold", passfile="/dev/null"
        )


@pytest.mark.parametrize("short", ROLES)
def test_every_role_comes_in_with_its_own_password(running: Checkout, short: str) -> None:
    with running.connect(short) as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()

    assert row == (ROLES[short], "clearhold")


def test_every_stored_password_is_a_scram_verifier(running: Checkout) -> None:
    password = read_secrets(running.layout)[SUPERUSER]
    with psycopg.connect(
        host=str(running.layout.sockets), port=5432, user=SUPERUSER, password=password, dbname="postgres"
    ) as connection:
        stored = connection.execute(
            "SELECT left(rolpassword, 14) FROM pg_authid WHERE rolcanlogin"
        ).fetchall()
        rules = connection.execute("SELECT DISTINCT type, auth_method FROM pg_hba_file_rules").fetchall()

    assert stored == [("SCRAM-SHA-256$",)] * (len(ROLES) + 1)
    assert rules == [("local", "scram-sha-256")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listen_addresses", ""),
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("server_encoding", "UTF8"),
        ("max_connections", "100"),
        ("TimeZone", "UTC"),
    ],
)
def test_postgres_is_durable_and_listens_on_no_port(running: Checkout, name: str, value: str) -> None:
    assert setting(running, name) == value


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"owner"}))
@pytest.mark.parametrize(
    "statement", ["CREATE TABLE t ()", "CREATE SCHEMA s", "CREATE ROLE r", "CREATE TEMP TABLE t ()"]
)
def test_the_working_roles_can_make_nothing(running: Checkout, role: str, statement: str) -> None:
    with running.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(sql.SQL(statement))  # type: ignore[arg-type]


def test_a_cluster_of_an_earlier_version_gets_its_new_roles_at_the_next_start(running: Checkout) -> None:
    with running.connect() as connection:
        connection.execute("REVOKE CONNECT ON DATABASE clearhold FROM clearhold_clock")
        connection.execute("DROP ROLE clearhold_clock")
    running.layout.marker.write_text("made by an earlier version\n")

    with pytest.raises(ServiceError, match=r"Run: python -m config\.embedded start"):
        connection_info(running.root)
    running.start()

    with running.connect("clock") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("clearhold_clock",)


def test_the_owner_makes_databases_extensions_and_grants(running: Checkout) -> None:
    info = connection_info(running.root)
    assert info is not None
    address = info["database_urls"]["owner"].replace("/clearhold?", "/test_grants?")
    with running.connect() as connection:
        connection.execute("CREATE DATABASE test_grants")
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            for name in EXTENSIONS:
                connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name)))
            connection.execute("CREATE TABLE seen (at timestamptz)")
            connection.execute("GRANT SELECT ON seen TO clearhold_oversight")
            connection.execute("SET ROLE clearhold_oversight")
            assert connection.execute("SELECT count(*) FROM seen").fetchone() == (0,)
    finally:
        with running.connect() as connection:
            connection.execute("DROP DATABASE test_grants WITH (FORCE)")


@pytest.mark.parametrize("name", ["José", "Ødegård", "محمد", "Nguyễn"])
def test_searching_by_parts_knows_letters_beyond_ascii(running: Checkout, name: str) -> None:
    with running.connect() as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        row = connection.execute(
            "SELECT cardinality(show_trgm(%(name)s)) > length(%(name)s), "
            "lower(upper(%(name)s)) = lower(%(name)s)",
            {"name": name},
        ).fetchone()

    assert row == (True, True)


def test_errors_in_the_log_quote_no_values(running: Checkout) -> None:
    with running.connect() as connection:
        connection.execute("CREATE TABLE quoted (name text UNIQUE)")
        connection.execute("INSERT INTO quoted VALUES ('Marisol Vega')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO quoted VALUES ('Marisol Vega')")
        connection.execute("DROP TABLE quoted")

    log = running.layout.postgres_log.read_text()
    assert "duplicate key value" in log
    assert "Marisol" not in log


def test_valkey_keeps_what_it_took_and_listens_on_no_port(running: Checkout) -> None:
    info = connection_info(running.root)
    assert info is not None
    with redis.Redis.from_url(info["cache_url"]) as client:
        found = {
            name: client.config_get(name)[name]
            for name in ("port", "appendonly", "appendfsync", "maxmemory-policy", "tls-port")
        }
        durable = client.info("persistence")["aof_enabled"]

    assert found == {
        "port": "0",
        "tls-port": "0",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }
    assert durable == 1


def test_the_environment_is_printed_for_a_shell(running: Checkout) -> None:
    printed = running.run("env").stdout
    script = printed + 'printf "%s" "$DATABASE_URL_WEB"'

    value = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout

    info = connection_info(running.root)
    assert info is not None
    assert value == info["database_urls"]["web"]


def test_psql_opens_a_session_as_the_role_asked_for(running: Checkout) -> None:
    done = running.run("psql", "--role", "worker", "--", "-Atc", "SELECT current_user")

    assert done.stdout.strip() == "clearhold_worker"


def test_logs_are_shown_with_their_place(running: Checkout) -> None:
    done = running.run("logs", "postgres", "--lines", "500")

    assert str(running.layout.postgres_log) in done.stdout
    assert "ready to accept connections" in done.stdout
