"""The bureau's memory: files written with fsync and rename, so that a kill at any instant loses nothing.

accepted/<seq>-<ms>-<digest>   submissions that have no answers yet
done/<seq>-<ms>-<digest>       answered submissions, emptied; kept so that the same bytes are known again
answers/<seq>.json             all answers of one submission; its appearance is the instant of settlement
mailbox/<id>-<seq>-<place>     an answer that can be fetched; empty, the contents are in answers/
taken/<id>-<seq>-<place>       a deleted message, until all of its submission are; the highest id stays
enrolled/<digest>.json         subjects that a retained submission added
"""

import base64
import fcntl
import hashlib
import heapq
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

MOST_FRESH = 32
"""Submissions kept in memory until they are answered, so that they need not be read again."""
_FOLDERS = ("accepted", "done", "answers", "mailbox", "taken", "enrolled")


@dataclass(frozen=True, slots=True)
class Transaction:
    """A submission as taken in. Its sequence number and instant survive restarts."""

    sequence: int
    accepted_ms: int
    digest: str

    @property
    def name(self) -> str:
        return f"{self.sequence:09d}-{self.accepted_ms}-{self.digest}"

    @property
    def control_number(self) -> str:
        """Made from the bytes alone: the same bytes always get the same number."""
        return f"SB{self.digest[:18].upper()}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer and the instant from which it can be fetched."""

    due_ms: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    id: int
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Message:
    id: int
    sequence: int
    place: int

    @property
    def name(self) -> str:
        return f"{self.id}-{self.sequence}-{self.place}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class SpoolInUse(Exception):
    """Another simulator works on this directory."""


