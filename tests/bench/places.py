"""Databases of a given number of synthetic cases, one for each size, made once and kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connections

from config.databases import ROLES, Services, _entry
from config.grants import BY_APP

if TYPE_CHECKING:
    from tests.bench.harness import Bench

PREFIX = "clearhold_bench_"


@dataclass(frozen=True)
class Place:
    """One database: its size in cases, its name, and how a process of each role reaches it."""

    size: int
    name: str

    def environment(self) -> dict[str, str]:
        """What a real process (worker, web server, command) needs to work on this database."""
        return {**os.environ, **{f"DATABASE_URL_{role.upper()}": self.url(role) for role in ROLES}}

    def url(self, role: str) -> str:
        """The address for one role; it holds a password."""
        parts = urlsplit(_base_url(role))
        return urlunsplit(parts._replace(path=f"/{self.name}"))

    def manage(self, *arguments: str) -> str:
        """Run `manage.py` on this database as the owner; what it printed. Raises when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment() | {"CLEARHOLD_ROLE": "owner"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}")
        return done.stdout

    @contextmanager
    def as_role(self, role: str) -> Iterator[None]:
        """Django's connections of this process talk to this database as `role` inside the block."""
        with _connected({"default": self._settings(role), "oversight": self._settings("oversight")}):
            yield

    def _settings(self, role: str) -> dict[str, Any]:
        return _entry(Services.find(settings.BASE_DIR), role) | {"NAME": self.name}


@contextmanager
def open_place(size: int, bench: Bench) -> Iterator[Place]:
    """The database of this size, with Django talking to it as the web role."""
    place = Place(size, f"{PREFIX}{size}")
    _prepare(place, bench)
    with place.as_role("web"):
        yield place


def _prepare(place: Place, bench: Bench) -> None:
    """Make the database if it is not there, bring its tables up to date, fill it if it is not full."""
    made = _create(place, fresh=bench.fresh and place.name not in _renewed)
    _renewed.add(place.name)
    if made:
        bench.say(f"making the database of {place.size:,} cases")
    if made or place.name not in _checked:
        place.manage("migrate", "--verbosity", "0")
        if not _is_full(place):
            started = time.monotonic()
            told = place.manage("synthesise_cases", str(place.size), "--fill")
            bench.say(f"{place.size:,} cases ready after {time.monotonic() - started:.0f} s")
            bench.say(told)
        _checked.add(place.name)


def _is_full(place: Place) -> bool:
    """Whether an earlier run filled it. What that run booked besides stays: synthesis refuses to go on beside such cases."""
    with psycopg.connect(place.url("owner")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM cases_case LIMIT %s) AS found", [place.size]
        ).fetchone()
    return row is not None and row[0] >= place.size


_renewed: set[str] = set()
_checked: set[str] = set()


def _create(place: Place, *, fresh: bool) -> bool:
    """True when the database was made now. The same walls as the database of the installation has."""
    owner = _entry(Services.find(settings.BASE_DIR), "owner") | {"NAME": "postgres"}
    with _connected({"default": owner}), connections["default"].cursor() as cursor:
        if fresh:
            cursor.execute(f'DROP DATABASE IF EXISTS "{place.name}" WITH (FORCE)')
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [place.name])
        if cursor.fetchone():
            return False
        cursor.execute(f'CREATE DATABASE "{place.name}"')
        cursor.execute(f'REVOKE ALL ON DATABASE "{place.name}" FROM PUBLIC')
        cursor.execute(f'GRANT CONNECT ON DATABASE "{place.name}" TO {", ".join(BY_APP)}')
    return True


@contextmanager
def _connected(entries: dict[str, dict[str, Any]]) -> Iterator[None]:
    before = {alias: dict(connections[alias].settings_dict) for alias in entries}
    for alias, entry in entries.items():
        _point(alias, entry)
    try:
        yield
    finally:
        for alias, entry in before.items():
            _point(alias, entry)


def _point(alias: str, entry: dict[str, Any]) -> None:
    connections[alias].close()
    connections[alias].settings_dict.update(entry)


def _base_url(role: str) -> str:
    return (
        os.environ.get(f"DATABASE_URL_{role.upper()}")
        or os.environ.get("DATABASE_URL")
        or Services.find(settings.BASE_DIR).urls[role]
    )
