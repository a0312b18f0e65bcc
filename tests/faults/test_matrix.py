"""The fault matrix on real processes, on Valkey and on RabbitMQ: `make faults`.

`FAULT_RUNS` (10) is how often each kill is played, the other rows once; `FAULT_ROWS=1,2,7` and `FAULT_BROKERS=Valkey` play less;
`FAULT_REPORT` names the file to which one JSON line for each run is appended.
"""

import os
from collections.abc import Iterator

import pytest

from tests.faults import inject
from tests.faults.checkout import Checkout
from tests.faults.environment import RABBITMQ, VALKEY, Environment, environment
from tests.faults.play import ROWS, play
from tests.faults.rabbitmq import MISSING, is_installed

BROKERS = os.environ.get("FAULT_BROKERS", f"{VALKEY},{RABBITMQ}").split(",")
RUNS = int(os.environ.get("FAULT_RUNS", "10"))
CHOSEN = sorted(int(number) for number in os.environ.get("FAULT_ROWS", "").split(",") if number) or sorted(
    ROWS
)
CLOCKS = 27
PLAYED = [(number, run) for number in CHOSEN for run in range(RUNS if ROWS[number].kills else 1)]

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.fixture(scope="session", params=BROKERS)
def place(request: pytest.FixtureRequest, checkout: Checkout) -> Iterator[Environment]:
    """One environment for each broker, kept through all its faults."""
    if request.param == RABBITMQ and not is_installed():
        pytest.skip(MISSING)
    with environment(checkout, request.param) as made:
        yield made


@pytest.mark.parametrize(("number", "run"), PLAYED)
def test_nothing_is_lost_or_doubled(place: Environment, number: int, run: int) -> None:
    if number == CLOCKS and not inject.libfaketime():
        pytest.skip("faketime is not installed: sudo apt-get install faketime")
    play(place, ROWS[number], run)
