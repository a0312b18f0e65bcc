"""Who holds a lease, and when that worker is certainly gone: then nobody waits for the lease to run out."""

import subprocess
import sys
from datetime import timedelta

import pytest

from config.roles import CLOCK
from matching import owners, services
from matching.models import Mailbox, Transmission
from matching.services import mailbox
from tests import as_web
from tests.matching.conftest import NOW, Checks, FakeBureau

OF_A_CHILD = "from matching.owners import this_process; print(this_process(), flush=True); input()"


def test_this_process_is_not_gone() -> None:
    assert not owners.is_certainly_gone(owners.this_process())


@pytest.mark.parametrize("owner", ["", "w1", "elsewhere/1:1:1", "elsewhere/1:999999999:1", ":::"])
def test_of_others_nothing_is_known(owner: str) -> None:
    assert not owners.is_certainly_gone(owner)


def test_a_killed_process_is_gone_at_once_even_before_its_parent_has_noticed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OF_A_CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        owner = child.stdout.readline().decode().strip()
        before = owners.is_certainly_gone(owner)
        child.kill()
        child.stdout.read()
        for _ in range(1000):
            if owners.is_certainly_gone(owner):
                break
        after = owners.is_certainly_gone(owner)

    assert (before, after) == (False, True)


def test_a_process_number_that_was_given_out_again_holds_nothing() -> None:
    machine, number, began = owners.this_process().split(":")

    assert owners.is_certainly_gone(f"{machine}:{number}:{int(began) - 1}")


def _gone() -> str:
    machine, number, began = owners.this_process().split(":")
    return f"{machine}:{number}:{int(began) - 1}"


def test_the_sweep_gives_back_what_a_gone_worker_holds_without_waiting(checks: Checks) -> None:
    row = checks.open().transmissions.get()
    services.claim_transmission(transmission_id=row.pk, owner=_gone(), at=row.next_attempt_at)
    was_due = row.next_attempt_at

    moved = services.sweep_leases(at=was_due + timedelta(seconds=1))

    row.refresh_from_db()
    assert (moved, row.state, row.deaths) == (1, "queued", 1)
    assert row.next_attempt_at == was_due


def test_the_second_death_on_a_row_makes_it_wait(checks: Checks) -> None:
    row = checks.open().transmissions.get()
    at = row.next_attempt_at
    for _ in range(2):
        services.claim_transmission(transmission_id=row.pk, owner=_gone(), at=at)
        services.sweep_leases(at=at)

    row.refresh_from_db()
    assert (row.state, row.deaths) == ("queued", 2)
    assert row.next_attempt_at > at + timedelta(seconds=30)


def test_a_living_workers_row_is_left_to_it(checks: Checks) -> None:
    row = checks.open().transmissions.get()
    services.claim_transmission(transmission_id=row.pk, owner=owners.this_process(), at=row.next_attempt_at)

    assert services.sweep_leases(at=row.next_attempt_at + timedelta(seconds=1)) == 0


def test_after_an_outage_a_worker_gives_back_what_it_had_taken_and_nothing_else(
    committed_checks: Checks,
) -> None:
    mine, other = (committed_checks.open().transmissions.get() for _ in range(2))
    for row, owner in ((mine, "me"), (other, "other")):
        services.claim_transmission(transmission_id=row.pk, owner=owner, at=row.next_attempt_at)
    mailbox._take_mailbox("bureau", "me", NOW)

    assert services.let_go_after_outage(owner="me")

    services.sweep_leases(at=Transmission.objects.get(pk=mine.pk).lease_until)
    states = {row.pk: row.state for row in Transmission.objects.all()}
    assert states == {mine.pk: "queued", other.pk: "sending"}
    assert Mailbox.objects.get().lease_until is None


def test_a_mailbox_of_a_gone_worker_is_taken_over_at_once(bureau: FakeBureau, db: None) -> None:
    assert mailbox._take_mailbox("bureau", _gone(), NOW)

    assert mailbox._take_mailbox("bureau", "w2", NOW + timedelta(seconds=1))
    assert not mailbox._take_mailbox("bureau", "w3", NOW + timedelta(seconds=2))


def test_the_clocks_role_sweeps_checks(checks: Checks) -> None:
    row = checks.open().transmissions.get()
    services.claim_transmission(transmission_id=row.pk, owner=_gone(), at=row.next_attempt_at)
    later = row.next_attempt_at + timedelta(hours=5)

    with as_web.acting_as(CLOCK):
        swept = services.sweep_matching(at=later)

    row.refresh_from_db()
    assert (swept.given_back, swept.overdue, row.state) == (1, 3, "queued")
