"""Who holds a lease, and whether that worker is certainly gone.

A lease runs out by time whatever happens. Of a worker on this machine we can know sooner: its process is there or it is not.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

LONGEST = 100


def this_process() -> str:
    """Machine, process and when that process began, so that a process number given out again is nobody's lease."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_began(pid)}"[:LONGEST]


def is_certainly_gone(owner: str) -> bool:
    """Whether the owner was a process of this machine that has ended. False whenever that cannot be known."""
    machine, _, process = owner.partition(":")
    number, _, began = process.partition(":")
    if machine != _machine() or not number.isdigit() or not began.isdigit():
        return False
    if not Path("/proc/self/stat").exists():
        return False
    return _began(int(number)) != began


def _machine() -> str:
    """Name of the machine and its set of process numbers: two containers of one name never judge each other's workers."""
    try:
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        space = ""
    return f"{socket.gethostname()[:40]}/{space}"


def _began(pid: int) -> str:
    """Ticks since the machine started at which the process began; empty when there is no such process, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
