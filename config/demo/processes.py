"""The processes of one installation: bureau simulator, web server, workers, beat. Started together, watched, stopped together."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

RESTART_WAIT_SECONDS = 1.0
STOP_SECONDS = 20.0


@dataclass
class Program:
    """One program: its name in the list of processes, its command, and the database role it runs as."""

    name: str
    command: list[str]
    role: str
    environment: dict[str, str] = field(default_factory=dict)


class Processes:
    """Starts programs, starts again what dies, and stops them all. Each writes its log below `.data/logs`."""

    def __init__(self, programs: list[Program]) -> None:
        self.programs = programs
        self.logs = Path(settings.BASE_DIR) / ".data" / "logs"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: dict[str, int] = {}
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start every program, after ending what a killed earlier run of this checkout may have left behind."""
        self.logs.mkdir(parents=True, exist_ok=True)
        end_left_over(self._pid_file)
        for program in self.programs:
            self._spawn(program)
        self._watcher.start()

    @property
    def _pid_file(self) -> Path:
        return self.logs.parent / "processes.json"

    def stop(self) -> None:
        """Ask every program to end, wait, then end what did not."""
        self._stopping.set()
        for child in self.running.values():
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.running.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.wait()
        self._pid_file.unlink(missing_ok=True)

    def last_lines(self, name: str, count: int = 20) -> str:
        """The end of one program's log, for the message of a failed start."""
        path = self.logs / f"{name}.log"
        if not path.exists():
            return ""
        with path.open(errors="replace") as lines:
            return "".join(deque(lines, maxlen=count))

    def _spawn(self, program: Program) -> None:
        environment = {
            **os.environ,
            **program.environment,
            "CLEARHOLD_ROLE": program.role,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
        }
        with (self.logs / f"{program.name}.log").open("ab") as log:
            # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
            self.running[program.name] = subprocess.Popen(
                program.command,
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_text(json.dumps([child.pid for child in self.running.values()]))

    def _watch(self) -> None:
        while not self._stopping.wait(RESTART_WAIT_SECONDS):
            for program in self.programs:
                if self.running[program.name].poll() is not None and not self._stopping.is_set():
                    self.restarts[program.name] = self.restarts.get(program.name, 0) + 1
                    self._spawn(program)


def end_left_over(pid_file: Path) -> None:
    """End the processes listed by a run that was killed, if they are still ours: same working directory, same session leader."""
    if not pid_file.exists():
        return
    for pid in json.loads(pid_file.read_text() or "[]"):
        try:
            ours = Path(f"/proc/{pid}/cwd").resolve() == Path(settings.BASE_DIR) and os.getsid(pid) == pid
            if ours:
                os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError, FileNotFoundError):
            continue
    pid_file.unlink(missing_ok=True)


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return


def programs(
    *, port: int, host: str, match_workers: int = 2, simulator: dict[str, Any] | None = None
) -> list[Program]:
    """Everything `make run` starts. `simulator` None leaves it out: a real bureau is at BUREAU_URL."""
    python, bin_dir = sys.executable, Path(sys.executable).parent
    celery = [str(bin_dir / "celery"), "-A", "config.celery"]
    listed = []
    if simulator is not None:
        options = [part for name, value in simulator.items() for part in (f"--{name}", str(value))]
        listed.append(Program("bureau-simulator", [python, "-m", "matching.simulator", *options], "web"))
    listed += [
        Program("worker-match", _worker(celery, "match", match_workers), "worker"),
        Program("worker-clock", _worker(celery, "clock", 1), "clock"),
        Program("worker-deliver", _worker(celery, "deliver", 2, "sweep"), "worker"),
        Program("beat", [*celery, "beat", "--loglevel=WARNING", "--pidfile="], "clock"),
        Program(
            "web",
            [
                str(bin_dir / "gunicorn"),
                "config.wsgi:application",
                f"--bind={host}:{port}",
                "--workers=2",
                "--worker-class=gthread",
                "--threads=4",
                "--log-level=warning",
            ],
            "web",
        ),
    ]
    return listed


def _worker(celery: list[str], queue: str, children: int, *more: str) -> list[str]:
    return [
        *celery,
        "worker",
        f"--queues={','.join((queue, *more))}",
        f"--concurrency={children}",
        f"--hostname={queue}@%h",
        "--loglevel=WARNING",
        "--without-gossip",
        "--without-mingle",
    ]
