"""What works behind the pages, as real processes on the database of the test: the bureau simulator, a worker with its beat."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import redis
from django.conf import settings
from django.db import connection

from matching.samples.generate import DATA, GALLERY

START_SECONDS = 60.0
WORKER_OPTIONS = (
    "--beat",
    "--queues=match,clock,deliver,sweep",
    "--concurrency=2",
    "--without-gossip",
    "--without-mingle",
    "--loglevel=INFO",
)


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Start both, wait until they are ready, stop both."""
    bureau = folder / "bureau.sock"
    prefix = f"journey-{os.getpid()}-"
    simulator = _spawn(
        [
            "matching.simulator",
            f"--socket={bureau}",
            f"--spool={folder / 'spool'}",
            f"--gallery={DATA / GALLERY}",
        ],
        log=folder / "simulator.log",
    )
    worker = _spawn(
        [
            "celery",
            "--app=tests.browser.worker_app",
            "worker",
            f"--hostname={prefix}@%h",
            *WORKER_OPTIONS,
            f"--schedule={folder / 'beat'}",
        ],
        log=folder / "worker.log",
        CLEARHOLD_ROLE="worker",
        CLEARHOLD_TEST_KEY_PREFIX=prefix,
        DATABASE_URL_WORKER=_database_of_this_test(),
        BUREAU_URL=f"http+unix://{quote(str(bureau), safe='')}",
        SWEEP_SECONDS="0.3",
    )
    try:
        _wait(simulator, folder / "simulator.log", lambda: _is_well(bureau))
        _wait(worker, folder / "worker.log", lambda: " ready." in (folder / "worker.log").read_text())
        yield
    finally:
        _stop(worker)
        _stop(simulator)
        _forget(prefix)


def _spawn(module: list[str], *, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_ALLOW"))
    }
    with log.open("wb") as sink:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=settings.BASE_DIR,
            env={**kept, **environment},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )


def _database_of_this_test() -> str:
    """The worker's own role on the database this test run made."""
    url = (
        os.environ.get("DATABASE_URL_WORKER")
        or os.environ.get("DATABASE_URL")
        or settings.SERVICES.urls["worker"]
    )
    return urlunsplit(urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}"))


def _is_well(bureau: Path) -> bool:
    if not bureau.exists():
        return False
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(bureau)), base_url="http://bureau") as client:
            return client.get("/v1/health").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _wait(process: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while not is_ready():
        assert process.poll() is None, f"it ended at once:\n{log.read_text()[-3000:]}"
        assert time.monotonic() < until, f"it was not ready in time:\n{log.read_text()[-3000:]}"
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _forget(prefix: str) -> None:
    """Take this run's queues off the broker."""
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host", "db")
    if not url.startswith(("unix://", "redis://", "rediss://")):
        return
    with redis.Redis.from_url(url) as broker:
        for key in broker.scan_iter(match=f"{prefix}*"):
            broker.delete(key)
