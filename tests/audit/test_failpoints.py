"""A fail point does nothing unless a test asked for it, once, in a process that was started for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit import failpoints

REACH = "from audit import failpoints; failpoints.reach('here', 7); print('passed')"


def _run(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = os.environ | {failpoints.VARIABLE: str(directory)} | environment
    return subprocess.run(
        [sys.executable, "-c", REACH], env=given, capture_output=True, text=True, check=False
    )


def test_nothing_happens_where_nobody_asked(tmp_path: Path) -> None:
    assert _run(tmp_path).stdout == "passed\n"


@pytest.mark.parametrize(("words", "code"), [("kill", -9), ("kill 7", -9), ("raise", 1), ("sleep 0.01", 0)])
def test_it_does_what_the_file_says_once_and_leaves_proof(tmp_path: Path, words: str, code: int) -> None:
    (tmp_path / "here").write_text(words)

    assert _run(tmp_path).returncode == code
    assert (tmp_path / "here.reached").read_text().split()[1:] == [words.split()[0], "7"]
    assert _run(tmp_path).stdout == "passed\n"


def test_it_passes_another_subject_by(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("kill 8")

    assert _run(tmp_path).stdout == "passed\n"
    assert (tmp_path / "here").exists()


def test_production_never_listens(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("kill")

    assert _run(tmp_path, CLEARHOLD_ENV="production").stdout == "passed\n"
