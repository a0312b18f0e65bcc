"""A key-encryption key that is missing or wrong stops the start, with a sentence."""

import os
import stat
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from audit.keys.conf import provider
from audit.keys.errors import KeyUnavailable
from audit.keys.providers import FileProvider


def check_keys(**_: Any) -> list[CheckMessage]:
    """The current key can be read and has its length, and nobody else can read it."""
    if not settings.KEYS_ARE_NEEDED:
        return []
    try:
        keys = provider()
        current = keys.current_id()
        keys.wrap(current, bytes(32), context="a trial at start")
    except KeyUnavailable as error:
        return [Error(error.message, id="keys.E001")]
    return _open_to_others(keys, current) if isinstance(keys, FileProvider) else []


def _open_to_others(keys: FileProvider, current: str) -> list[CheckMessage]:
    assert keys.directory is not None
    place = keys.directory / f"{current}.key"
    if stat.S_IMODE(os.stat(place).st_mode) & 0o007:
        sentence = f"Any account of this machine can reach {place}."
        return [Warning(sentence, hint=f"Close it with: chmod 600 {place}", id="keys.W001")]
    return []
