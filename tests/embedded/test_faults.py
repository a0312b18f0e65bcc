"""What happens when servers are killed, files lost or strangers in the way: nothing committed is lost."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import redis

from config.embedded import connection_info
from config.embedded.cluster import is_postmaster
from config.embedded.processes import command_line, wait_until
from tests.embedded.conftest import REPOSITORY, Checkout, NewCheckout, as_user


def kill(pid: int) -> None:
    """Kill a server and make sure that it is gone."""
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not command_line(pid), seconds=10)


def write_rows(checkout: Checkout, count: int) -> None:
    with checkout.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (n integer)")
        for number in range(count):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])


def rows(checkout: Checkout) -> int:
    with checkout.connect() as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_rows_committed_before_a_kill_are_there_after_the_next_start(running: Checkout) -> None:
    write_rows(running, 100)
    with running.connect() as open_session:
        open_session.execute("SELECT pg_backend_pid()")
        kill(running.status()["postgres"]["pid"])

        done = running.run("start")

    assert done.returncode == 0, done.stderr
    assert "PostgreSQL started." in done.stdout
    assert rows(running) == 100


def test_messages_taken_before_a_kill_are_there_after_the_next_start(running: Checkout) -> None:
    info = connection_info(running.root)
    assert info is not None
    with redis.Redis.from_url(info["cache_url"]) as client:
        for number in range(50):
            client.rpush("kept", number)
        kill(running.status()["valkey"]["pid"])

        running.start()

        assert client.llen("kept") == 50


def test_a_process_id_that_a_stranger_took_over_does_not_stop_the_start(running: Checkout) -> None:
    write_rows(running, 1)
    kill(running.status()["postgres"]["pid"])
    servers = ["setpriv", *as_user("nobody" if running.user == "root" else running.user), "--"]
    stranger = subprocess.Popen([*(servers if os.geteuid() == 0 else []), "sleep", "60"])
    try:
        for lock in (
            running.layout.cluster / "postmaster.pid",
            Path(f"{running.layout.postgres_socket}.lock"),
        ):
            lines = lock.read_text().splitlines(keepends=True)
            lock.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        assert not running.status()["postgres"]["running"]

        done = running.run("start")

        assert done.returncode == 0, done.stderr
        assert rows(running) == 1
        assert stranger.poll() is None
        assert running.run("stop").returncode == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_clean_stop_waits_and_data_stay(running: Checkout) -> None:
    write_rows(running, 3)
    pids = [running.status()[server]["pid"] for server in ("postgres", "valkey")]

    done = running.run("stop")

    assert done.returncode == 0, done.stderr
    assert [command_line(pid) for pid in pids] == [[], []]
    assert running.run("status").returncode == 3
    running.start()
    assert rows(running) == 3


def test_a_failed_start_prints_the_end_of_the_log(running: Checkout) -> None:
    running.run("stop")
    (running.layout.cluster / "local.conf").write_text("max_connections = 'as many as come'\n")
    (running.layout.cluster / "local.conf").chmod(0o644)

    done = running.run("start")
    (running.layout.cluster / "local.conf").unlink()

    assert done.returncode == 1
    assert "PostgreSQL did not start" in done.stderr
    assert done.stderr.count('invalid value for parameter "max_connections"') == 1, "it was tried again"
    assert len(done.stderr.splitlines()) <= 22
    assert "Traceback" not in done.stderr


def test_a_set_up_that_was_cut_short_is_finished_by_the_next_start(running: Checkout) -> None:
    write_rows(running, 2)
    running.run("stop")
    running.layout.marker.unlink()
    (running.layout.home / "postgres.new").mkdir()
    assert connection_info(running.root) is None

    running.start()

    assert rows(running) == 2


@pytest.mark.parametrize("while_running", [True, False])
def test_lost_passwords_are_replaced_and_rows_stay(running: Checkout, while_running: bool) -> None:
    write_rows(running, 2)
    if not while_running:
        running.run("stop")
    running.layout.secrets.unlink()

    running.start()

    assert rows(running) == 2


def test_first_starts_at_the_same_moment_make_one_server(ordinary: str, new_checkout: NewCheckout) -> None:
    with new_checkout(ordinary) as checkout:
        starts = [
            subprocess.Popen(checkout.command("start"), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]

        said = [process.communicate()[0] for process in starts]

        assert [process.returncode for process in starts] == [0, 0, 0]
        assert sum("PostgreSQL started." in text for text in said) == 1
        assert sum("PostgreSQL was already running." in text for text in said) == 2


def test_a_moved_checkout_still_finds_its_running_server(ordinary: str, new_checkout: NewCheckout) -> None:
    with new_checkout(ordinary) as checkout:
        checkout.start()
        write_rows(checkout, 1)
        before = checkout.status()["postgres"]["pid"]
        moved = Checkout(checkout.root.with_name("moved"), checkout.user)

        shutil.move(checkout.root, moved.root)

        try:
            assert moved.status()["postgres"]["pid"] == before
            assert is_postmaster(before, moved.layout)
            assert rows(moved) == 1
        finally:
            shutil.move(moved.root, checkout.root)
