"""Starting servers that outlive the terminal, telling them from strangers with the same id, reading logs."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from config.embedded.accounts import CLEAN_ENVIRONMENT, Account, rename

PROC = Path("/proc")
LOG_LIMIT = 10_000_000
TAIL_LINES = 20


def spawn(account: Account, command: Sequence[str | Path], log: Path) -> "subprocess.Popen[bytes]":
    """Start a server in a session of its own, so that neither Ctrl-C nor a closed terminal reaches it."""
    return subprocess.Popen(
        ["/bin/sh", "-c", 'umask 077; exec "$@" >>"$LOG" 2>&1', "sh", *(str(word) for word in command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env={**CLEAN_ENVIRONMENT, "LOG": str(log)},
        **account.process_arguments,
    )


def command_line(pid: int) -> list[str]:
    """The words a process was started with; empty for one that is gone or only waits to be buried."""
    if PROC.joinpath("self").exists():
        try:
            return [
                os.fsdecode(word)
                for word in PROC.joinpath(str(pid), "cmdline").read_bytes().split(b"\0")[:-1]
            ]
        except OSError:
            return []
    done = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.split()


def exists(pid: int) -> bool:
    """Whether the process id is taken, by whomever."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def processes_inside(directory: Path, name: str) -> list[int]:
    """Ids of processes called `name` that work in `directory`, as far as the caller may look."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        words = command_line(int(entry.name))
        if words and name in words[0] and working_directory(int(entry.name)) == directory:
            found.append(int(entry.name))
    return found


def working_directory(pid: int) -> Path | None:
    """Where a process works, or None where the caller may not look."""
    try:
        return Path(os.readlink(PROC / str(pid) / "cwd"))
    except OSError:
        return None


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Poll until the condition holds; False if it did not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def read_log(log: Path, offset: int = 0) -> str:
    """Text of a log from `offset` on. A symbolic link is not followed: the servers own that directory."""
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        file.seek(offset)
        return file.read().decode("utf-8", "replace")


def log_size(log: Path) -> int:
    try:
        return log.lstat().st_size
    except OSError:
        return 0


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log."""
    start = max(0, log_size(log) - 400 * lines)
    return "\n".join(read_log(log, start).splitlines()[-lines:])


def keep_log_small(account: Account, log: Path) -> None:
    """Put a log that has grown large aside, keeping one older file."""
    if log_size(log) > LOG_LIMIT:
        rename(account, log, log.with_name(log.name + ".1"))
