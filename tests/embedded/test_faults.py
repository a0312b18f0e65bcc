"""What happens when servers are killed, files lost or strangers in the way: nothing committed is lost."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import redis

from config.embedded import connection_info
from config.embedded.cluster import is_postmaster
from config.embedded.processes import command_line, wait_until
from tests.embedded.conftest import Checkout, as_user, own_name


def kill(pid: int) -> None:
    """Kill a server and make sure that it is gone."""
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not command_line(pid), seconds=10)


def write_rows(checkout: Checkout, count: int) -> None:
    with checkout.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        for number in range(count):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])


def rows(checkout: Checkout) -> int:
    with checkout.connect() as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_rows_committed_before_a_kill_are_there_after_the_next_start(checkout: Checkout) -> None:
    checkout.start()
    write_rows(checkout, 100)
    with checkout.connect() as open_session:
        open_session.execute("SELECT pg_backend_pid()")
        kill(checkout.status()["postgres"]["pid"])

        done = checkout.run("start")

    assert done.returncode == 0, done.stderr
    assert "PostgreSQL started." in done.stdout
    assert rows(checkout) == 100


def test_messages_taken_before_a_kill_are_there_after_the_next_start(checkout: Checkout) -> None:
    checkout.start()
    info = connection_info(checkout.root)
    assert info is not None
    with redis.Redis.from_url(info["cache_url"]) as client:
        for number in range(50):
            client.rpush("queue", number)
        kill(checkout.status()["valkey"]["pid"])

        checkout.start()

        assert client.llen("queue") == 50


def test_a_process_id_that_a_stranger_took_over_does_not_stop_the_start(checkout: Checkout) -> None:
    checkout.start()
    write_rows(checkout, 1)
    kill(checkout.status()["postgres"]["pid"])
    servers = ["setpriv", *as_user("nobody" if checkout.user == "root" else checkout.user), "--"]
    stranger = subprocess.Popen([*(servers if os.geteuid() == 0 else []), "sleep", "60"])
    try:
        for lock in (
            checkout.layout.cluster / "postmaster.pid",
            Path(f"{checkout.layout.postgres_socket}.lock"),
        ):
            lines = lock.read_text().splitlines(keepends=True)
            lock.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        assert not checkout.status()["postgres"]["running"]

        done = checkout.run("start")

        assert done.returncode == 0, done.stderr
        assert rows(checkout) == 1
        assert stranger.poll() is None
        assert checkout.run("stop").returncode == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_clean_stop_waits_and_data_stay(checkout: Checkout) -> None:
    checkout.start()
    write_rows(checkout, 3)
    pids = [checkout.status()[server]["pid"] for server in ("postgres", "valkey")]

    done = checkout.run("stop")

    assert done.returncode == 0, done.stderr
    assert [command_line(pid) for pid in pids] == [[], []]
    assert checkout.run("status").returncode == 3
    checkout.start()
    assert rows(checkout) == 3


def test_a_failed_start_prints_the_end_of_the_log(checkout: Checkout) -> None:
    checkout.start()
    checkout.run("stop")
    (checkout.layout.cluster / "local.conf").write_text("max_connections = 'as many as come'\n")
    os.chmod(checkout.layout.cluster / "local.conf", 0o644)

    began = time.monotonic()
    done = checkout.run("start")

    assert done.returncode == 1
    assert "PostgreSQL did not start" in done.stderr
    assert 'invalid value for parameter "max_connections"' in done.stderr
    assert len(done.stderr.splitlines()) <= 22
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 5


def test_a_set_up_that_was_cut_short_is_finished_by_the_next_start(checkout: Checkout) -> None:
    checkout.start()
    write_rows(checkout, 2)
    checkout.run("stop")
    checkout.layout.marker.unlink()
    (checkout.layout.home / "postgres.new").mkdir()
    assert connection_info(checkout.root) is None

    checkout.start()

    assert rows(checkout) == 2


@pytest.mark.parametrize("while_running", [True, False])
def test_lost_passwords_are_replaced_and_rows_stay(checkout: Checkout, while_running: bool) -> None:
    checkout.start()
    write_rows(checkout, 2)
    if not while_running:
        checkout.run("stop")
    checkout.layout.secrets.unlink()

    checkout.start()

    assert rows(checkout) == 2


def test_starts_at_the_same_moment_make_one_server(checkout: Checkout) -> None:
    starts = [
        subprocess.Popen(
            checkout.command("start"), cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]

    said = [process.communicate()[0] for process in starts]

    assert [process.returncode for process in starts] == [0, 0, 0]
    assert sum("PostgreSQL started." in text for text in said) == 1
    assert sum("PostgreSQL was already running." in text for text in said) == 2


def test_a_moved_checkout_still_finds_its_running_server(checkout: Checkout) -> None:
    if checkout.user == "root":
        pytest.skip("what root runs is kept under the path of the checkout")
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
        moved.run("remove", "--yes")
        assert own_name()
