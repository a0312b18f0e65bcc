"""Passwords and keys of one checkout, in `.data/secrets.json`, mode 0600, made once and kept."""

import base64
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config.embedded.errors import ServiceError
from config.embedded.layout import Layout
from config.roles import NAMES

SUPERUSER = "postgres"
ROLES = NAMES
SECRET_KEY = "secret_key"
FIRST_KEY = "first_key_encryption_key"


def prepare_state(layout: Layout) -> None:
    """Make `.data`, 0700, or check that the existing one is the caller's and nobody else can write in it."""
    with suppress(FileExistsError):
        layout.state.mkdir(mode=0o700)
    found = layout.state.stat()
    if found.st_uid != os.geteuid():
        raise ServiceError(
            f"{layout.state} belongs to user id {found.st_uid} and you are user id {os.geteuid()}. "
            "Run this as its owner, or work in a checkout of your own."
        )
    if stat.S_IMODE(found.st_mode) & 0o022:
        raise ServiceError(f"Others can write in {layout.state}. Close it with: chmod 700 {layout.state}")


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the lock of the checkout: one start, stop, removal or new secret at a time."""
    descriptor = _take_lock(layout)
    try:
        yield
    finally:
        os.close(descriptor)


def _take_lock(layout: Layout) -> int:
    """Wait for the lock; once more from the start if the file was removed while waiting."""
    while True:
        prepare_state(layout)
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if layout.lock.exists() and layout.lock.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
        os.close(descriptor)


def read_secrets(layout: Layout) -> dict[str, str]:
    """All secrets by name; empty when there are none yet."""
    try:
        text = layout.secrets.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except PermissionError:
        raise ServiceError(
            f"{layout.secrets} cannot be read by user id {os.geteuid()}: "
            f"the checkout is run by user id {layout.owner}."
        ) from None
    try:
        content = json.loads(text)
    except ValueError:
        raise ServiceError(f"{layout.secrets} is not JSON. Restore it from a backup.") from None
    return {str(name): str(value) for name, value in content.items()}


def ensure_secrets(layout: Layout, names: list[str]) -> dict[str, str]:
    """Make the named secrets that do not exist yet. The caller holds the lock."""
    known = read_secrets(layout)
    missing = [name for name in names if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(48 if name == SECRET_KEY else 32) for name in missing}
        _write(layout.secrets, json.dumps(known, indent=2, sort_keys=True) + "\n")
    return known


def ensure_key(layout: Layout) -> None:
    """Make the first key-encryption key, once in the life of a checkout. The caller holds the lock.

    The secrets remember that it was made, so that a key that was lost is missed and not replaced in silence.
    """
    if FIRST_KEY in read_secrets(layout):
        return
    with suppress(FileExistsError):
        layout.keys.mkdir(mode=0o700)
    name = f"kek-{secrets.token_hex(4)}"
    _write(layout.keys / f"{name}.key", base64.b64encode(os.urandom(32)).decode() + "\n")
    _write(layout.keys / "current", name + "\n")
    _write(
        layout.secrets, json.dumps(read_secrets(layout) | {FIRST_KEY: name}, indent=2, sort_keys=True) + "\n"
    )


def password_names() -> list[str]:
    return [SUPERUSER, *ROLES.values()]


def _write(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
