"""RabbitMQ of Debian's package for one test: its own ports, directories, node name and cookie; root or not."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
READY_SECONDS = 90.0
STOP_SECONDS = 30.0
MISSING = "RabbitMQ is not installed: sudo apt-get install --no-install-recommends rabbitmq-server"


def is_installed() -> bool:
    return SERVER.exists() and shutil.which("epmd") is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RabbitMQ:
    """One node in a private directory; it can be stopped, killed and started again with its queues."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.port, self._names_port, self._distribution_port = free_port(), free_port(), free_port()
        self._password = secrets.token_hex(12)
        self._names: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        cookie = directory / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        (directory / "enabled_plugins").write_text("[].\n")
        (directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"default_user = clearhold\ndefault_pass = {self._password}\n"
            "disk_free_limit.absolute = 50MB\nlog.file.level = warning\n"
        )

    @property
    def url(self) -> str:
        return f"amqp://clearhold:{self._password}@127.0.0.1:{self.port}//"

    @property
    def pids(self) -> list[int]:
        """The server's process group; the leader is the server itself."""
        return [self._server.pid] if self._server is not None and self._server.poll() is None else []

    def start(self) -> None:
        """Start it and return when it takes messages."""
        if self._names is None or self._names.poll() is not None:
            self._names = self._spawn(["epmd", "-port", str(self._names_port), "-address", "127.0.0.1"])
        self._server = self._spawn([str(SERVER)])
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            assert self._server.poll() is None, self.told()
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether the server speaks AMQP: it greets whoever sends the header."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(8))
        except OSError:
            return False

    def refuses(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def stop(self) -> None:
        """End it cleanly, as its service would be."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(STOP_SECONDS)

    def remove(self) -> None:
        """End everything of it and delete its directory."""
        self.stop()
        if self._names is not None and self._names.poll() is None:
            self._names.terminate()
            self._names.wait(STOP_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)

    def told(self) -> str:
        logs = sorted(self.directory.glob("*.txt")) + sorted((self.directory / "log").glob("*.log"))
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in logs)

    def collected(self) -> None:
        """After a kill: take the dead server out of the table of processes."""
        if self._server is not None:
            self._server.wait(STOP_SECONDS)

    def _spawn(self, command: list[str]) -> "subprocess.Popen[bytes]":
        where = self.directory
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(where),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"clearhold{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONFIG_FILE": str(where / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(where / "none.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(where / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(where / "data"),
            "RABBITMQ_LOG_BASE": str(where / "log"),
            "RABBITMQ_PID_FILE": str(where / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        }
        with (where / f"{Path(command[0]).name}.txt").open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=where,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
