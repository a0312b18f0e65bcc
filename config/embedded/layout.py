"""Where everything of one checkout lies. Nothing here creates or changes a file."""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import ServiceError

LIBRARY = Path("/var/lib/clearhold")
"""Parent of the homes of checkouts that root runs."""

SHORT_DIRECTORIES = Path("/tmp")
"""Parent of socket directories whose natural path would not do as a socket address."""

MAXIMUM_SOCKET_PATH = 100
# Clients split hosts at commas, and URLs and settings have quoting rules of their own: a path with any other
# letter than these moves the sockets.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
PORT = 5432


@dataclass(frozen=True)
class Layout:
    """The paths of one checkout. `privileged`: root runs it, and the servers run as another account."""

    root: Path
    state: Path
    home: Path
    sockets: Path
    owner: int
    privileged: bool

    @property
    def secrets(self) -> Path:
        return self.state / "secrets.json"

    @property
    def keys(self) -> Path:
        """Key-encryption keys of sealed data, 0700."""
        return self.state / "keys"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def marker(self) -> Path:
        """Written when roles and database exist; holds a digest of the passwords they were made with."""
        return self.home / "postgres.ready"

    @property
    def valkey(self) -> Path:
        return self.home / "valkey"

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def postgres_log(self) -> Path:
        return self.logs / "postgres.log"

    @property
    def valkey_log(self) -> Path:
        return self.logs / "valkey.log"

    @property
    def programs(self) -> Path:
        """Where root keeps the copy of the servers' programs that the service account can read."""
        return self.home / "programs"

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{PORT}"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def sockets_moved(self) -> bool:
        return self.sockets.parent == SHORT_DIRECTORIES


def checkout_id(root: Path) -> str:
    """Names a checkout by its real path, so that two checkouts never share a server."""
    return hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]


def layout_of(root: Path) -> Layout:
    """Find the layout of the checkout at `root`: whoever owns its `.data` runs it, or whoever asks first."""
    root = root.resolve()
    state = root / ".data"
    owner = state.stat().st_uid if state.exists() else os.geteuid()
    privileged = owner == 0
    home = LIBRARY / checkout_id(root) if privileged else state
    sockets = home / "run"
    too_long = len(os.fsencode(sockets / f".s.PGSQL.{PORT}")) > MAXIMUM_SOCKET_PATH
    if too_long or not PLAIN_PATH.fullmatch(str(sockets)):
        sockets = SHORT_DIRECTORIES / f"clearhold-{owner}-{checkout_id(root)}"
    return Layout(root=root, state=state, home=home, sockets=sockets, owner=owner, privileged=privileged)


def check_private(directory: Path, owner: int) -> None:
    """Refuse a directory that anybody but `owner` could have made or can enter."""
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise ServiceError(f"{directory} is not a directory. Move it away and start again.")
    if found.st_uid != owner:
        raise ServiceError(
            f"{directory} belongs to user id {found.st_uid}, not to {owner}, so it is not used. "
            "Find out who made it, remove it and start again."
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ServiceError(
            f"{directory} is open to other accounts (mode {stat.S_IMODE(found.st_mode):04o}), so it is not "
            "used. If that was not meant, close it with: chmod 700 " + str(directory)
        )
