"""The short form of the kills, in every run of the tests: two samples, one kill of each worker that carries the check."""

from matching.samples import cast
from tests.faults import inject, invariants
from tests.faults.checkout import Checkout

KEYS = ("no-record-1", "ice-custody-2")


def test_a_killed_worker_loses_nothing_and_doubles_nothing(checkout: Checkout) -> None:
    # What a dead worker had fetched and not begun is hinted at again after half a minute; here we are less patient.
    checkout.begin(*(f"--only {key}" for key in KEYS), MATCHING_HINT_SECONDS="5")

    inject.kill_searching_child(checkout)
    inject.kill_program(checkout, "--queues=deliver")

    code = checkout.end(seconds=180)
    assert code == 0, checkout.told()
    assert invariants.problems(checkout, tuple(cast.sample(key) for key in KEYS)) == []
