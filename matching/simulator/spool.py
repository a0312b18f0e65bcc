"""The bureau's memory: files written with fsync and rename, so that a kill at any instant loses nothing.

accepted/<seq>-<ms>-<digest>.eft   taken in, not yet answered
done/<seq>-<ms>-<digest>.eft       answered; emptied, kept so that the same bytes are known again
outgoing/<seq>-<nn>-<due ms>.eft   answers that are not due yet; they count once their transaction is done
mailbox/<id>.eft                   answers that can be fetched, until they are deleted
taken/<id>                         the last deleted message, so that an id is never given twice
enrolled/<digest>.json             subjects that a retained transaction added
"""

import fcntl
import hashlib
import heapq
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_FOLDERS = ("accepted", "done", "outgoing", "mailbox", "taken", "enrolled")


@dataclass(frozen=True, slots=True)
class Transaction:
    """A submission as taken in. Its sequence number and instant survive restarts."""

    sequence: int
    accepted_ms: int
    digest: str

    @property
    def name(self) -> str:
        return f"{self.sequence:09d}-{self.accepted_ms}-{self.digest}.eft"

    @property
    def control_number(self) -> str:
        return control_number(self.digest)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer and the instant from which it can be fetched."""

    due_ms: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    id: int
    sha256: str


def control_number(digest: str) -> str:
    """Made from the bytes alone: the same bytes always get the same number."""
    return f"SB{digest[:18].upper()}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class SpoolInUse(Exception):
    """Another simulator works on this directory."""


class Spool:
    """Safe to use from several threads of one process; the directory is locked against other processes."""

    def __init__(self, directory: Path, *, clock: Callable[[], int] = now_ms) -> None:
        self._root = directory
        self._clock = clock
        self._guard = threading.RLock()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in _FOLDERS:
            (directory / folder).mkdir(mode=0o700, exist_ok=True)
        self._lock = _lock(directory / "lock")
        self._load()

    def close(self) -> None:
        self._lock.close()

    # Submissions

    def accept(self, content: bytes) -> tuple[Transaction, bool]:
        """Store a submission for good; True when the same bytes were taken in before."""
        digest = hashlib.sha256(content).hexdigest()
        with self._guard:
            known = self._by_digest.get(digest)
            if known is not None:
                return known, True
            transaction = Transaction(self._next_sequence, self._clock(), digest)
            self._next_sequence += 1
            self._write("accepted", transaction.name, content)
            self._sync("accepted")
            self._by_digest[digest] = transaction
            self._open[transaction.sequence] = transaction
            return transaction, False

    def next_open(self) -> Transaction | None:
        """The oldest submission that has no answers yet."""
        with self._guard:
            return self._open[min(self._open)] if self._open else None

    def content(self, transaction: Transaction) -> bytes:
        return (self._root / "accepted" / transaction.name).read_bytes()

    def settle(self, transaction: Transaction, answers: Sequence[Outgoing]) -> None:
        """Store all answers of a submission. Interrupted anywhere, it is done again with the same names."""
        names = [
            f"{transaction.sequence:09d}-{place:02d}-{item.due_ms}.eft" for place, item in enumerate(answers)
        ]
        with self._guard:
            for name, item in zip(names, answers, strict=True):
                self._write("outgoing", name, item.content)
            self._sync("outgoing")
            done = self._root / "done" / transaction.name
            os.replace(self._root / "accepted" / transaction.name, done)
            self._sync("done")
            os.truncate(done, 0)
            self._open.pop(transaction.sequence, None)
            for name, item in zip(names, answers, strict=True):
                heapq.heappush(self._due, (item.due_ms, name))

    # Mailbox

    def waiting(self, *, after: int, limit: int) -> list[Waiting]:
        """Messages with an id above `after`, in order, those now due included."""
        with self._guard:
            self._release_due()
            numbers = sorted(number for number in self._mailbox if number > after)[:limit]
            return [Waiting(number, self._mailbox[number]) for number in numbers]

    def message(self, number: int) -> bytes | None:
        with self._guard:
            if number not in self._mailbox:
                return None
            return (self._root / "mailbox" / f"{number}.eft").read_bytes()

    def delete(self, number: int) -> None:
        """Remove a message; deleting again changes nothing."""
        with self._guard:
            if self._mailbox.pop(number, None) is None:
                return
            path = self._root / "mailbox" / f"{number}.eft"
            if number + 1 < self._next_id:
                path.unlink()
                return
            marker = self._root / "taken" / str(number)
            os.replace(path, marker)
            os.truncate(marker, 0)
            for other in (self._root / "taken").iterdir():
                if other != marker:
                    other.unlink()

    # Enrolment

    def enrol(self, digest: str, document: bytes) -> None:
        with self._guard:
            self._write("enrolled", f"{digest}.json", document)
            self._sync("enrolled")

    def enrolled(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self._root / "enrolled").glob("*.json"))]

    # Files

    def _release_due(self) -> None:
        now, is_changed = self._clock(), False
        while self._due and self._due[0][0] <= now:
            is_changed = True
            source = self._root / "outgoing" / self._due[0][1]
            digest = hashlib.sha256(source.read_bytes()).hexdigest()
            os.replace(source, self._root / "mailbox" / f"{self._next_id}.eft")
            self._mailbox[self._next_id] = digest
            self._next_id += 1
            heapq.heappop(self._due)
        if is_changed:
            self._sync("mailbox")

    def _load(self) -> None:
        for folder in _FOLDERS:
            for stray in (self._root / folder).glob(".*"):
                stray.unlink()
        done = [_parse(path.name) for path in (self._root / "done").iterdir()]
        opened = [_parse(path.name) for path in (self._root / "accepted").iterdir()]
        for path in (self._root / "done").iterdir():
            os.truncate(path, 0)
        self._by_digest = {item.digest: item for item in (*done, *opened)}
        self._open = {item.sequence: item for item in opened}
        self._next_sequence = 1 + max((item.sequence for item in self._by_digest.values()), default=0)
        self._due: list[tuple[int, str]] = []
        settled = {item.sequence for item in done}
        for path in (self._root / "outgoing").iterdir():
            sequence, _, due = path.stem.split("-")
            if int(sequence) in settled:
                self._due.append((int(due), path.name))
            else:
                path.unlink()
        heapq.heapify(self._due)
        self._mailbox = {
            int(path.stem): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (self._root / "mailbox").iterdir()
        }
        taken = [int(path.name) for path in (self._root / "taken").iterdir()]
        self._next_id = 1 + max([*self._mailbox, *taken], default=0)

    def _write(self, folder: str, name: str, content: bytes) -> None:
        temporary = self._root / folder / f".{name}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._root / folder / name)

    def _sync(self, folder: str) -> None:
        descriptor = os.open(self._root / folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _parse(name: str) -> Transaction:
    sequence, accepted, digest = name.removesuffix(".eft").split("-")
    return Transaction(int(sequence), int(accepted), digest)


def _lock(path: Path) -> IO[bytes]:
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise SpoolInUse(f"Another simulator works on {path.parent}; stop it first.") from None
    return file
