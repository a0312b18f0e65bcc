"""The data directory of PostgreSQL: made once, configured at every start, freed of locks after a crash."""

import time
from pathlib import Path

from config.embedded.accounts import Account, remove_file, remove_tree, rename, run_as, write_file
from config.embedded.errors import ServiceError
from config.embedded.layout import PORT, Layout
from config.embedded.processes import command_line, exists, processes_inside, read_log, working_directory
from config.embedded.programs import Programs
from config.embedded.vault import SUPERUSER

ACCESS = """\
# Written by Clearhold at every start: the Unix socket only, and never without a password.
local all         all       scram-sha-256
local replication postgres  scram-sha-256
"""

SETTINGS = """\
# Written by Clearhold at every start. Put settings of your own into local.conf beside this file.
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 100
max_locks_per_transaction = 256
shared_buffers = '256MB'
effective_cache_size = '1GB'
work_mem = '8MB'
maintenance_work_mem = '128MB'
random_page_cost = 1.1
jit = off
fsync = on
synchronous_commit = on
full_page_writes = on
min_wal_size = '128MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_checkpoints = off
log_lock_waits = on
# Statements and the details of errors quote names of persons: they stay out of the log.
log_error_verbosity = terse
log_min_error_statement = panic
"""
INCLUDES = "\ninclude_if_exists = 'clearhold.conf'\ninclude_if_exists = 'local.conf'\n"


def create_cluster(layout: Layout, account: Account, programs: Programs, password: str) -> None:
    """Make the data directory beside its place and move it there whole: a killed set-up leaves no half."""
    new = layout.home / "postgres.new"
    password_file = layout.home / "initial-password"
    remove_tree(account, new)
    write_file(account, password_file, password + "\n")
    options = [
        f"--pgdata={new}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C.UTF-8",
        "--lc-messages=C",
        "--no-instructions",
    ]
    try:
        done = run_as(account, [programs.postgres_bin / "initdb", *options])
    finally:
        remove_file(account, password_file)
    if done.returncode:
        raise ServiceError("PostgreSQL could not make its data directory.", log_tail=done.stderr.strip())
    write_file(account, new / "postgresql.conf", read_log(new / "postgresql.conf") + INCLUDES)
    rename(account, new, layout.cluster)


def check_major_version(layout: Layout, programs: Programs) -> None:
    """Refuse a cluster of another major version: its data need a dump and a restore, not a guess."""
    made_by = read_log(layout.cluster / "PG_VERSION").strip()
    program = programs.version.split(".")[0]
    if made_by != program:
        raise ServiceError(
            f"The data in {layout.cluster} were made by PostgreSQL {made_by or 'of unknown version'} and the "
            f"installed program is version {program}. Dump them with the old, restore them with the new one."
        )


def configure_cluster(layout: Layout, account: Account) -> None:
    write_file(account, layout.cluster / "clearhold.conf", SETTINGS.format(port=PORT, sockets=layout.sockets))
    write_file(account, layout.cluster / "pg_hba.conf", ACCESS)


def is_postmaster(pid: int, layout: Layout) -> bool:
    """Whether this process is the server of this data directory, and not another one with a reused id."""
    words = command_line(pid)
    if not words or Path(words[0]).name != "postgres" or "-D" not in words:
        return False
    # The second look finds the server of a checkout that was moved while it ran.
    return str(layout.cluster) in words or working_directory(pid) == layout.cluster


def running_pid(layout: Layout) -> int | None:
    """Process id of the running server, or None."""
    pid = _pid_in(layout.cluster / "postmaster.pid")
    return pid if pid is not None and is_postmaster(pid, layout) else None


def clear_stale_locks(layout: Layout, account: Account, *, seconds: float) -> None:
    """Remove lock files whose process id now belongs to a stranger; the server handles ids that are free.

    Nothing is removed while any process of the killed server is still in the data directory.
    """
    deadline = time.monotonic() + seconds
    for lock in (layout.cluster / "postmaster.pid", layout.sockets / (layout.postgres_socket.name + ".lock")):
        pid = _pid_in(lock)
        if pid is None or not exists(pid) or is_postmaster(pid, layout):
            continue
        while left := processes_inside(layout.cluster, "postgres"):
            if time.monotonic() > deadline:
                raise ServiceError(f"Processes of a killed PostgreSQL are still in {layout.cluster}: {left}.")
            time.sleep(0.1)
        remove_file(account, lock)


def _pid_in(lock: Path) -> int | None:
    first = read_log(lock).split("\n", 1)[0].strip()
    return int(first) if first.isdigit() else None
