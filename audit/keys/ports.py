"""What keeps key-encryption keys. A file or the environment today; a KMS is one more class with these three methods."""

from __future__ import annotations

from typing import Protocol


class KeyProvider(Protocol):
    """Wraps and unwraps data keys under named key-encryption keys, whose bytes need not leave the provider."""

    def current_id(self) -> str:
        """The id under which new data keys are wrapped. Raises KeyUnavailable."""
        ...

    def wrap(self, kek_id: str, data_key: bytes, *, context: str) -> bytes:
        """Raises KeyUnavailable."""
        ...

    def unwrap(self, kek_id: str, wrapped: bytes, *, context: str) -> bytes:
        """Raises KeyUnavailable when the key is not to be had, Damaged when it does not open this."""
        ...
