import os
from pathlib import Path

import pytest

from tests.matching.formats.builders import DATA


@pytest.fixture(scope="session")
def itl_data() -> Path:
    """Public sample files; CLEARHOLD_TEST_DATA names another place for them."""
    folder = Path(os.environ.get("CLEARHOLD_TEST_DATA", DATA)) / "nist-itl"
    if not folder.is_dir():
        pytest.skip(f"the public sample files are not at {folder}")
    return folder
