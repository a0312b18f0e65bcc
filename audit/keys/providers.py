"""Key-encryption keys from files or from the environment. A key that is missing or wrong is an error, never a fallback."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from pathlib import Path
from typing import Final

from audit.keys import cipher
from audit.keys.errors import KeyUnavailable

KEY_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
MAKE_ONE: Final = "head -c 32 /dev/urandom | base64"


class _LocalKeys:
    """Providers that hold the bytes of the key themselves."""

    def key(self, kek_id: str) -> bytes:
        raise NotImplementedError

    def wrap(self, kek_id: str, data_key: bytes, *, context: str) -> bytes:
        return cipher.wrap(data_key, kek=self.key(kek_id), context=context)

    def unwrap(self, kek_id: str, wrapped: bytes, *, context: str) -> bytes:
        return cipher.unwrap(wrapped, kek=self.key(kek_id), context=context)


class FileProvider(_LocalKeys):
    """`<id>.key` files of one directory, each 32 bytes in Base64. The file `current` names the one for new data keys.

    Files are read at every use, some 20 microseconds, so that a rotation reaches running processes at once.
    """

    def __init__(self, directory: str, current: str = "") -> None:
        self.directory = Path(directory) if directory else None
        self._fixed = current

    def current_id(self) -> str:
        if self._fixed:
            return checked_id(self._fixed, "CLEARHOLD_KEY_CURRENT")
        place = self._place() / "current"
        return checked_id(_read(place, f"{place} names the key for new records and"), str(place))

    def key(self, kek_id: str) -> bytes:
        place = self._place() / f"{checked_id(kek_id, 'a data key')}.key"
        return decoded(
            _read(place, f"Key-encryption key '{kek_id}' was looked for in {place}, which"), kek_id, place
        )

    def make(self) -> str:
        """A new random key file, 0600 and never over an existing one. Returns its id; it is not current yet."""
        kek_id = f"kek-{secrets.token_hex(4)}"
        text = base64.b64encode(os.urandom(cipher.KEY_BYTES)).decode() + "\n"
        _write_new(self._place() / f"{kek_id}.key", text)
        return kek_id

    def choose(self, kek_id: str) -> None:
        """Wrap new data keys under this key from now on. Raises KeyUnavailable."""
        self.key(kek_id)
        if self._fixed and self._fixed != kek_id:
            raise KeyUnavailable(
                f"CLEARHOLD_KEY_CURRENT says '{self._fixed}'. Set it to '{kek_id}', restart every process, "
                "and run this again."
            )
        place = self._place() / "current"
        new = place.with_name(f"current.{secrets.token_hex(4)}")
        _write_new(new, kek_id + "\n")
        os.replace(new, place)

    def _place(self) -> Path:
        if self.directory is None:
            raise KeyUnavailable(
                "No place for key-encryption keys is set, so nothing can be sealed or opened. Set "
                "CLEARHOLD_KEY_DIRECTORY to a directory of <id>.key files with a file `current`, or "
                "CLEARHOLD_KEY_PROVIDER=environment with CLEARHOLD_KEYS. docs/keys.md shows how."
            )
        return self.directory


class EnvironmentProvider(_LocalKeys):
    """`CLEARHOLD_KEYS`: 'id:Base64' pairs with spaces between; the current one by CLEARHOLD_KEY_CURRENT, or the last."""

    def __init__(self, keys: str, current: str = "") -> None:
        self._keys = dict(pair.partition(":")[::2] for pair in keys.split())
        self._current = current or next(reversed(self._keys), "")

    def current_id(self) -> str:
        if not self._current:
            raise KeyUnavailable(
                "CLEARHOLD_KEYS is empty, so nothing can be sealed or opened. Set it to 'ID:KEY', the key made "
                f"with: {MAKE_ONE}"
            )
        return checked_id(self._current, "CLEARHOLD_KEY_CURRENT")

    def key(self, kek_id: str) -> bytes:
        if kek_id not in self._keys:
            raise KeyUnavailable(
                f"Key-encryption key '{kek_id}' was looked for in CLEARHOLD_KEYS, which names "
                f"{', '.join(sorted(self._keys)) or 'none'}. Put it back: what was sealed under it cannot be read "
                "without it."
            )
        return decoded(self._keys[kek_id], kek_id, "CLEARHOLD_KEYS")


def checked_id(text: str, place: str) -> str:
    """A key id without surrounding space. Raises KeyUnavailable for what could not be one (or would leave the directory)."""
    kek_id = text.strip()
    if not KEY_ID.fullmatch(kek_id):
        raise KeyUnavailable(
            f"{place} does not hold a key id: use 1 to 40 small letters, digits, dots, hyphens or underscores."
        )
    return kek_id


def decoded(text: str, kek_id: str, place: Path | str) -> bytes:
    """The 32 bytes of a key. Raises KeyUnavailable when it is not Base64 or has another length."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnavailable(
            f"Key-encryption key '{kek_id}' in {place} is not Base64. Restore it; a new one is made with: {MAKE_ONE}"
        ) from None
    if len(key) != cipher.KEY_BYTES:
        raise KeyUnavailable(
            f"Key-encryption key '{kek_id}' in {place} has {len(key)} bytes and must have {cipher.KEY_BYTES}. "
            f"Restore it; a new one is made with: {MAKE_ONE}"
        )
    return key


def _read(place: Path, subject: str) -> str:
    try:
        return place.read_text(encoding="ascii")
    except FileNotFoundError:
        raise KeyUnavailable(f"{subject} is not there. Restore it from the backup of the keys.") from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise KeyUnavailable(f"{subject} cannot be read ({why}). Let this account read it.") from None


def _write_new(place: Path, text: str) -> None:
    """Write a file that did not exist, on the disk before this returns."""
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    directory = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
