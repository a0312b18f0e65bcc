"""Checkouts in temporary directories, run as root and as an ordinary user; no Django database is used."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded import connection_info
from config.embedded.layout import Layout, layout_of

REPOSITORY = Path(__file__).resolve().parents[2]
ORDINARY = "daemon"


@dataclass(frozen=True)
class Checkout:
    """A directory that stands for a checkout, and the person who runs it."""

    root: Path
    user: str

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*arguments),
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )

    def command(self, *arguments: str) -> list[str]:
        words = [sys.executable, "-B", "-m", "config.embedded", "--root", str(self.root), *arguments]
        return words if self.user == own_name() else ["setpriv", *as_user(self.user), "--", *words]

    def start(self) -> None:
        done = self.run("start")
        assert done.returncode == 0, done.stderr

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.run("status", "--json").stdout))

    @property
    def layout(self) -> Layout:
        return layout_of(self.root)

    @property
    def servers_uid(self) -> int:
        return pwd.getpwnam("nobody" if self.user == "root" else self.user).pw_uid

    def connect(self, role: str = "owner") -> "psycopg.Connection[Any]":
        info = connection_info(self.root)
        assert info is not None
        return psycopg.connect(info["database_urls"][role], autocommit=True)


NewCheckout = Callable[..., AbstractContextManager[Checkout]]


def own_name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def as_user(name: str) -> list[str]:
    entry = pwd.getpwnam(name)
    return [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def usable_user(kind: str) -> str:
    """The account for `root` or `ordinary`; skips where this machine cannot be that person."""
    if kind == "root":
        if os.geteuid() != 0:
            pytest.skip("only root can try what root does")
        return "root"
    if os.geteuid() != 0:
        return own_name()
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed, so root cannot become an ordinary user")
    probe = [
        "setpriv",
        *as_user(ORDINARY),
        "--",
        sys.executable,
        "-B",
        "-c",
        "import config.embedded, psycopg",
    ]
    if subprocess.run(probe, cwd=REPOSITORY, capture_output=True).returncode:
        pytest.skip(f"account {ORDINARY!r} cannot read this checkout or its virtual environment")
    return ORDINARY


@contextmanager
def temporary_checkout(user: str, name: str = "checkout") -> Iterator[Checkout]:
    """A checkout below a private parent directory, as below a home; whatever it starts is gone afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="ch-"))
    root = parent / name
    root.mkdir(parents=True)
    if user != own_name():
        for directory in (
            parent,
            *(parent / part for part in (root, *root.parents) if parent in part.parents),
        ):
            shutil.chown(directory, user)
    checkout = Checkout(root, user)
    try:
        yield checkout
    finally:
        checkout.run("remove", "--yes")
        shutil.rmtree(parent)


@pytest.fixture(params=["root", "ordinary"], scope="session")
def anybody(request: pytest.FixtureRequest) -> str:
    """Every test with this fixture runs as root and as an ordinary user."""
    return usable_user(request.param)


@pytest.fixture(scope="session")
def ordinary() -> str:
    return usable_user("ordinary")


@pytest.fixture
def root_user() -> str:
    return usable_user("root")


@pytest.fixture(scope="session")
def shared(anybody: str) -> Iterator[Checkout]:
    """One checkout per person for the whole run: making a cluster is what takes time here."""
    with temporary_checkout(anybody) as checkout:
        yield checkout


@pytest.fixture
def running(shared: Checkout) -> Checkout:
    """The shared checkout with its servers running, whatever the test before did to it."""
    shared.start()
    return shared


@pytest.fixture
def new_checkout() -> NewCheckout:
    return temporary_checkout
