"""What we need of a peer, in our own words.

Adapters in `gateways/` speak the wire; only config/wiring.py names one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from matching.errors import NoGateway

BUREAU: Final = "bureau"


class GatewayError(Exception):
    """A call to a peer went wrong.

    `code` is stable; `sentence` names no person and repeats nothing the peer wrote about one.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class Transient(GatewayError):
    """It may work later: refused connection, time-out, 5xx, a body cut short."""


class Permanent(GatewayError):
    """It will not work by trying again: the peer read the request and refused it."""


@dataclass(frozen=True)
class Receipt:
    """The peer has the file. `is_duplicate` says that it had the same bytes before."""

    control_number: str
    is_duplicate: bool


@dataclass(frozen=True)
class Waiting:
    """One message in our mailbox at the peer; it stays there until we delete it."""

    number: int
    sha256: str
    content: bytes | None = field(default=None, repr=False)
    """The message itself, where the listing brought it along: short ones need no call of their own."""


class BureauGateway(Protocol):
    """The state identification bureau's message switch.

    Every method raises Transient or Permanent and nothing else.
    """

    def send(self, *, content: bytes, sha256: str) -> Receipt:
        """Hand over one file. The same bytes again give the same control number."""
        ...

    def list_waiting(self, *, after: int, limit: int) -> Sequence[Waiting]:
        """Messages with a number above `after`, in order, at most `limit`."""
        ...

    def fetch(self, message: Waiting) -> bytes:
        """The bytes of one message. Raises Transient when they do not have the digest that was announced."""
        ...

    def delete(self, message: Waiting) -> None:
        """Say that the message is safely stored. Deleting again changes nothing."""
        ...

    def delete_all(self, messages: Sequence[Waiting]) -> None:
        """Say that all these messages are safely stored."""
        ...

    def is_reachable(self) -> bool:
        """Whether the peer answers now. Never raises."""
        ...

    def close(self) -> None: ...


_gateways: dict[str, Callable[[], BureauGateway]] = {}


def register_gateway(peer: str, factory: Callable[[], BureauGateway]) -> None:
    """Say who speaks to a peer. Called by config/wiring.py, and by tests."""
    _gateways[peer] = factory


def gateway_for(peer: str) -> BureauGateway:
    """The gateway of a peer. Raises NoGateway when none is wired."""
    if peer not in _gateways:
        raise NoGateway(f"No gateway is wired for '{peer}'. Name one in config/wiring.py.")
    return _gateways[peer]()
