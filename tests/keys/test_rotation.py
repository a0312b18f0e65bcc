"""Rotation loses nothing, also when it is killed or people book meanwhile; erasure is for good and can be proved."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from audit.keys import envelope, services, status
from audit.keys.envelope import unwrapped
from audit.keys.errors import Erased, KeysError, KeyUnavailable
from audit.keys.models import DataKey
from audit.models import Event
from tests.actors import Cast
from tests.keys.conftest import write_key


def sealed(count: int, purpose: str = "document") -> dict[str, bytes]:
    """`count` blobs by context, each with a data key of its own."""
    return {
        f"t.c:{key.public_id}": envelope.encrypt(key.public_id.bytes, key=key, context=f"t.c:{key.public_id}")
        for key in envelope.new_keys(purpose, count)
    }


def all_open(blobs: dict[str, bytes]) -> bool:
    unwrapped.clear()
    opened = envelope.decrypt_each(blobs)
    return all(isinstance(value, bytes) and len(value) == 16 for value in opened.values())


def test_rotation_moves_every_key_and_the_old_one_is_no_longer_needed(key_place: Path, db: None) -> None:
    blobs = sealed(25)
    before = dict(blobs)
    write_key(key_place, "two")

    moved: list[int] = []
    assert services.rotate("two", moved=moved.append, batch=10) == 25

    (key_place / "one.key").unlink()
    assert moved == [10, 10, 5]
    assert (services.left("two"), all_open(blobs), blobs) == (0, True, before)
    assert envelope.new_key("document").kek_id == "two"
    assert Event.objects.filter(action="keys.rotated").count() == 3


def test_rotation_to_a_key_that_is_not_there_changes_nothing(key_place: Path, db: None) -> None:
    blobs = sealed(2)

    with pytest.raises(KeyUnavailable, match=r"'three' was looked for in"):
        services.rotate("three")

    assert (envelope.new_key("document").kek_id, all_open(blobs)) == ("one", True)


def test_a_current_key_that_is_set_elsewhere_is_not_passed_over(key_place: Path, settings, db: None) -> None:
    settings.KEY_CURRENT = "one"
    write_key(key_place, "two")

    with pytest.raises(KeyUnavailable, match="CLEARHOLD_KEY_CURRENT"):
        services.rotate("two")


def test_the_command_makes_a_key_moves_everything_and_says_so(key_place: Path, db: None, capsys) -> None:
    blobs = sealed(3)

    call_command("rotate_keys", "--new")

    said = capsys.readouterr().out
    assert "3 data keys moved to 'kek-" in said
    assert "No data key needs an older key-encryption key any more" in said
    (key_place / "one.key").unlink()
    assert all_open(blobs)


@pytest.mark.slow
def test_rotation_killed_in_the_middle_goes_on_and_loses_nothing(
    key_place: Path, transactional_db: None, capsys
) -> None:
    total = 2000
    blobs = sealed(total)
    write_key(key_place, "two")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "rotate_keys", "--to", "two", "--batch", "20"],
        cwd=django_settings.BASE_DIR,
        env=os.environ
        | {
            "CLEARHOLD_ROLE": "owner",
            "CLEARHOLD_KEY_DIRECTORY": str(key_place),
            "DATABASE_URL_OWNER": database_url(),
        },
        stdout=subprocess.DEVNULL,
    )
    wait_until_some_moved(process, total)
    process.send_signal(signal.SIGKILL)

    assert process.wait(30) == -signal.SIGKILL
    rest = services.left("two")
    assert 0 < rest < total
    assert all_open(blobs)
    booked_meanwhile = sealed(1)
    call_command("rotate_keys", "--to", "two")
    assert f"{rest} data keys moved to 'two'" in capsys.readouterr().out
    (key_place / "one.key").unlink()
    assert (services.left("two"), DataKey.objects.count()) == (0, total + 1)
    assert all_open(blobs | booked_meanwhile)


def database_url() -> str:
    """The URL of this test's database, for a process of its own."""
    found = connection.settings_dict
    return (
        f"postgresql://{found['USER']}:{found['PASSWORD']}@:{found['PORT']}/{found['NAME']}"
        f"?host={found['HOST'] or found['OPTIONS'].get('host', '')}"
    )


