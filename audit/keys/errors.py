"""What the keys refuse. Every sentence names key ids and places, never what is sealed."""

from datetime import datetime


class KeysError(Exception):
    """Base. `message` says what is wrong, where, and what to do."""

    code = "keys"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class KeyUnavailable(KeysError):
    """The key-encryption key is missing or not usable: nothing is sealed or opened until an operator has mended it."""

    code = "key_unavailable"


class Damaged(KeysError):
    """The sealed bytes are not what was sealed, or not at the place they were sealed for. They are never returned."""

    code = "damaged"


class Erased(KeysError):
    """The record was erased on purpose; this is an answer, not a fault."""

    code = "erased"

    def __init__(self, erased_at: datetime) -> None:
        super().__init__(
            f"This record was erased on {erased_at:%d %b %Y at %H:%M} UTC. What it held can no longer be read."
        )
        self.erased_at = erased_at
