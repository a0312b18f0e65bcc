"""The watchdog itself: a thread of each web process that takes the pulse every few seconds and keeps what it saw.

It runs beside the web server because that is what people have open: beat, broker and workers may all be dead.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from desk.watchdog import incidents, pulse, signs
from desk.watchdog.signs import Sign

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Look:
    """What the watchdog last saw in this process."""

    late: tuple[Sign, ...]
    monotonic: float
    database_answers: bool

    @property
    def is_stale(self) -> bool:
        """Whether the watchdog has not looked for so long that it must be dead or stuck."""
        return time.monotonic() - self.monotonic > 4 * settings.WATCHDOG_SECONDS + 5


_state: dict[str, Look] = {}
_lock = threading.Lock()


def latest() -> Look | None:
    """The last look of this process's watchdog; None where none was started (commands, tests)."""
    return _state.get("look")


def look() -> Look:
    """Take the pulse once, settle the incidents, tell whom to tell, and keep what was seen."""
    try:
        found = signs.read(pulse.take())
        seen = Look(tuple(sign for sign in found if sign.is_late), time.monotonic(), True)
        _state["look"] = seen
        incidents.settle(found)
        incidents.tell()
    except DatabaseError as error:
        log.error("watchdog_without_database", error=type(error).__name__)
        seen = _state["look"] = Look((), time.monotonic(), False)
    return seen


def start() -> None:
    """Start the thread, once in each process. `WATCHDOG_SECONDS=0` leaves it out."""
    with _lock:
        if settings.WATCHDOG_SECONDS <= 0 or "look" in _state:
            return
        _state["look"] = Look((), time.monotonic(), True)
    threading.Thread(target=_run, name="watchdog", daemon=True).start()


def _run() -> None:
    while True:
        try:
            look()
        except (
            Exception
        ):  # the watchdog must outlive whatever it meets; what it met is in the log with its trace
            log.exception("watchdog_failed")
        finally:
            connection.close()
        time.sleep(settings.WATCHDOG_SECONDS)
