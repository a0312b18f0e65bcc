"""The operating system account that the servers run as, and file work done with its rights only.

Root never writes with its own rights into a directory that the service account owns: a link placed there
would lead root anywhere. A shell running as the account does it.
"""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.errors import ServiceError
from config.embedded.layout import Layout

VARIABLE = "CLEARHOLD_SERVICE_ACCOUNT"
CLEAN_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """Who the servers run as; `drops` when the caller is root and has to change to it."""

    name: str
    uid: int
    gid: int
    drops: bool

    @property
    def process_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops else {}


def account_for(layout: Layout) -> Account:
    """The account for this checkout; raises ServiceError if the caller may not run it or it is unfit."""
    caller = os.geteuid()
    if caller != layout.owner:
        raise ServiceError(
            f"{layout.state} belongs to user id {layout.owner} and you are user id {caller}. "
            "Run this as its owner, or work in a checkout of your own."
        )
    if not layout.privileged:
        return _ordinary_account(caller)
    wanted = os.environ.get(VARIABLE, "nobody")
    entry = _lookup(wanted)
    if entry.pw_uid == 0:
        raise ServiceError(
            f"PostgreSQL does not run as root: {VARIABLE} must name an account without privileges."
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, drops=True)


def _ordinary_account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ServiceError(
            f"User id {uid} has no entry in the passwd database and PostgreSQL does not start for such a "
            f"user. Add one (for example: useradd --uid {uid} clearhold) or run this as another user."
        ) from None
    return Account(entry.pw_name, uid, entry.pw_gid, drops=False)


def _lookup(wanted: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(int(wanted)) if wanted.isdigit() else pwd.getpwnam(wanted)
    except KeyError:
        raise ServiceError(
            f"The account {wanted!r} that should run the servers has no entry in the passwd database. "
            f"Set {VARIABLE} to the name of an existing account without privileges."
        ) from None


def run_as(
    account: Account,
    command: Sequence[str | Path],
    *,
    text_in: str = "",
    environment: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> "subprocess.CompletedProcess[str]":
    """Run a command as the account, with a clean environment, to its end."""
    try:
        return subprocess.run(
            [str(word) for word in command],
            input=text_in,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            cwd="/",
            env={**CLEAN_ENVIRONMENT, **(environment or {})},
            check=False,
            **account.process_arguments,
        )
    except subprocess.TimeoutExpired:
        raise ServiceError(f"{command[0]} was still not done after {timeout:.0f} seconds.") from None
    except OSError as error:
        raise ServiceError(
            f"{command[0]} could not be run as account {account.name!r}: {error.strerror}."
        ) from None


def _shell(account: Account, script: str, *arguments: str | Path, text_in: str = "") -> None:
    done = run_as(account, ["/bin/sh", "-ec", "umask 077; " + script, "sh", *arguments], text_in=text_in)
    if done.returncode:
        raise ServiceError(f"{done.stderr.strip()} (as account {account.name!r})")


def make_directory(account: Account, directory: Path) -> None:
    """Make a 0700 directory with the account's rights, if it is not there yet."""
    if not os.path.lexists(directory):
        _shell(account, 'mkdir -m 700 -- "$1"', directory)


def write_file(account: Account, path: Path, text: str) -> None:
    """Replace a 0600 file in one step, with the account's rights."""
    _shell(account, 'cat > "$1.new"; mv -f -- "$1.new" "$1"', path, text_in=text)


def remove_file(account: Account, path: Path) -> None:
    _shell(account, 'rm -f -- "$1"', path)


def rename(account: Account, old: Path, new: Path) -> None:
    _shell(account, 'mv -- "$1" "$2"', old, new)


def remove_tree(account: Account, directory: Path) -> None:
    _shell(account, 'rm -rf -- "$1"', directory)
