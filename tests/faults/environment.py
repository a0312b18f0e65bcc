"""One installation that lives through many faults: database, broker, bureau, workers, beat and web server, all real processes.

What dies is started again after a second, as the supervisor of `make run` does it.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import kombu
import psycopg

from config.demo.processes import Program, programs
from config.embedded import connection_info
from config.embedded.services import psql_command, status
from config.embedded.vault import SUPERUSER
from tests.faults import inject
from tests.faults.checkout import Checkout
from tests.faults.load import Api
from tests.faults.proxy import Proxy
from tests.faults.rabbitmq import RabbitMQ, free_port

VALKEY, RABBITMQ = "Valkey", "RabbitMQ"
RESTART_SECONDS = 1.0
LOOK_SECONDS = 0.1
DELAYS = {"state-delay": 0.2, "fbi-delay": 0.5, "dhs-delay": 0.8, "iar-delay": 1.0}


class Helper:
    """A process of `tests.faults.actor`."""

    def __init__(self, checkout: Checkout, environment: dict[str, str], *, role: str = "web") -> None:
        self._told = (checkout.root / ".data" / f"actor-{role}-{free_port()}.txt").open("w+b")
        self.process = subprocess.Popen(
            [checkout.python, "-m", "tests.faults.actor"],
            cwd=checkout.root,
            env=environment | {"CLEARHOLD_ROLE": role},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._told,
            text=True,
        )
        self.begun = self._read()["ok"]

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Ask, wait, and hand back `ok`, `refused` or `failed`."""
        self.tell(do, **arguments)
        return self._read()

    def do(self, do: str, **arguments: Any) -> Any:
        """The same, where nothing but success is right."""
        answer = self.ask(do, **arguments)
        assert "ok" in answer, answer
        return answer["ok"]

    def tell(self, do: str, **arguments: Any) -> None:
        """Ask without waiting; `hear` has the answer."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(self._why_it_ended()) from None

    def hear(self) -> dict[str, Any]:
        return self._read()

    def end(self) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._told.close()

    def _why_it_ended(self) -> str:
        code = self.process.wait(20)
        self._told.seek(0)
        last = self._told.read().decode(errors="replace").splitlines()[-12:]
        return "\n".join([f"The actor ended with code {code} and said:", *last])

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self._why_it_ended()
        answer: dict[str, Any] = json.loads(line)
        return answer


class Environment:
    """Everything, with one broker."""

    def __init__(self, checkout: Checkout, broker: str, private: Path) -> None:
        self.checkout, self.broker, self.private = checkout, broker, private
        self.points = private / "points"
        self.points.mkdir()
        self.rabbit = RabbitMQ(private / "rabbitmq") if broker == RABBITMQ else None
        self.environment = checkout.environment | {
            "CLEARHOLD_FAILPOINTS": str(self.points),
            "MATCHING_BACKOFF_FIRST_SECONDS": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._programs: dict[str, Program] = {}
        self._held: set[str] = set()
        self._lock = threading.RLock()
        self._ending = threading.Event()

    # -- beginning and ending ------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Bring everything up and wait until a booking could go all the way."""
        if self.rabbit is not None:
            self.rabbit.start()
            self.environment["CELERY_BROKER_URL"] = self.rabbit.url
        self._manage("migrate", "--verbosity", "0")
        self.actor = Helper(self.checkout, self.environment)
        self.second = Helper(self.checkout, self.environment)
        self.clock = Helper(self.checkout, self.environment, role="clock")
        self.auditor = Helper(self.checkout, self.environment, role="owner")
        self.broker_url = self.actor.begun["broker"]
        self.port = free_port()
        for program in programs(
            port=self.port, host="127.0.0.1", match_workers=2, simulator=self.simulator()
        ):
            self._programs[program.name] = program
            self._spawn(program.name)
        threading.Thread(target=self._watch, daemon=True).start()
        self.api = Api(self.port, self.actor.begun["client_id"], self.actor.begun["secret"])
        self.wait_for("the web server", lambda: _listens(self.port), 60)
        self.api.sign_in()
        self.wait_for("the first sweep", lambda: self.rows("SELECT 1 FROM detainers_sweepheartbeat"), 60)

    def end(self) -> None:
        self._ending.set()
        for child in self.running.values():
            inject.end_group(child)
        for helper in (self.actor, self.second, self.clock, self.auditor):
            helper.end()
        if self.rabbit is not None:
            self.rabbit.remove()

    def simulator(self, faults: tuple[str, ...] = (), **delays: float) -> dict[str, Any]:
        info = connection_info(self.checkout.root)
        assert info is not None
        spool = self.checkout.root / ".data" / "bureau-spool"
        spool.mkdir(parents=True, exist_ok=True)
        return {"socket": info["bureau_socket"], "spool": spool, "search": "none", **DELAYS, **delays}

    # -- programs ------------------------------------------------------------------------------------------------
    def pid(self, name: str) -> int:
        return self.running[name].pid

    def program(self, name: str) -> Program:
        return self._programs[name]

    def hold_back(self, name: str) -> None:
        """Do not start it again when it ends, until `let_run`."""
        self._held.add(name)

    def let_run(self, name: str) -> None:
        self._held.discard(name)
        with self._lock:
            if self.running[name].poll() is not None:
                self._spawn(name)

    def restore(self) -> None:
        """Let everything run again that a fault kept from it, and disarm what nobody reached."""
        for name in list(self._held):
            self.let_run(name)
        for path in self.points.iterdir():
            path.unlink(missing_ok=True)

    def add(self, program: Program) -> None:
        self._programs[program.name] = program
        with self._lock:
            self._spawn(program.name)

    def take_away(self, name: str) -> None:
        self._held.add(name)
        inject.end_group(self.running[name])
        del self._programs[name], self.running[name]
        self._held.discard(name)

    def restart_bureau(self, *faults: str, **delays: float) -> None:
        """The bureau with other delays, or with faults of its own."""
        name = "bureau-simulator"
        self.hold_back(name)
        inject.end_group(self.running[name])
        options = self.simulator(**{f"{source}-delay": value for source, value in delays.items()})
        words = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        words += [part for fault in faults for part in ("--fault", fault)]
        self._programs[name] = Program(name, [sys.executable, "-m", "matching.simulator", *words], "web")
        self.let_run(name)
        self.wait_for("the bureau", lambda: _listens_unix(str(options["socket"])), 20)

    def _spawn(self, name: str) -> None:
        program = self._programs[name]
        logs = self.checkout.root / ".data" / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                program.command,
                cwd=self.checkout.root,
                env=self.environment
                | program.environment
                | {"CLEARHOLD_ROLE": program.role, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while not self._ending.wait(RESTART_SECONDS):
            with self._lock:
                for name in list(self._programs):
                    if name not in self._held and self.running[name].poll() is not None:
                        self._spawn(name)

    def _manage(self, *words: str) -> None:
        done = subprocess.run(
            [self.checkout.python, "manage.py", *words],
            cwd=self.checkout.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {words}:\n{done.stdout}{done.stderr}"

    def manage(self, *words: str) -> tuple[int, str]:
        """A command of the product; its exit code and what it said."""
        done = subprocess.run(
            [self.checkout.python, "manage.py", *words],
            cwd=self.checkout.root,
            env=self.environment | {"CLEARHOLD_ROLE": "owner"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    # -- looking -------------------------------------------------------------------------------------------------
    def rows(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def look(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """The same, and nothing while the database is away."""
        try:
            return self.rows(query, parameters)
        except psycopg.OperationalError:
            return []

    def connect(self, role: str = "owner") -> psycopg.Connection[Any]:
        info = connection_info(self.checkout.root)
        assert info is not None
        return psycopg.connect(info["database_urls"][role], connect_timeout=5, autocommit=True)

    def superuser(self) -> psycopg.Connection[Any]:
        """As the superuser of the cluster, whom no grant and no trigger stops."""
        command, variables = psql_command(self.checkout.root, SUPERUSER, [])
        assert command
        return psycopg.connect(
            host=variables["PGHOST"],
            port=variables.get("PGPORT", "5432"),
            user=variables["PGUSER"],
            password=variables["PGPASSWORD"],
            dbname=variables["PGDATABASE"],
            autocommit=True,
        )

    def wait_for(self, what: str, condition: Callable[[], Any], seconds: float) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{what} did not come in {seconds:.0f} s.\n{self.told()}"
            time.sleep(LOOK_SECONDS)
        return found

    def health(self) -> tuple[int, str]:
        """What the web server says of the work behind it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/health/domain")
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def told(self) -> str:
        """The last words of every program."""
        logs = sorted((self.checkout.root / ".data" / "logs").glob("*.log"))
        return "\n".join(f"-- {log.name}\n{log.read_text(errors='replace')[-700:]}" for log in logs)

    def reached(self, point: str) -> int | None:
        """The process that came to a fail point, once one has."""
        path = self.points / f"{point}.reached"
        return int(path.read_text().split()[0]) if path.exists() else None

    def arm(self, point: str, words: str) -> None:
        (self.points / f"{point}.reached").unlink(missing_ok=True)
        (self.points / point).write_text(words)

    # -- broker --------------------------------------------------------------------------------------------------
    def broker_pid(self) -> int:
        if self.rabbit is not None:
            return self.rabbit.pids[0]
        return int(status(self.checkout.root)["valkey"]["pid"])

    def broker_refuses(self) -> bool:
        if self.rabbit is not None:
            return self.rabbit.refuses()
        return not _listens_unix(status(self.checkout.root)["valkey"]["socket"])

    def start_broker(self) -> None:
        if self.rabbit is not None:
            self.rabbit.collected()
            self.rabbit.start()
        else:
            self.checkout.embedded("start")

    def start_database(self) -> None:
        self.checkout.embedded("start")

    @contextmanager
    def channel(self) -> Iterator[Any]:
        with kombu.Connection(self.broker_url, connect_timeout=5) as connection:
            yield connection.default_channel

    def waiting_messages(self, queue: str) -> int:
        """Messages that no worker has fetched."""
        with self.channel() as channel:
            if self.rabbit is None:
                return int(channel.client.llen(queue))
            return int(kombu.Queue(queue)(channel).queue_declare(passive=True).message_count)

    def fetched_messages(self) -> int | None:
        """Messages fetched and not acknowledged, where the broker tells it cheaply."""
        if self.rabbit is not None:
            return None
        with self.channel() as channel:
            return int(channel.client.hlen("unacked"))


@contextmanager
def web_behind_proxy(environment: Environment) -> Iterator[tuple[Proxy, Api]]:
    """A second web server whose way to PostgreSQL leads through our proxy."""
    server = Path(status(environment.checkout.root)["postgres"]["socket"])
    proxy, port = Proxy(environment.private, server), free_port()
    info = connection_info(environment.checkout.root)
    assert info is not None
    url = info["database_urls"]["web"].replace(str(server.parent), str(environment.private))
    assert str(environment.private) in url
    command = [
        str(Path(sys.executable).parent / "gunicorn"),
        "config.wsgi:application",
        f"--bind=127.0.0.1:{port}",
    ]
    environment.add(Program("web-behind-proxy", command, "web", {"DATABASE_URL_WEB": url}))
    try:
        environment.wait_for("the second web server", lambda: _listens(port), 60)
        yield proxy, replace(environment.api, port=port)
    finally:
        environment.take_away("web-behind-proxy")
        proxy.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _listens_unix(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


@contextmanager
def environment(checkout: Checkout, broker: str) -> Iterator[Environment]:
    """An environment that is up; everything of it is ended afterwards."""
    private = Path(tempfile.mkdtemp(prefix="clearhold-points-"))
    os.chmod(private, 0o700)
    made = Environment(checkout, broker, private)
    try:
        made.begin()
        yield made
    finally:
        made.end()
        shutil.rmtree(private, ignore_errors=True)
