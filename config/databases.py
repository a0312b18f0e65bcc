"""Which database each process talks to, and as which role of `config/roles.py`."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ

from config.roles import NAMES

PREPARE_AFTER = 2
"""Times a statement runs on a connection before its plan is kept."""

ROLES = tuple(NAMES)


@dataclass(frozen=True)
class Services:
    """Where the embedded services of a checkout are, or empty strings where they have not been set up."""

    urls: dict[str, str]
    broker_url: str
    bureau_socket: str
    secret_key: str
    key_directory: str = ""
    ledger_key: str = ""

    @classmethod
    def find(cls, root: Path) -> "Services":
        """The embedded services of this checkout, when `python -m config.embedded start` has made them."""
        from config.embedded import connection_info, key_directory, secret

        info = connection_info(root)
        if info is None:
            return cls(urls={}, broker_url="", bureau_socket="", secret_key="not-set-up-yet")
        return cls(
            urls=info["database_urls"],
            broker_url=info["broker_url"],
            bureau_socket=info["bureau_socket"],
            secret_key=info["secret_key"],
            key_directory=key_directory(root),
            ledger_key=secret(root, "ledger_signing_key"),
        )


def DATABASES_FOR(services: Services, *, role: str, testing: bool) -> dict[str, Any]:
    """Django's DATABASES: `default` as this process's role, `oversight` as the role that cannot read names."""
    if role not in ROLES:
        raise SystemExit(f"CLEARHOLD_ROLE is '{role}'. Use one of: {', '.join(ROLES)}.")
    own = "owner" if testing else role
    # Each test run has a database of its own, so that two runs in one checkout do not disturb each other.
    return {
        "default": _entry(services, own)
        | {"ROW_SCOPE": testing or role == "web"}
        | {"TEST": {"NAME": f"test_clearhold_{os.getpid()}"}},
        "oversight": _entry(services, "owner" if testing else "oversight")
        | {"ROW_SCOPE": testing}
        | {"TEST": {"MIRROR": "default"}},
    }


def _entry(services: Services, role: str) -> dict[str, Any]:
    url = (
        os.environ.get(f"DATABASE_URL_{role.upper()}")
        or os.environ.get("DATABASE_URL")
        or services.urls.get(role, "")
    )
    engine = {"ENGINE": "config.postgresql", "ROW_SCOPE": role == "web"}
    if not url:
        return engine | {"NAME": "clearhold"}
    entry: dict[str, Any] = environ.Env.db_url_config(url)
    entry["CONN_HEALTH_CHECKS"] = True
    entry["CONN_MAX_AGE"] = 60
    # Values travel beside the statement, files as bytes instead of as text twice their size, and a statement that comes again
    # is planned once for its connection. A pooler that gives each transaction another session needs it off.
    entry["OPTIONS"] = {
        **entry.get("OPTIONS", {}),
        "server_side_binding": True,
        "prepare_threshold": PREPARE_AFTER if _prepares() else None,
    }
    return entry | engine


def _prepares() -> bool:
    return os.environ.get("DATABASE_PREPARED_STATEMENTS", "true").strip().lower() not in ("false", "0", "no")
