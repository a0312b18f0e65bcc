"""What the commands do: both servers of a checkout as one thing, under the lock of the checkout."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded import cluster, valkey
from config.embedded.accounts import Account, account_for, make_directory
from config.embedded.bootstrap import DATABASE
from config.embedded.errors import ServiceError
from config.embedded.layout import LIBRARY, Layout, check_private, layout_of
from config.embedded.postgres import Postgres, client_environment
from config.embedded.programs import install_programs, programs_for, psql
from config.embedded.valkey import Valkey
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


@dataclass(frozen=True)
class Outcome:
    """What one command changed, as sentences for the person who gave it."""

    sentences: list[str]


def start(root: Path) -> Outcome:
    """Make what is missing, start what does not run, return when both answer."""
    prepare_state(layout_of(root))
    layout = layout_of(root)
    account = account_for(layout)
    said = []
    with locked(layout):
        if layout.privileged and layout.home.exists() and not layout.secrets.exists():
            said.append(f"Found data of an earlier checkout at this path in {layout.home}; they are kept and used.")
        _make_directories(layout, account)
        secrets = ensure_secrets(layout, [*password_names(), SECRET_KEY])
        if cluster.running_pid(layout) is None:
            install_programs(layout, account)
        programs = programs_for(layout)
        for name, server in (
            ("PostgreSQL", Postgres(layout, account, programs, secrets)),
            ("Valkey", Valkey(layout, account, programs)),
        ):
            said.append(f"{name} started." if server.start() else f"{name} was already running.")
    return Outcome(said)


def stop(root: Path) -> Outcome:
    """Stop both servers cleanly; return when their processes are gone."""
    layout = layout_of(root)
    if not layout.state.exists():
        return Outcome(["Nothing has been set up here."])
    account = account_for(layout)
    with locked(layout):
        programs = programs_for(layout)
        return Outcome(
            [
                f"{name} stopped." if server.stop() else f"{name} was not running."
                for name, server in (
                    ("Valkey", Valkey(layout, account, programs)),
                    ("PostgreSQL", Postgres(layout, account, programs, {})),
                )
            ]
        )


def remove(root: Path) -> Outcome:
    """Stop both servers and delete every row, message and password of this checkout."""
    said = stop(root).sentences
    layout = layout_of(root)
    for directory in {layout.home, layout.sockets, layout.state}:
        if directory.is_dir() and not directory.is_symlink():
            shutil.rmtree(directory)
            said.append(f"{directory} deleted.")
    return Outcome(said)


def status(root: Path) -> dict[str, Any]:
    """Where everything is and whether it runs."""
    layout = layout_of(root)
    postgres_pid, valkey_pid = cluster.running_pid(layout), valkey.running_pid(layout)
    return {
        "checkout": str(layout.root),
        "postgres": {
            "running": postgres_pid is not None,
            "pid": postgres_pid,
            "socket": str(layout.postgres_socket),
            "data": str(layout.cluster),
            "log": str(layout.logs / "postgres.log"),
        },
        "valkey": {
            "running": valkey_pid is not None,
            "pid": valkey_pid,
            "socket": str(layout.valkey_socket),
            "data": str(layout.valkey),
            "log": str(layout.logs / "valkey.log"),
        },
    }


def psql_command(root: Path, role: str, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command line and environment of a psql session as one of the roles."""
    layout = layout_of(root)
    secrets = read_secrets(layout)
    name = SUPERUSER if role == SUPERUSER else ROLES[role]
    if name not in secrets:
        raise ServiceError("Nothing has been set up here. Run: python -m config.embedded start")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return [str(psql()), *arguments], environment | client_environment(layout, name, secrets[name], DATABASE)


def _make_directories(layout: Layout, account: Account) -> None:
    """Make the home and what is in it, each 0700 and the account's; existing ones are checked and left as they are."""
    if layout.privileged:
        _make_library_home(layout, account)
    else:
        # A checkout that was moved keeps no sockets at its old place; those are made anew below.
        layout.home.mkdir(mode=0o700, exist_ok=True)
    for directory in (layout.logs, layout.valkey, layout.sockets):
        make_directory(account, directory)
        check_private(directory, account.uid)


def _make_library_home(layout: Layout, account: Account) -> None:
    """/var/lib/clearhold belongs to root and can be passed through; the home in it belongs to the account alone."""
    if not LIBRARY.exists():
        LIBRARY.mkdir(mode=0o755, parents=True)
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
                f"{layout.home} cannot be given to account {account.name!r} ({error.strerror}). In a container with a "
                "single user id, run Clearhold as an ordinary user, or point DATABASE_URL at a PostgreSQL of your own."
            ) from None
    check_private(layout.home, account.uid)
