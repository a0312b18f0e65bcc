"""An installation for a measurement: all processes as `make run` starts them, on one database, with the wire simulator."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode

import psutil
import psycopg
from django.conf import settings

from accounts.actors import system
from accounts.models import Agency
from config.demo import processes
from config.management.commands.run_clearhold import free_port
from integration.services import create_client
from tests.bench.booking_files import BUREAU_ORI, ORI
from tests.bench.places import Place

START_SECONDS = 60.0
FIRST_PORT = 8620


@dataclass
class Site:
    """A running installation: its database, where it listens, what its processes see, and a token of an API client."""

    place: Place
    port: int
    environment: dict[str, str]
    running: processes.Processes
    token: str

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far, by program; PostgreSQL and Valkey as a whole."""
        used = {name: tree_cpu(child.pid) for name, child in self.running.running.items()}
        return used | {"postgresql": tree_cpu(_postmaster(self.place)), "valkey": _valkey()}


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process and all its children, those that ended included."""
    process = psutil.Process(pid)
    return sum(_seconds(item) for item in (process, *process.children(recursive=True)))


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _postmaster(place: Place) -> int:
    with psycopg.connect(place.url("owner")) as connection:
        backend = psutil.Process(connection.info.backend_pid).parent()
    assert backend is not None
    return backend.pid


def _valkey() -> float:
    """The embedded broker of this checkout, found by the folder it works in."""
    folder = settings.CELERY_BROKER_URL.removeprefix("redis+socket://").partition("/run/")[0]
    found = [item for item in psutil.process_iter(["name"]) if "valkey" in (item.info["name"] or "")]
    return sum(_seconds(item) for item in found if any(folder in word for word in item.cmdline()))


@contextmanager
def site(place: Place) -> Iterator[Site]:
    """Start everything on this database and stop it again. No image is decoded: the simulator answers 'no record'."""
    port = free_port("127.0.0.1", FIRST_PORT)
    with place.as_role("owner"):
        client_id, secret = _client()
    with TemporaryDirectory(prefix="clearhold-bench-") as folder:
        bureau = str(Path(folder) / "bureau.sock")
        environment = place.environment() | {
            "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
            "BUREAU_URL": f"http+unix://{quote(bureau, safe='')}",
            "MATCHING_PRINT_SEARCH": "false",
        }
        simulator = {"socket": bureau, "spool": Path(folder) / "spool", "search": "none"}
        listed = processes.programs(port=port, host="127.0.0.1", match_workers=1, simulator=simulator)
        for program in listed:
            program.environment.update(environment)
        running = processes.Processes(listed)
        running.start()
        try:
            yield Site(place, port, environment, running, _token(port, client_id, secret, running))
        finally:
            running.stop()


def _client() -> tuple[str, str]:
    """A jail of the measurement with an API client made anew; id and secret."""
    for kind, ori, name in (
        (Agency.Kind.JAIL, ORI, "Jail of the measurement"),
        (Agency.Kind.STATE_BUREAU, BUREAU_ORI, "Bureau of the measurement"),
    ):
        if not Agency.objects.filter(kind=kind, ori=ori).exists():
            Agency.objects.create(kind=kind, ori=ori, name=name, state="TX", time_zone="America/Chicago")
    jail = Agency.objects.filter(kind=Agency.Kind.JAIL, ori=ORI).order_by("pk")[0]
    _, client_id, secret = create_client(agency=jail, label="Measurement", actor=system("set-up"))
    return client_id, secret


def _token(port: int, client_id: str, secret: str, running: processes.Processes) -> str:
    """An access token, as soon as the web server answers. Raises RuntimeError."""
    body = urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", "/api/v1/oauth/token", body, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except OSError:
            time.sleep(0.2)
            continue
        if answer.status == http.client.OK:
            return str(said["access_token"])
        raise RuntimeError(f"No token was given: {answer.status} {said.get('error', '')}.")
    raise RuntimeError("The web server did not come up.\n" + running.last_lines("web"))


def load() -> float:
    return round(os.getloadavg()[0], 1)
