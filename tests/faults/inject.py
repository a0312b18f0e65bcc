"""The faults. Each injector proves that its fault happened, or the test would show a perfect result of nothing."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psycopg

from config.embedded import connection_info
from config.embedded.services import status
from tests.faults.checkout import Checkout

GONE_SECONDS = 10.0


def is_there(pid: int) -> bool:
    """Whether the process lives; one that is dead and not yet collected by its parent does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] not in "ZX"


def kill(pids: Iterable[int]) -> None:
    """`kill -9`, the first one first, and proof that every one of them is gone. Helpers may end with the one they help."""
    victims = list(pids)
    assert victims, "There is nobody to kill."
    assert is_there(victims[0]), "It was dead before."
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + GONE_SECONDS
    while alive := [pid for pid in victims if is_there(pid)]:
        assert time.monotonic() < deadline, f"{alive} survived kill -9."
        time.sleep(0.01)


def kill_program(checkout: Checkout, *words: str) -> None:
    """The whole process group of one program of the run, found by words of its command line."""
    leaders = [
        pid for pid in checkout.started() if is_there(pid) and all(word in _command(pid) for word in words)
    ]
    assert len(leaders) == 1, f"{words} names {len(leaders)} programs of the run."
    kill(_members(leaders))


def kill_searching_child(checkout: Checkout) -> int:
    """One child of the match worker while it holds a search. Returns the row of the search."""
    search, child = checkout.wait_for("a search under way", lambda: _stopped_at_work(checkout), seconds=120)
    assert "--queues=match" in _command(child)
    assert child not in checkout.started(), "That is the worker itself, not a child."
    kill([child])
    return int(search)


def _stopped_at_work(checkout: Checkout) -> tuple[int, int] | None:
    """(search, process) of a child stopped while it certainly holds the search, or None."""
    query = "SELECT id, lease_owner FROM matching_printsearch WHERE state = 'working'"
    for search, owner in checkout.look(query):
        child = int(owner.split(":")[1])
        if not is_there(child):
            continue
        os.kill(child, signal.SIGSTOP)
        if (search, owner) in checkout.look(query):
            return search, child
        os.kill(child, signal.SIGCONT)
    return None


def kill_database(checkout: Checkout) -> int:
    """PostgreSQL, all its processes, at a moment at which a transaction is writing. Returns the events committed before."""
    info = connection_info(checkout.root)
    assert info is not None
    postmaster = status(checkout.root)["postgres"]["pid"]
    writing = (
        "SELECT (SELECT count(*) FROM audit_event) FROM pg_stat_activity"
        " WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() LIMIT 1"
    )
    with psycopg.connect(info["database_urls"]["owner"], autocommit=True) as connection:
        deadline = time.monotonic() + 60
        while not (found := connection.execute(writing).fetchone()):
            assert time.monotonic() < deadline, "Nobody wrote for a minute."
        kill([postmaster, *_children(postmaster)])
    try:
        psycopg.connect(info["database_urls"]["owner"], connect_timeout=2).close()
    except psycopg.OperationalError:
        return int(found[0])
    raise AssertionError("PostgreSQL still answers.")


def stop_database(checkout: Checkout) -> int:
    """PostgreSQL asked to end at once (its fast shutdown), and proof that it refuses. Returns its process."""
    pid: int = status(checkout.root)["postgres"]["pid"]
    os.kill(pid, signal.SIGINT)
    info = connection_info(checkout.root)
    assert info is not None
    deadline = time.monotonic() + 30
    while is_there(pid):
        assert time.monotonic() < deadline, "PostgreSQL did not stop."
        time.sleep(0.05)
    try:
        psycopg.connect(info["database_urls"]["owner"], connect_timeout=2).close()
    except psycopg.OperationalError:
        return pid
    raise AssertionError("PostgreSQL still answers.")


def libfaketime() -> list[Path]:
    """The library of Debian's faketime, when it is installed."""
    return sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def shifted_clock(shift: str) -> dict[str, str]:
    """Environment of a process whose wall clock is shifted."""
    return {"LD_PRELOAD": str(libfaketime()[0]), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def kill_bureau(checkout: Checkout) -> None:
    """The simulator of the bureau; its socket refuses until it is started again."""
    kill_program(checkout, "matching.simulator")
    info = connection_info(checkout.root)
    assert info is not None
    deadline = (
        time.monotonic() + 1
    )  # its last thread may hold the socket for a moment; a new one needs longer to come
    while _answers(info["bureau_socket"]):
        assert time.monotonic() < deadline, "The bureau still answers."


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def kill_run(checkout: Checkout, *, with_programs: bool) -> None:
    """`make run` itself; with everything that it started, or leaving that behind as orphans."""
    assert checkout.job is not None
    programs = checkout.started()
    assert len(programs) >= 5, "The run has not started its programs."
    victims = _members([checkout.job.pid])
    assert any("run_clearhold" in _command(pid) for pid in victims)
    kill(victims)
    checkout.job.wait(GONE_SECONDS)
    if with_programs:
        kill(_members(programs))
    else:
        assert all(is_there(pid) for pid in programs), "The programs did not outlive the run."


def end_group(child: "subprocess.Popen[bytes]") -> None:
    """End a program that a test started, with its children."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait(GONE_SECONDS)


def members(leader: int) -> list[int]:
    """The living processes of one process group, the leader first."""
    return _members([leader])


def end_everything(checkout: Checkout) -> None:
    """End what a test left behind, by process group, never by name."""
    leaders = checkout.started()
    if checkout.job is not None:
        leaders = [checkout.job.pid, *leaders]
    # The run's own process first, or it starts again what is ended.
    for leader in leaders:
        if _is_ours(leader, checkout):
            kill(_members([leader]))
    if checkout.job is not None:
        checkout.job.wait()


def _is_ours(pid: int, checkout: Checkout) -> bool:
    try:
        return (
            is_there(pid)
            and os.getsid(pid) == pid
            and Path(f"/proc/{pid}/cwd").resolve() == checkout.root.resolve()
        )
    except OSError:
        return False


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on: state, parent, process group, session, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processes() -> dict[int, list[str]]:
    found = {int(path.name): _stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
    return {pid: fields for pid, fields in found.items() if fields and fields[0] not in "ZX"}


def _members(leaders: Iterable[int]) -> list[int]:
    """The living processes of these process groups, leaders first, so that nobody starts a successor."""
    wanted = list(leaders)
    found = [pid for pid, fields in _processes().items() if int(fields[2]) in wanted]
    return sorted(found, key=lambda pid: (pid not in wanted, pid))


def _children(parent: int) -> list[int]:
    return [pid for pid, fields in _processes().items() if int(fields[1]) == parent]
