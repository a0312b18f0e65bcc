"""The pack for outages: whole or not there, for its owner alone, with what a jail needs when nothing answers."""

import json
import stat
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from audit.models import Access
from detainers.documents import typesetting
from detainers.services import pack
from detainers.tasks import write_pack
from tests.detainers.builders import Road, ago
from tests.detainers.documents.reading import pages, squeezed, text_of

pytestmark = pytest.mark.django_db


def files(made: pack.Pack) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in made.folder.glob("*.pdf")}


def test_it_says_who_is_held_until_when_and_on_what(road: Road, tmp_path: Path) -> None:
    local = road.case()
    held, _ = road.held(eligible_at=ago(hours=10))
    over, _ = road.held(eligible_at=ago(hours=60))

    made = pack.write_pack(folder=tmp_path / "pack", at=timezone.now())

    found = files(made)
    assert set(found) == {
        f"{code}-{what}.pdf" for code in ("CEDARTX", "OTHERTX") for what in ("board", "release-sheets")
    }
    board = squeezed(text_of(found["CEDARTX-board.pdf"]))
    for case in (local, held, over):
        assert squeezed(case.number) in board
    assert (
        board.index(squeezed(over.number))
        < board.index(squeezed(held.number))
        < board.index(squeezed(local.number))
    )
    assert squeezed("Nothing holds this person. Release now.") in board
    assert squeezed("Hold on a detainer") in board
    assert squeezed("People in custody: 3; past authority: 1.") in board
    assert squeezed("Nobody is held here.") in squeezed(text_of(found["OTHERTX-board.pdf"]))
    sheets = pages(found["CEDARTX-release-sheets.pdf"])
    assert len(sheets) == 3, "two who may leave, and a blank one"
    assert squeezed(local.number) not in squeezed("".join(sheets))


def test_only_its_owner_reads_it_and_looking_is_recorded(road: Road, tmp_path: Path) -> None:
    case = road.case()

    made = pack.write_pack(folder=tmp_path / "pack", at=timezone.now())

    assert stat.S_IMODE((tmp_path / "pack").stat().st_mode) == 0o700
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.folder.iterdir()} == {0o600}
    assert Access.objects.get(action="pack.written").objects_shown == [case.public_id]
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert {item["name"]: item["sha256"] for item in manifest["files"]} == {
        name: sha256(content).hexdigest() for name, content in files(made).items()
    }
    assert case.person.surname not in (made.folder / "manifest.json").read_text()


def test_old_packs_go_and_strange_things_stay(road: Road, tmp_path: Path) -> None:
    now = timezone.now()
    (tmp_path / "keep-me").mkdir()
    old = pack.write_pack(folder=tmp_path, at=now - timedelta(hours=25))
    young = pack.write_pack(folder=tmp_path, at=now - timedelta(hours=23))

    newest = pack.write_pack(folder=tmp_path, at=now)

    assert not old.folder.exists()
    assert young.folder.exists()
    assert (tmp_path / "keep-me").exists()
    assert pack.newest_pack(tmp_path) == now.replace(microsecond=0)
    assert newest.folder.parent == tmp_path


def test_one_that_fails_leaves_nothing_and_the_older_one(
    road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pack.write_pack(folder=tmp_path, at=ago(hours=2))
    monkeypatch.setattr(typesetting, "TEMPLATES", tmp_path / "nowhere")

    with pytest.raises(typesetting.TypesettingError):
        pack.write_pack(folder=tmp_path, at=timezone.now())

    assert [path.name for path in tmp_path.iterdir()] == [before.folder.name]


def test_a_nudge_writes_one_an_hour(road: Road, tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.DEGRADED_PACK_DIR = str(tmp_path / "pack")

    for _ in range(3):
        write_pack()
    assert len(list((tmp_path / "pack").iterdir())) == 1
    assert pack.due(tmp_path / "pack", timezone.now() + timedelta(minutes=61))

    settings.DEGRADED_PACK_DIR = ""
    write_pack()


def test_the_command_says_where_it_lies(road: Road, tmp_path: Path, capsys, settings) -> None:  # type: ignore[no-untyped-def]
    call_command("degraded_pack", folder=str(tmp_path / "pack"))
    assert "0 people of 2 jails" in capsys.readouterr().out

    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match="could not be written"):
        call_command("degraded_pack", folder=str(tmp_path / "file"))
    settings.DEGRADED_PACK_DIR = ""
    with pytest.raises(CommandError, match="Name a folder"):
        call_command("degraded_pack")
