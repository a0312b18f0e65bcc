"""PostgreSQL of one checkout: started, checked and stopped. Socket only, passwords only, always durable."""

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from config.embedded.accounts import CLEAN_ENVIRONMENT, Account, remove_file, run_as, write_file
from config.embedded.bootstrap import bootstrap_sql, passwords_digest
from config.embedded.cluster import (
    check_major_version,
    clear_stale_locks,
    configure_cluster,
    create_cluster,
    is_postmaster,
    running_pid,
)
from config.embedded.errors import ServiceError
from config.embedded.layout import PORT, Layout
from config.embedded.processes import keep_log_small, log_size, read_log, spawn, tail, wait_until
from config.embedded.programs import Programs
from config.embedded.vault import SUPERUSER

RETRY_SECONDS = 15.0
RETRY_PAUSE = 0.25
READY_SECONDS = 120.0
STOP_SECONDS = 60.0
# What the server says while the remains of a killed one are still going away: worth another try.
PASSING = re.compile(
    r"lock file .* already exists|shared memory block .* in use|already in use", re.IGNORECASE
)


@dataclass(frozen=True)
class Postgres:
    """The server of one checkout and what is needed to work on it."""

    layout: Layout
    account: Account
    programs: Programs
    secrets: dict[str, str]

    def start(self) -> bool:
        """Bring the server up with roles and database in place; False if it already was."""
        current = is_set_up(self.layout, self.secrets)
        if current and running_pid(self.layout) is not None and self.layout.postgres_socket.exists():
            self._wait_until_answers(None)
            return False
        stop(self.layout)
        fresh = not self.layout.cluster.exists()
        if fresh:
            create_cluster(self.layout, self.account, self.programs, self.secrets[SUPERUSER])
        check_major_version(self.layout, self.programs)
        configure_cluster(self.layout, self.account)
        if not current and not fresh:
            self._set_superuser_password()
        self._run()
        if not current:
            self._set_up()
        return True

    def _run(self) -> None:
        """Start the server; while remains of a killed one are in the way, try again every quarter second."""
        keep_log_small(self.account, self.layout.postgres_log)
        command: list[str | Path] = [self.programs.postgres_bin / "postgres", "-D", self.layout.cluster]
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            clear_stale_locks(self.layout, self.account, seconds=RETRY_SECONDS)
            offset = log_size(self.layout.postgres_log)
            process = spawn(self.account, command, self.layout.postgres_log)
            if self._wait_until_answers(process):
                return
            if time.monotonic() > deadline or not PASSING.search(read_log(self.layout.postgres_log, offset)):
                raise ServiceError(
                    f"PostgreSQL did not start (exit code {process.returncode}).",
                    log_tail=tail(self.layout.postgres_log),
                )
            time.sleep(RETRY_PAUSE)

    def _wait_until_answers(self, process: "subprocess.Popen[bytes] | None") -> bool:
        """Wait for the answer to a query; False when the server ended instead."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            answer = self._query("SELECT 1;")
            if answer.returncode == 0:
                return True
            if process is not None and process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"PostgreSQL runs but gave no answer in {READY_SECONDS:.0f} seconds: "
                    f"{answer.stderr.strip()}",
                    log_tail=tail(self.layout.postgres_log),
                )
            time.sleep(0.05)

    def _set_up(self) -> None:
        """Make roles and database, then note with which passwords."""
        done = self._query(bootstrap_sql(self.secrets))
        if done.returncode:
            raise ServiceError(
                f"Roles and database could not be made: {done.stderr.strip()}",
                log_tail=tail(self.layout.postgres_log),
            )
        write_file(self.account, self.layout.marker, passwords_digest(self.secrets) + "\n")

    def _set_superuser_password(self) -> None:
        """Set the password without knowing the old one, while the server is down: the secrets were lost."""
        clear_stale_locks(self.layout, self.account, seconds=RETRY_SECONDS)
        remove_file(self.account, self.layout.marker)
        command: list[str | Path] = [
            self.programs.postgres_bin / "postgres",
            "--single",
            "-D",
            self.layout.cluster,
            "postgres",
        ]
        statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{self.secrets[SUPERUSER]}'\n"
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            done = run_as(self.account, command, text_in=statement)
            if done.returncode == 0 and "ERROR:" not in done.stderr:
                return
            if time.monotonic() > deadline or not PASSING.search(done.stderr):
                raise ServiceError(
                    "PostgreSQL could not set its password anew.", log_tail=done.stderr.strip()
                )
            time.sleep(RETRY_PAUSE)

    def _query(self, sql: str) -> "subprocess.CompletedProcess[str]":
        """Run SQL as the superuser, by password, over the socket; the caller reads the return code."""
        environment = client_environment(self.layout, SUPERUSER, self.secrets[SUPERUSER], "postgres")
        try:
            return subprocess.run(
                [self.programs.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"],
                input=sql,
                capture_output=True,
                text=True,
                timeout=READY_SECONDS,
                env=CLEAN_ENVIRONMENT | environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ServiceError(
                f"PostgreSQL took a connection and gave no answer in {READY_SECONDS:.0f} seconds.",
                log_tail=tail(self.layout.postgres_log),
            ) from None


def stop(layout: Layout) -> bool:
    """Fast stop: sessions are cut, everything is written, the process is gone when this returns."""
    pid = running_pid(layout)
    if pid is None:
        return False
    os.kill(pid, signal.SIGINT)
    if not wait_until(lambda: not is_postmaster(pid, layout), seconds=STOP_SECONDS):
        raise ServiceError(
            f"PostgreSQL (process {pid}) is still stopping after {STOP_SECONDS:.0f} seconds.",
            log_tail=tail(layout.postgres_log),
        )
    return True


def is_set_up(layout: Layout, secrets: dict[str, str]) -> bool:
    """Whether roles and database exist with the passwords we hold."""
    return bool(secrets) and read_log(layout.marker).strip() == passwords_digest(secrets)


def client_environment(layout: Layout, role: str, password: str, database: str) -> dict[str, str]:
    """What libpq reads: the password stays out of the command line, which every account can see."""
    return {
        "PGHOST": str(layout.sockets),
        "PGPORT": str(PORT),
        "PGUSER": role,
        "PGPASSWORD": password,
        "PGDATABASE": database,
        "PGCONNECT_TIMEOUT": "10",
    }
