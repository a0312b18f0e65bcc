"""A key that is missing or wrong is refused at start and at use, with a sentence that helps; never replaced in silence."""

import base64
import os
from pathlib import Path

import pytest

from audit.keys import envelope
from audit.keys.checks import check_keys
from audit.keys.envelope import unwrapped
from audit.keys.errors import Damaged, KeyUnavailable
from audit.keys.providers import EnvironmentProvider, FileProvider
from tests.keys.conftest import write_key


def test_a_right_key_passes_the_check(key_place: Path) -> None:
    assert check_keys() == []


def test_a_missing_key_stops_the_start_and_says_where_it_was_looked_for(key_place: Path) -> None:
    (key_place / "one.key").unlink()

    (error,) = check_keys()

    assert error.id == "keys.E001"
    assert f"Key-encryption key 'one' was looked for in {key_place}/one.key, which is not there" in error.msg
    assert "Restore it" in error.msg


@pytest.mark.parametrize("size", [16, 31, 33])
def test_a_key_of_another_length_stops_the_start(key_place: Path, size: int) -> None:
    write_key(key_place, "one", size)

    (error,) = check_keys()

    assert f"has {size} bytes and must have 32" in error.msg


def test_a_key_that_everybody_can_read_is_warned_of(key_place: Path) -> None:
    (key_place / "one.key").chmod(0o604)

    (warning,) = check_keys()

    assert (warning.id, "chmod 600" in warning.hint) == ("keys.W001", True)


@pytest.mark.parametrize("content", ["no base64!", "é", ""])
def test_a_key_that_is_no_key_is_refused(key_place: Path, content: str) -> None:
    (key_place / "one.key").write_text(content)

    with pytest.raises(KeyUnavailable, match="one"):
        FileProvider(str(key_place)).key("one")


def test_a_key_id_cannot_leave_the_directory(key_place: Path) -> None:
    with pytest.raises(KeyUnavailable, match="does not hold a key id"):
        FileProvider(str(key_place)).key("../secrets")


def test_without_a_place_nothing_is_sealed(settings, db: None) -> None:
    settings.KEY_PROVIDER, settings.KEY_DIRECTORY = "file", ""

    with pytest.raises(KeyUnavailable, match="CLEARHOLD_KEY_DIRECTORY"):
        envelope.new_key("document")


def test_an_unknown_provider_is_refused(settings) -> None:
    settings.KEY_PROVIDER = "plain"

    (error,) = check_keys()

    assert "CLEARHOLD_KEY_PROVIDER is 'plain'" in error.msg


def test_the_environment_holds_several_keys_and_the_last_is_current() -> None:
    first, second = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    keys = EnvironmentProvider(f"one:{first} two:{second}")

    wrapped = keys.wrap("one", bytes(32), context="c")

    assert keys.current_id() == "two"
    assert EnvironmentProvider(f"one:{first} two:{second}", "one").current_id() == "one"
    assert keys.unwrap("one", wrapped, context="c") == bytes(32)
    with pytest.raises(Damaged):
        keys.unwrap("two", wrapped, context="c")
    with pytest.raises(KeyUnavailable, match="names one, two"):
        keys.key("three")
    with pytest.raises(KeyUnavailable, match="CLEARHOLD_KEYS is empty"):
        EnvironmentProvider("").current_id()


def test_a_lost_key_is_said_at_use_and_what_is_sealed_opens_when_it_is_back(
    key_place: Path, db: None
) -> None:
    blob = envelope.encrypt(b"ridges", key=envelope.new_key("document"), context="t.c:1")
    content = (key_place / "one.key").read_text()
    (key_place / "one.key").unlink()
    unwrapped.clear()

    with pytest.raises(KeyUnavailable, match=r"'one' was looked for in .*one\.key"):
        envelope.decrypt(blob, context="t.c:1")

    (key_place / "one.key").write_text(content)
    assert envelope.decrypt(blob, context="t.c:1") == b"ridges"


def test_another_key_under_the_same_id_is_found_out(key_place: Path, db: None) -> None:
    blob = envelope.encrypt(b"ridges", key=envelope.new_key("document"), context="t.c:1")
    write_key(key_place, "one")
    unwrapped.clear()

    with pytest.raises(Damaged, match="has other content than when it was wrapped"):
        envelope.decrypt(blob, context="t.c:1")


def test_the_memory_of_unwrapped_keys_is_bounded(db: None) -> None:
    unwrapped.clear()

    envelope.new_keys("document", envelope.REMEMBERED + 5)

    assert len(unwrapped) == envelope.REMEMBERED
