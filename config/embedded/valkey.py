"""Valkey of one checkout, the default broker: socket only, append-only file on, nothing evicted."""

import re
import socket
import subprocess
from pathlib import Path

from config.embedded.accounts import Account, write_file
from config.embedded.errors import ServiceError
from config.embedded.layout import Layout
from config.embedded.processes import command_line, keep_log_small, processes_inside, spawn, tail, wait_until
from config.embedded.programs import Programs

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
LEAVE_SECONDS = 15.0

SETTINGS = """\
# Written by Clearhold at every start.
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{directory}"
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
databases 4
loglevel notice
"""


def start(layout: Layout, account: Account, programs: Programs) -> bool:
    """Bring the server up; False if it already was."""
    if running_pid(layout) is not None:
        return False
    # A server that runs without answering must not be joined by a second one on the same files.
    if not wait_until(lambda: not processes_inside(layout.valkey, "valkey-server"), seconds=LEAVE_SECONDS):
        left = processes_inside(layout.valkey, "valkey-server")
        raise ServiceError(
            f"Valkey runs (process {left}) but does not answer.", log_tail=tail(layout.valkey_log)
        )
    keep_log_small(account, layout.valkey_log)
    configuration = layout.valkey / "valkey.conf"
    settings = SETTINGS.format(socket=_quoted(layout.valkey_socket), directory=_quoted(layout.valkey))
    write_file(account, configuration, settings)
    process = spawn(account, [programs.valkey_server, configuration], layout.valkey_log)
    if not wait_until(lambda: _is_ready(layout, process), seconds=READY_SECONDS, pause=0.02):
        raise ServiceError(
            f"Valkey runs but gave no answer in {READY_SECONDS:.0f} seconds.",
            log_tail=tail(layout.valkey_log),
        )
    return True


def stop(layout: Layout) -> bool:
    """Stop with everything written to the append-only file; the process is gone when this returns."""
    pid = running_pid(layout)
    if pid is None:
        return False
    ask(layout, "SHUTDOWN")
    if not wait_until(lambda: not command_line(pid), seconds=STOP_SECONDS):
        raise ServiceError(
            f"Valkey (process {pid}) is still stopping after {STOP_SECONDS:.0f} seconds.",
            log_tail=tail(layout.valkey_log),
        )
    return True


def _is_ready(layout: Layout, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        raise ServiceError(
            f"Valkey did not start (exit code {process.returncode}).", log_tail=tail(layout.valkey_log)
        )
    return ask(layout, "PING").startswith("+PONG")


def running_pid(layout: Layout) -> int | None:
    """Process id of whoever answers on the socket, or None."""
    found = re.search(r"process_id:(\d+)", ask(layout, "INFO server"))
    return int(found[1]) if found else None


def ask(layout: Layout, command: str) -> str:
    """Send one command over the socket and return what comes back; empty when nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(layout.valkey_socket))
            connection.sendall(f"{command}\r\nQUIT\r\n".encode())
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
            return b"".join(parts).decode("utf-8", "replace")
    except OSError:
        return ""


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
