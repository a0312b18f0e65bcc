"""What the commands do: both servers of a checkout as one thing, under the lock of the checkout."""

import os
import shutil
from pathlib import Path
from typing import Any

from config.embedded import postgres, valkey
from config.embedded.accounts import VARIABLE, Account, account_for, make_directory
from config.embedded.bootstrap import DATABASE
from config.embedded.cluster import running_pid
from config.embedded.errors import ServiceError
from config.embedded.layout import LIBRARY, Layout, check_private, layout_of
from config.embedded.programs import install_programs, programs_for, psql
from config.embedded.vault import (
    ROLES,
    SECRET_KEY,
    SUPERUSER,
    ensure_secrets,
    locked,
    password_names,
    prepare_state,
    read_secrets,
)


def start(root: Path) -> list[str]:
    """Make what is missing, start what does not run, return when both answer. Says what it did."""
    prepare_state(layout_of(root))
    layout = layout_of(root)
    account = account_for(layout)
    said = []
    with locked(layout):
        if layout.privileged and layout.home.exists() and not layout.secrets.exists():
            said.append(
                f"Data of an earlier checkout at this path are in {layout.home}: they are used again."
            )
        _make_directories(layout, account)
        secrets = ensure_secrets(layout, [*password_names(), SECRET_KEY])
        if running_pid(layout) is None:
            install_programs(layout, account)
        programs = programs_for(layout)
        started = postgres.Postgres(layout, account, programs, secrets).start()
        said.append("PostgreSQL started." if started else "PostgreSQL was already running.")
        started = valkey.start(layout, account, programs)
        said.append("Valkey started." if started else "Valkey was already running.")
    return said


def stop(root: Path) -> list[str]:
    """Stop both servers cleanly; return when their processes are gone. Says what it did."""
    layout = layout_of(root)
    if not layout.state.exists():
        return ["Nothing has been set up here."]
    account_for(layout)
    with locked(layout):
        return _stop_both(layout)


def remove(root: Path) -> list[str]:
    """Stop both servers and delete every row, message and password of this checkout. Says what it did."""
    layout = layout_of(root)
    if not layout.state.exists() and not layout.home.exists():
        return ["Nothing has been set up here."]
    account_for(layout)
    with locked(layout):
        said = _stop_both(layout)
        for directory in (layout.sockets, layout.home, layout.state):
            if directory.is_dir() and not directory.is_symlink():
                shutil.rmtree(directory)
                said.append(f"Deleted {directory}")
    return said


def status(root: Path) -> dict[str, Any]:
    """Where everything is and whether it runs."""
    layout = layout_of(root)
    postgres_pid, valkey_pid = running_pid(layout), valkey.running_pid(layout)
    return {
        "checkout": str(layout.root),
        "postgres": {
            "running": postgres_pid is not None,
            "pid": postgres_pid,
            "socket": str(layout.postgres_socket),
            "data": str(layout.cluster),
            "log": str(layout.postgres_log),
        },
        "valkey": {
            "running": valkey_pid is not None,
            "pid": valkey_pid,
            "socket": str(layout.valkey_socket),
            "data": str(layout.valkey),
            "log": str(layout.valkey_log),
        },
    }


def psql_command(root: Path, role: str, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command line and environment of a psql session as one of the roles."""
    layout = layout_of(root)
    secrets = read_secrets(layout)
    name = SUPERUSER if role == SUPERUSER else ROLES[role]
    if name not in secrets:
        raise ServiceError("Nothing has been set up here. Run: python -m config.embedded start")
    own = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return [str(psql()), *arguments], own | postgres.client_environment(layout, name, secrets[name], DATABASE)


def _stop_both(layout: Layout) -> list[str]:
    return [
        "Valkey stopped." if valkey.stop(layout) else "Valkey was not running.",
        "PostgreSQL stopped." if postgres.stop(layout) else "PostgreSQL was not running.",
    ]


def _make_directories(layout: Layout, account: Account) -> None:
    """Make the home and what is in it, 0700 and the account's; existing ones are checked, never changed."""
    if layout.privileged:
        _make_library_home(layout, account)
    for directory in (layout.logs, layout.valkey, layout.sockets):
        make_directory(account, directory)
        check_private(directory, account.uid)


def _make_library_home(layout: Layout, account: Account) -> None:
    """/var/lib/clearhold is root's and can be passed through; the home in it belongs to the account alone."""
    if not LIBRARY.exists():
        LIBRARY.mkdir(mode=0o755)
        LIBRARY.chmod(0o755)
    found = LIBRARY.lstat()
    if LIBRARY.is_symlink() or found.st_uid != 0 or found.st_mode & 0o022:
        raise ServiceError(f"{LIBRARY} must be a directory of root in which nobody else can write.")
    if not layout.home.exists():
        layout.home.mkdir(mode=0o700)
        try:
            os.chown(layout.home, account.uid, account.gid)
        except OSError as error:
            layout.home.rmdir()
            raise ServiceError(
                f"{layout.home} cannot be given to account {account.name!r} ({error.strerror}). In a "
                "container with a single user id, run Clearhold as an ordinary user, or set DATABASE_URL and "
                "CELERY_BROKER_URL to servers of your own."
            ) from None
    owner = layout.home.lstat().st_uid
    if owner != account.uid:
        raise ServiceError(
            f"The data in {layout.home} belong to user id {owner}, and the servers would run as "
            f"{account.name!r}. Set {VARIABLE} to the account that made them."
        )
    check_private(layout.home, account.uid)
