"""Places at which the tests of faults stop or kill a process on purpose. Nothing happens in a real installation.

`CLEARHOLD_FAILPOINTS` names a directory; a system check refuses it in production. A process that reaches the point `name` while
that directory holds a file `name` takes the file away, so that one file is one fault, and does what the file says: `kill` (as
`kill -9`), `stop` (as Ctrl-Z, until somebody goes on), `raise`, or `sleep SECONDS`. A second word limits it to one subject:
`kill 4711`. What was done is left in `name.reached`, one line with the process number, so that a test can prove it.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Final

VARIABLE: Final = "CLEARHOLD_FAILPOINTS"


class Reached(RuntimeError):
    """Raised where a test asked for it."""


def _directory() -> Path | None:
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named and os.environ.get("CLEARHOLD_ENV", "demo") != "production" else None


_DIRECTORY: Final = _directory()


def reach(name: str, subject: object = "") -> None:
    """A named place in the code. Costs one comparison unless the variable is set. Raises Reached when asked to."""
    if _DIRECTORY is not None:
        _act(_DIRECTORY, name, str(subject))


def _act(directory: Path, name: str, subject: str) -> None:
    armed, mine = directory / name, directory / f"{name}.{os.getpid()}.taken"
    try:
        words = armed.read_text().split()
        if not words or (len(words) > 1 and words[0] != "sleep" and words[1] != subject):
            return
        armed.rename(mine)  # of two processes only one takes it
    except FileNotFoundError:
        return
    mine.write_text(f"{os.getpid()} {words[0]} {subject}\n")
    mine.rename(directory / f"{name}.reached")
    if words[0] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif words[0] == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif words[0] == "sleep":
        time.sleep(float(words[1]))
    else:
        raise Reached(f"A test asked for a failure at {name}.")
