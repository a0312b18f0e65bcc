"""PostgreSQL and Valkey for one checkout, from the programs in two Python wheels: nothing to install.

Needs no Django. Settings ask `connection_info` where the servers are; `python -m config.embedded --help` says
how to run them.
"""

from pathlib import Path
from typing import TypedDict

from config.embedded.bootstrap import DATABASE
from config.embedded.errors import ServiceError
from config.embedded.layout import PORT, check_private, layout_of
from config.embedded.postgres import is_set_up
from config.embedded.vault import (
    ROLES,
    SECRET_KEY,
    ensure_key,
    ensure_secrets,
    locked,
    prepare_state,
    read_secrets,
)

__all__ = ["ConnectionInfo", "ServiceError", "connection_info", "key_directory", "secret"]


class ConnectionInfo(TypedDict):
    """How to reach the servers of a checkout; the URLs hold passwords."""

    database_urls: dict[str, str]
    broker_url: str
    cache_url: str
    bureau_socket: str
    secret_key: str


def connection_info(root: Path) -> ConnectionInfo | None:
    """How to reach the servers of the checkout at `root`, or None while they have not been set up.

    Starts nothing and says nothing about whether they run. Raises ServiceError when the secrets are another
    account's, when the socket directory could have been planted by somebody else, or when an earlier version set
    the server up.
    """
    layout = layout_of(root)
    secrets = read_secrets(layout)
    if not is_set_up(layout, secrets):
        if layout.marker.exists() and secrets:
            raise ServiceError(
                "The embedded PostgreSQL was set up by an earlier version and lacks roles of this one. "
                "Run: python -m config.embedded start"
            )
        return None
    if layout.sockets_moved and layout.sockets.exists():
        check_private(layout.sockets, layout.owner)
    # Socket paths hold no letter that would need quoting: layout.py moves the others.
    return {
        "database_urls": {
            short: f"postgresql://{role}:{secrets[role]}@:{PORT}/{DATABASE}?host={layout.sockets}"
            for short, role in ROLES.items()
        },
        "broker_url": f"redis+socket://{layout.valkey_socket}?virtual_host=0",
        "cache_url": f"unix://{layout.valkey_socket}?db=1",
        "bureau_socket": str(layout.sockets / "bureau.sock"),
        "secret_key": secrets[SECRET_KEY],
    }


def secret(root: Path, name: str) -> str:
    """A random secret of this checkout by name, made at the first call and the same ever after."""
    layout = layout_of(root)
    known = read_secrets(layout)
    if name in known:
        return known[name]
    prepare_state(layout)
    with locked(layout):
        return ensure_secrets(layout, [name])[name]


def key_directory(root: Path) -> str:
    """Where this checkout keeps the keys of its sealed data; the first key is made at the first call, and only then.

    A key that was there and is gone is not made again: the check at start says what is missing.
    """
    layout = layout_of(root)
    if not (layout.keys / "current").exists():
        prepare_state(layout)
        with locked(layout):
            ensure_key(layout)
    return str(layout.keys)
