"""A ledger to test with: events and accesses written by other connections, sealed, exported and checked."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

from django.core.management import call_command
from django.db import connection, transaction

from accounts.actors import system
from audit import record
from audit.events import LEDGER_RESOLVED
from audit.ledger import lag, seal_due
from audit.models import Seal
from audit.record import Ref

AGENCY = UUID(int=7)
TOOL = Path(__file__).resolve().parents[3] / "tools" / "verify_ledger.py"
SECRET_WORDS = "Quetzalovich asked for it"


def write_event(reason: str = "", **facts: Any) -> Any:
    """One event in the running transaction."""
    return record.event(
        LEDGER_RESOLVED,
        actor=system("clock"),
        subject=Ref("case", uuid4()),
        occurred_at=datetime(2026, 3, 19, 14, tzinfo=UTC),
        case=uuid4(),
        agency=AGENCY,
        reason=reason,
        changed=["state", "deadline_at"],
        facts={"rule": "8cfr287.7d", "deadline_at": "2026-03-21T14:00:00+00:00", **facts},
    )


def write_access(purpose: str = "") -> Any:
    """One look in the running transaction."""
    return record.access(
        "case.opened",
        actor=system("clock"),
        objects=[uuid4()],
        object_type="case",
        purpose=purpose,
        query="name",
    )


def write(count: int = 1) -> None:
    """Events, and an access for every third, each in a transaction of its own."""
    for n in range(count):
        with transaction.atomic():
            write_event(SECRET_WORDS, n=n)
        if n % 3 == 0:
            write_access(SECRET_WORDS)


def seal_all(enough: int = 0) -> int:
    """Seal until nothing settled or unsettled waits: other databases of the same server may hold transactions open."""
    give_up, total = monotonic() + 60, 0
    while lag().held_back is not None:
        total += seal_due()
        if monotonic() > give_up:
            raise AssertionError(f"rows were not sealed in a minute: {lag()}")
        sleep(0.01)
    assert total >= enough
    return total


def sealed_rows() -> list[tuple[int, str, int]]:
    return list(Seal.objects.order_by("seq").values_list("seq", "kind", "row_id"))


@contextmanager
def elsewhere(work: Callable[[], object]) -> Iterator[Signal]:
    """Run `work` in a transaction of another connection and hold it open until the signal, or the end of the block."""
    has_worked, may_end, errors = Signal(), Signal(), []

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                has_worked.set()
                may_end.wait(30)
        except Exception as error:  # noqa: BLE001 - handed to the test
            errors.append(error)
        finally:
            has_worked.set()
            connection.close()

    thread = Thread(target=run)
    thread.start()
    assert has_worked.wait(30)
    try:
        yield may_end
    finally:
        may_end.set()
        thread.join()
    assert not errors, errors


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run several at once, each with a connection of its own, and return what they gave."""
    results: list[Any] = [None] * len(works)
    ready = Signal()

    def run(n: int) -> None:
        try:
            ready.wait(10)
            results[n] = works[n]()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    ready.set()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def superuser() -> Iterator[Any]:
    """Do as somebody does who owns the database and has switched the triggers off."""
    tables = ("event", "access", "seal", "sealnode", "ledgerroot", "ledgerepoch")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE audit_{table} DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE audit_{table} ENABLE TRIGGER USER")


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def export(folder: Path, *arguments: str) -> Path:
    path = folder / "ledger.jsonl"
    path.unlink(missing_ok=True)
    command("export_ledger", "--output", str(path), *arguments)
    return path


def key_file(folder: Path) -> Path:
    path = folder / "key.pem"
    path.write_text(command("ledger_key"))
    return path


def root_file(folder: Path) -> Path:
    """A root signed now, as a file that an auditor keeps."""
    text = command("seal_root")
    path = folder / f"root-{json.loads(text)['number']:08d}.json"
    path.write_text(text)
    return path


def tool(*arguments: Any) -> tuple[int, str]:
    """The stand-alone verifier in a process that cannot see Clearhold. Returns exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-I", str(TOOL), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd="/",
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr
