"""A checkout of its own in a temporary directory, with its own database and broker, in which `make run` really runs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from config.embedded import connection_info
from config.embedded.accounts import VARIABLE as SERVICE_ACCOUNT

SOURCE = Path(__file__).resolve().parents[2]
# What would lead the other checkout to somebody else's services, or tell its make about ours.
FOREIGN = (
    "DATABASE_URL", "CELERY_", "CACHE_", "BUREAU_", "DJANGO_", "CLEARHOLD_", "MATCHING_", "SWEEP_", "MAKE", "MFLAGS",
)  # fmt: skip
LOOK_EVERY_SECONDS = 0.2


class Checkout:
    """The copy, its services, and one run of the main job at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.python = str(root / ".venv" / "bin" / "python")
        kept = {
            name: value
            for name, value in os.environ.items()
            if name == SERVICE_ACCOUNT or not name.startswith(FOREIGN)
        }
        # Compiled once, as in any installation: without that each start of a program takes three times as long.
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        self.environment = kept | {
            "PYTHONUNBUFFERED": "1",
            "PYTHONPYCACHEPREFIX": str(root / ".data" / "bytecode"),
        }
        self.job: subprocess.Popen[bytes] | None = None
        self.output = root / ".data" / "run.txt"

    def embedded(self, *arguments: str) -> None:
        """`python -m config.embedded ...` in the copy."""
        command = [self.python, "-m", "config.embedded", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"config.embedded {arguments} failed:\n{done.stdout}{done.stderr}"

    def begin(self, *arguments: str, **settings: str) -> None:
        """Start `make run` as a person would, with settings of the environment; what it installs is there already."""
        words = " ".join(["--once", "--quiet", *arguments])
        with self.output.open("ab") as output:
            self.job = subprocess.Popen(
                ["make", "--old-file=.venv/.synced", "run", f"ARGS={words}"],
                cwd=self.root,
                env=self.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self, seconds: float) -> int:
        """Wait for the run to end by itself; its exit code."""
        assert self.job is not None
        return self.job.wait(seconds)

    def is_running(self) -> bool:
        return self.job is not None and self.job.poll() is None

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read as the owner of the tables, over a connection of its own."""
        info = connection_info(self.root)
        assert info is not None
        with psycopg.connect(
            info["database_urls"]["owner"], connect_timeout=5, autocommit=True
        ) as connection:
            return connection.execute(query).fetchall()

    def look(self, query: str) -> list[tuple[Any, ...]]:
        """The same, and nothing while the database or the table is not there."""
        try:
            return self.rows(query)
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return []

    def wait_for(self, what: str, condition: Callable[[], Any], seconds: float) -> Any:
        """The first value of `condition` that is true; fails when the time is over or the run ends before."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := condition():
                return found
            assert self.is_running(), f"The run ended before {what}:\n{self.told()}"
            time.sleep(LOOK_EVERY_SECONDS)
        raise AssertionError(f"{what} did not come in {seconds:.0f} s:\n{self.told()}")

    def told(self, lines: int = 40) -> str:
        """The last lines of what the run printed."""
        if not self.output.exists():
            return ""
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-lines:])

    def started(self) -> list[int]:
        """The processes that the run has started for good: each leads a session of its own."""
        path = self.root / ".data" / "processes.json"
        return json.loads(path.read_text()) if path.exists() else []


def _copy(target: Path) -> None:
    """Every file that git follows or would follow, as it is now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=SOURCE, capture_output=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (SOURCE / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, target / name)
    (target / ".venv").symlink_to(Path(sys.prefix))


@contextmanager
def temporary_checkout() -> Iterator[Checkout]:
    """A copy with its services up; everything is ended and deleted afterwards."""
    root = Path(tempfile.mkdtemp(prefix="clearhold-faults-"))
    try:
        _copy(root)
        checkout = Checkout(root)
        checkout.embedded("start")
        try:
            yield checkout
        finally:
            from tests.faults.inject import end_everything

            end_everything(checkout)
            checkout.embedded("remove", "--yes")
    finally:
        shutil.rmtree(root, ignore_errors=True)
