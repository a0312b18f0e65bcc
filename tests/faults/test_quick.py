"""The short form, in every run of the tests: a few faults once, on Valkey. Judged by what is there, not by seconds."""

from collections.abc import Iterator

import pytest

from tests.faults.checkout import Checkout
from tests.faults.environment import VALKEY, Environment, environment
from tests.faults.play import ROWS, play

SHORT = (1, 2, 11, 33, 34)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(checkout: Checkout) -> Iterator[Environment]:
    with environment(checkout, VALKEY) as made:
        yield made


def test_a_few_faults_lose_nothing_and_double_nothing(place: Environment) -> None:
    found = {number: play(place, ROWS[number], 0, is_timed=False) for number in SHORT}

    assert {
        number: (one["lost"], one["doubled"], one["other"]) for number, one in found.items()
    } == dict.fromkeys(SHORT, (0, 0, 0))