def wait_until_some_moved(process: subprocess.Popen[bytes], total: int) -> None:
    deadline = time.monotonic() + 90
    while services.left("two") == total:
        assert process.poll() is None, "the rotation ended before it had moved anything"
        assert time.monotonic() < deadline, "the rotation moved nothing in 90 s"
        time.sleep(0.005)


def test_people_book_while_keys_are_rotated(key_place: Path, transactional_db: None) -> None:
    blobs = sealed(300)
    write_key(key_place, "two")
    booked: dict[str, bytes] = {}
    stop = threading.Event()

    def book() -> None:
        try:
            while not stop.is_set():
                booked.update(sealed(1))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=book) for _ in range(3)]
    for thread in threads:
        thread.start()
    services.rotate("two", batch=20)
    stop.set()
    for thread in threads:
        thread.join()
    services.rotate("two")

    (key_place / "one.key").unlink()
    assert booked
    assert services.left("two") == 0
    assert all_open(blobs | booked)


def test_an_erased_key_is_gone_for_every_process_at_once_and_stays_gone(key_place: Path, cast: Cast) -> None:
    key = envelope.new_key("document")
    blob = envelope.encrypt(b"ridges", key=key, context="t.c:1")
    assert envelope.decrypt(blob, context="t.c:1") == b"ridges"

    services.erase(key, actor=cast.actor("supervisor"), reason="Expunged by order 7")
    services.erase(key, actor=cast.actor("supervisor"), reason="Expunged by order 7")

    with pytest.raises(Erased, match="This record was erased on"):
        envelope.decrypt(blob, context="t.c:1")
    with pytest.raises(Erased):
        envelope.encrypt(b"more", key=key, context="t.c:1")
    assert Event.objects.filter(action="keys.erased").count() == 1
    write_key(key_place, "two")
    services.rotate("two")
    assert DataKey.objects.get(pk=key.pk).wrapped is None


def test_an_erasure_needs_a_reason(key_place: Path, cast: Cast) -> None:
    key = envelope.new_key("document")

    with pytest.raises(KeysError, match="needs a reason"):
        services.erase(key, actor=cast.actor("supervisor"), reason="  ")

    assert DataKey.objects.get(pk=key.pk).wrapped is not None


def test_the_status_finds_a_copy_of_an_erased_key(key_place: Path, cast: Cast, capsys) -> None:
    key = envelope.new_key("document")
    kept = bytes(key.wrapped)
    services.erase(key, actor=cast.actor("supervisor"), reason="order")

    call_command("keys_status")
    assert "1 erased keys looked for in every bytea column: 0 copies found" in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten_copy (bytes bytea)")
        cursor.execute("INSERT INTO forgotten_copy VALUES (%s)", [kept])

    assert status.copies_of_erased() == (1, ["forgotten_copy.bytes"])
    with pytest.raises(CommandError, match=r"A copy of an erased key is in forgotten_copy\.bytes"):
        call_command("keys_status")


def test_the_status_names_a_key_that_is_missing(key_place: Path, db: None) -> None:
    sealed(2)
    write_key(key_place, "two")
    (key_place / "current").write_text("two\n")
    (key_place / "one.key").unlink()

    with pytest.raises(CommandError, match="'one' was looked for"):
        call_command("keys_status")


def as_role(role: str, sql: str, *values: object) -> None:
    """One statement as a database role, undone afterwards."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(sql, values)
        transaction.set_rollback(True)


def test_web_may_erase_a_key_and_nothing_else_workers_not_even_that(key_place: Path, db: None) -> None:
    key = envelope.new_key("document")
    erasing = "UPDATE keys_datakey SET wrapped = NULL, erased_at = now() WHERE id = %s"

    as_role("clearhold_web", erasing, key.pk)

    with pytest.raises(DatabaseError, match="another key only"):
        as_role("clearhold_web", "UPDATE keys_datakey SET wrapped = 'x' WHERE id = %s", key.pk)
    for role, sql in (
        ("clearhold_web", "UPDATE keys_datakey SET kek_id = 'two', wrapped = 'x' WHERE id = %s"),
        ("clearhold_web", "DELETE FROM keys_datakey WHERE id = %s"),
        ("clearhold_worker", erasing),
        ("clearhold_oversight", "SELECT FROM keys_datakey WHERE id = %s"),
    ):
        with pytest.raises(DatabaseError, match="permission denied"):
            as_role(role, sql, key.pk)
