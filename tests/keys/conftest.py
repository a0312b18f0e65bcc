"""Keys of their own for the tests that lose, exchange or rotate them."""

import base64
import os
from pathlib import Path

import pytest

from audit.keys.envelope import unwrapped
from tests.actors import Cast
from tests.matching.conftest import Checks


@pytest.fixture
def key_place(tmp_path: Path, settings) -> Path:
    """A directory of key files with the current key 'one', used by this test alone."""
    place = tmp_path / "keys"
    place.mkdir(mode=0o700)
    write_key(place, "one")
    (place / "current").write_text("one\n")
    settings.KEY_PROVIDER, settings.KEY_DIRECTORY, settings.KEY_CURRENT = "file", str(place), ""
    unwrapped.clear()
    return place


def write_key(place: Path, kek_id: str, size: int = 32) -> None:
    path = place / f"{kek_id}.key"
    path.write_text(base64.b64encode(os.urandom(size)).decode() + "\n")
    path.chmod(0o600)


@pytest.fixture
def checks(cast: Cast) -> Checks:
    return Checks(cast)