class Spool:
    """Safe to use from several threads of one process; the directory is locked against other processes."""

    def __init__(self, directory: Path, *, clock: Callable[[], int] = now_ms) -> None:
        self._root = directory
        self._clock = clock
        self._guard = threading.Condition(threading.RLock())
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in _FOLDERS:
            (directory / folder).mkdir(mode=0o700, exist_ok=True)
        self._lock = _lock(directory / "lock")
        self._writing: set[str] = set()
        self._fresh: dict[int, bytes] = {}
        self._spent: list[_Message] = []
        self._answers: dict[int, list[Outgoing]] = {}
        self._due: list[tuple[int, int, int]] = []
        self._load_submissions()
        self._load_answers()

    def close(self) -> None:
        self._lock.close()

    # Submissions

    def accept(self, content: bytes, *, digest: str | None = None) -> tuple[Transaction, bool]:
        """Store a submission for good; True when the same bytes were taken in before. `digest` where it is known already."""
        digest = digest or hashlib.sha256(content).hexdigest()
        with self._guard:
            while digest in self._writing:
                self._guard.wait()
            known = self._by_digest.get(digest)
            if known is not None:
                return known, True
            self._writing.add(digest)
            transaction = Transaction(self._next_sequence, self._clock(), digest)
            self._next_sequence += 1
        try:
            self._write("accepted", transaction.name, content)
            with self._guard:
                self._by_digest[digest] = transaction
                if len(self._fresh) < MOST_FRESH:
                    self._fresh[transaction.sequence] = content
                self._open[transaction.sequence] = transaction
        finally:
            with self._guard:
                self._writing.discard(digest)
                self._guard.notify_all()
        return transaction, False

    def next_open(self) -> Transaction | None:
        """The oldest submission that has no answers yet."""
        with self._guard:
            return self._open[min(self._open)] if self._open else None

    def content(self, transaction: Transaction) -> bytes:
        fresh = self._fresh.get(transaction.sequence)
        return (self._root / "accepted" / transaction.name).read_bytes() if fresh is None else fresh

    def settle(self, transaction: Transaction, answers: Sequence[Outgoing]) -> None:
        """Store all answers of a submission at once; interrupted before that, it is settled again."""
        document = [[item.due_ms, base64.b64encode(item.content).decode()] for item in answers]
        self._write("answers", f"{transaction.sequence}.json", json.dumps(document).encode())
        with self._guard:
            self._finish(transaction)
            self._open.pop(transaction.sequence, None)
            self._fresh.pop(transaction.sequence, None)
            self._answers[transaction.sequence] = list(answers)
            for place, item in enumerate(answers):
                heapq.heappush(self._due, (item.due_ms, transaction.sequence, place))

    # Mailbox

    def waiting(self, *, after: int, limit: int) -> list[Waiting]:
        """Messages with an id above `after`, in order, those now due included."""
        with self._guard:
            self._release_due()
            numbers = sorted(number for number in self._mailbox if number > after)[:limit]
            contents = [(number, self._content(number)) for number in numbers]
        return [Waiting(number, hashlib.sha256(text).hexdigest(), text) for number, text in contents]

    def message(self, number: int) -> bytes | None:
        with self._guard:
            return self._content(number) if number in self._mailbox else None

    def delete(self, number: int) -> None:
        """Remove a message; deleting again changes nothing."""
        with self._guard:
            message = self._mailbox.pop(number, None)
            if message is None:
                return
            os.replace(self._root / "mailbox" / message.name, self._root / "taken" / message.name)
            taken = self._taken.setdefault(message.sequence, [])
            taken.append(message)
            if len(taken) == len(self._answers[message.sequence]):
                self._forget(message.sequence)

    # Enrolment

    def enrol(self, digest: str, document: bytes) -> None:
        self._write("enrolled", f"{digest}.json", document)

    def enrolled(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self._root / "enrolled").glob("*.json"))]

    # Inside

    def _content(self, number: int) -> bytes:
        message = self._mailbox[number]
        return self._answers[message.sequence][message.place].content

    def _release_due(self) -> None:
        """Give due answers their ids. An id shows in a file name, so one fsync of the folder keeps all."""
        now, is_changed = self._clock(), False
        while self._due and self._due[0][0] <= now:
            _, sequence, place = heapq.heappop(self._due)
            message = _Message(self._next_id, sequence, place)
            (self._root / "mailbox" / message.name).touch(mode=0o600)
            self._mailbox[message.id] = message
            self._next_id += 1
            is_changed = True
        if is_changed:
            self._sync("mailbox")

    def _forget(self, sequence: int) -> None:
        """All answers of a submission were deleted: drop their contents, keep the highest id ever given."""
        (self._root / "answers" / f"{sequence}.json").unlink(missing_ok=True)
        del self._answers[sequence]
        spent = [*self._spent, *self._taken.pop(sequence, [])]
        self._spent = [message for message in spent if message.id + 1 == self._next_id]
        for message in spent:
            if message not in self._spent:
                (self._root / "taken" / message.name).unlink(missing_ok=True)

    def _finish(self, transaction: Transaction) -> None:
        done = self._root / "done" / transaction.name
        os.replace(self._root / "accepted" / transaction.name, done)
        os.truncate(done, 0)

    def _load_submissions(self) -> None:
        for folder in _FOLDERS:
            for stray in (self._root / folder).glob(".*"):
                stray.unlink()
        settled = {int(path.stem) for path in (self._root / "answers").iterdir()}
        opened = [_transaction(path.name) for path in (self._root / "accepted").iterdir()]
        for transaction in opened:
            if transaction.sequence in settled:
                self._finish(transaction)
        done = [_transaction(path.name) for path in (self._root / "done").iterdir()]
        for transaction in done:
            os.truncate(self._root / "done" / transaction.name, 0)
        self._open = {item.sequence: item for item in opened if item.sequence not in settled}
        self._by_digest = {item.digest: item for item in (*done, *self._open.values())}
        self._next_sequence = 1 + max((item.sequence for item in self._by_digest.values()), default=0)

    def _load_answers(self) -> None:
        for path in (self._root / "answers").iterdir():
            items = json.loads(path.read_bytes())
            self._answers[int(path.stem)] = [Outgoing(due, base64.b64decode(text)) for due, text in items]
        mailbox = [_message(path.name) for path in (self._root / "mailbox").iterdir()]
        taken = [_message(path.name) for path in (self._root / "taken").iterdir()]
        self._mailbox = {message.id: message for message in mailbox}
        self._taken: dict[int, list[_Message]] = {}
        self._next_id = 1 + max((message.id for message in (*mailbox, *taken)), default=0)
        self._spent = [message for message in taken if message.sequence not in self._answers]
        for message in taken:
            if message.sequence in self._answers:
                self._taken.setdefault(message.sequence, []).append(message)
        released = {(message.sequence, message.place) for message in (*mailbox, *taken)}
        for sequence, answers in self._answers.items():
            for place, item in enumerate(answers):
                if (sequence, place) not in released:
                    heapq.heappush(self._due, (item.due_ms, sequence, place))

    def _write(self, folder: str, name: str, content: bytes) -> None:
        temporary = self._root / folder / f".{name}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._root / folder / name)
        self._sync(folder)

    def _sync(self, folder: str) -> None:
        descriptor = os.open(self._root / folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _transaction(name: str) -> Transaction:
    sequence, accepted, digest = name.split("-")
    return Transaction(int(sequence), int(accepted), digest)


def _message(name: str) -> _Message:
    return _Message(*map(int, name.split("-")))


def _lock(path: Path) -> IO[bytes]:
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise SpoolInUse(f"Another simulator works on {path.parent}; stop it first.") from None
    return file
