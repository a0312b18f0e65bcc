"""Where things lie, side by side with others, and which places and accounts are refused."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import ServiceError, connection_info, secret
from config.embedded.layout import MAXIMUM_SOCKET_PATH, SHORT_DIRECTORIES, checkout_id, layout_of
from config.embedded.programs import installed_version
from tests.embedded.conftest import Checkout, NewCheckout, temporary_checkout, usable_user

LONG_NAME = "a-directory-with-a-rather-long-name/" * 3 + "checkout"


@pytest.fixture(scope="module")
def deep(ordinary: str) -> Iterator[Checkout]:
    with temporary_checkout(ordinary, LONG_NAME) as checkout:
        yield checkout


def test_two_checkouts_side_by_side_do_not_disturb_each_other(
    running: Checkout, new_checkout: NewCheckout
) -> None:
    with running.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS only_here ()")
    before = running.status()
    with new_checkout(running.user) as second:
        second.start()
        with second.connect() as connection:
            found = connection.execute("SELECT to_regclass('only_here')").fetchone()

        second.run("stop")
        second.run("remove", "--yes")

        assert found == (None,)
        assert running.status() == before
        assert not second.layout.state.exists()


def test_nothing_is_set_up_by_asking(anybody: str, new_checkout: NewCheckout) -> None:
    with new_checkout(anybody) as checkout:
        assert connection_info(checkout.root) is None
        assert checkout.run("status").returncode == 3
        assert "Nothing has been set up" in checkout.run("stop").stdout
        assert "python -m config.embedded start" in checkout.run("psql").stderr
        assert list(checkout.root.iterdir()) == []


def test_a_path_with_awkward_letters_works(ordinary: str, new_checkout: NewCheckout) -> None:
    with new_checkout(ordinary, 'it\'s, "odd" größe #1 100%41') as checkout:
        checkout.start()

        with checkout.connect("web") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_long_path_moves_the_sockets_to_a_short_private_directory(deep: Checkout) -> None:
    deep.start()

    sockets = deep.layout.sockets
    assert len(os.fsencode(deep.root / ".data/run/.s.PGSQL.5432")) > MAXIMUM_SOCKET_PATH
    assert sockets.parent == SHORT_DIRECTORIES
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert sockets.stat().st_uid == deep.layout.owner
    with deep.connect("web") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("trap", ["open directory", "symbolic link", "foreign directory"])
def test_a_socket_directory_that_somebody_planted_is_refused(deep: Checkout, trap: str) -> None:
    if trap == "foreign directory" and deep.layout.owner == os.geteuid() and os.geteuid() != 0:
        pytest.skip("only root can make a directory that belongs to somebody else")
    deep.start()
    deep.run("stop")
    sockets = deep.layout.sockets
    shutil.rmtree(sockets)
    if trap == "symbolic link":
        sockets.symlink_to(deep.root)
    else:
        sockets.mkdir()
        sockets.chmod(0o777 if trap == "open directory" else 0o700)
        if os.geteuid() == 0 and trap == "open directory":
            shutil.chown(sockets, deep.user)
    try:
        done = deep.run("start")

        assert done.returncode == 1
        assert str(sockets) in done.stderr
        assert "Traceback" not in done.stderr
        with pytest.raises(ServiceError, match="clearhold-"):
            connection_info(deep.root)
    finally:
        sockets.unlink() if sockets.is_symlink() else sockets.rmdir()


def test_removing_takes_the_moved_sockets_too(deep: Checkout) -> None:
    deep.start()
    sockets = deep.layout.sockets

    deep.run("remove", "--yes")

    assert not sockets.exists()
    assert not deep.layout.state.exists()


def test_a_data_directory_that_others_can_write_is_refused(anybody: str, new_checkout: NewCheckout) -> None:
    with new_checkout(anybody) as checkout:
        checkout.layout.state.mkdir()
        shutil.chown(checkout.layout.state, checkout.user)
        checkout.layout.state.chmod(0o777)

        done = checkout.run("start")

        assert done.returncode == 1
        assert "Others can write" in done.stderr
        assert stat.S_IMODE(checkout.layout.state.stat().st_mode) == 0o777
        checkout.layout.state.chmod(0o700)


def test_the_checkout_of_another_account_is_left_alone(
    root_user: str, ordinary: str, new_checkout: NewCheckout
) -> None:
    with new_checkout(ordinary) as theirs:
        theirs.start()

        done = Checkout(theirs.root, root_user).run("stop")

        assert done.returncode == 1
        assert "Run this as its owner" in done.stderr
        assert theirs.status()["postgres"]["running"]


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        ("54321", "no entry in the passwd database"),
        ("nosuchaccount", "no entry"),
        ("root", "does not run as root"),
    ],
)
def test_an_unfit_service_account_is_refused(
    root_user: str, new_checkout: NewCheckout, account: str, sentence: str
) -> None:
    with new_checkout(root_user) as checkout:
        done = checkout.run("start", CLEARHOLD_SERVICE_ACCOUNT=account)

        assert done.returncode == 1
        assert sentence in done.stderr
        assert not checkout.layout.home.exists()


def test_a_named_service_account_owns_the_data_and_is_not_swapped(
    root_user: str, new_checkout: NewCheckout
) -> None:
    with new_checkout(root_user) as checkout:
        assert checkout.run("start", CLEARHOLD_SERVICE_ACCOUNT="daemon").returncode == 0
        assert checkout.layout.cluster.owner() == "daemon"

        done = checkout.run("start")

        assert done.returncode == 1
        assert "CLEARHOLD_SERVICE_ACCOUNT" in done.stderr


@pytest.mark.parametrize("anybody", ["root"], indirect=True)
def test_root_keeps_everything_of_the_servers_outside_the_checkout(running: Checkout) -> None:
    layout = running.layout

    assert sorted(path.name for path in layout.state.iterdir()) == ["lock", "secrets.json"]
    assert layout.home == Path("/var/lib/clearhold") / checkout_id(running.root)


@pytest.mark.parametrize("anybody", ["root"], indirect=True)
def test_programs_are_copied_again_when_the_wheels_change(running: Checkout) -> None:
    running.run("stop")
    programs = running.layout.programs
    (programs / installed_version()).rename(programs / "18.0.0-9.0.0")

    running.start()

    assert [path.name for path in programs.iterdir()] == [installed_version()]


def test_data_of_another_major_version_are_refused(running: Checkout) -> None:
    running.run("stop")
    version = running.layout.cluster / "PG_VERSION"
    kept = version.read_text()
    version.write_text("17\n")

    done = running.run("start")
    version.write_text(kept)

    assert done.returncode == 1
    assert "made by PostgreSQL 17" in done.stderr


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = secret(tmp_path, "pseudonyms")

    assert secret(tmp_path, "pseudonyms") == first
    assert secret(tmp_path, "another") != first
    assert len(first) >= 43
    assert stat.S_IMODE(layout_of(tmp_path).secrets.stat().st_mode) == 0o600


def test_removing_asks_for_a_yes(tmp_path: Path) -> None:
    done = Checkout(tmp_path, usable_user("root") if os.geteuid() == 0 else usable_user("ordinary")).run(
        "remove"
    )

    assert done.returncode == 2
    assert "--yes" in done.stderr
