"""The long kills run only when they are asked for: `make faults`, or `pytest -m faults`."""

import signal
from collections.abc import Iterator

import pytest

from tests.faults.checkout import Checkout, temporary_checkout


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "faults" in (config.option.markexpr or ""):
        return
    for item in items:
        if item.get_closest_marker("faults"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: make faults"))


@pytest.fixture(scope="session")
def checkout() -> Iterator[Checkout]:
    """A checkout of its own; each test begins a fresh round in it. Asked to end, the tests end what they started first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with temporary_checkout() as made:
        yield made
