"""Every act on every transmission by everybody, and what failures, dead workers and late reports do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import Actor, system
from accounts.errors import ClearholdError, Invalid, NotFound
from audit.models import Event
from matching import ports, services
from matching.errors import PersonNeeded
from matching.models import Transmission
from matching.ports import Permanent, Receipt, Transient
from matching.sealing import sealed_head
from matching.states import TransmissionState
from tests.matching.conftest import NOW, Checks, FakeBureau, answer_states, eft, unreachable

STATES = [state.value for state in TransmissionState]
ACTORS = (
    "officer", "clerk", "supervisor", "administrator", "other_supervisor", "examiner", "operator",
    "liaison", "reviewer", "stranger", "system", "client",
)  # fmt: skip

# Written by hand: who may do it, and from which states it is possible. Everything else is refused.
RELEASE_BY, RELEASE_FROM = {"supervisor"}, {"held_back"}
RETRY_BY, RETRY_FROM = {"supervisor", "operator", "system"}, {"failed", "quarantined"}


def actor_named(checks: Checks, who: str) -> Actor:
    if who == "system":
        return system("matching")
    if who == "client":
        return Actor(kind="client", id="client-1", label="Jail system")
    return checks.cast.actor(who)


def attempt(act: Callable[..., Any], row: Transmission, actor: Actor) -> str:
    try:
        act(transmission_id=row.pk, actor=actor, at=NOW, reason="Looked at and decided.")
    except ClearholdError as error:
        return error.code
    return "done"


@pytest.mark.parametrize("state", STATES)
def test_release_is_possible_only_from_held_back_and_only_for_a_supervisor_of_the_jail(
    checks: Checks, state: str
) -> None:
    row = checks.transmission(state)

    for who in ACTORS:
        outcome = attempt(services.release_transmission, row, actor_named(checks, who))
        row.refresh_from_db()
        if who in RELEASE_BY and state in RELEASE_FROM:
            assert (who, outcome, row.state) == (who, "done", "queued")
            break
        refused = "illegal_move" if who in RELEASE_BY else "not_permitted"
        refused = "person_needed" if who in ("system", "client") else refused
        assert (who, outcome, row.state) == (who, refused, state)


@pytest.mark.parametrize("who", sorted(set(ACTORS) - RELEASE_BY))
def test_nobody_else_releases_held_back_prints(checks: Checks, who: str) -> None:
    row = checks.transmission("held_back")

    outcome = attempt(services.release_transmission, row, actor_named(checks, who))

    row.refresh_from_db()
    assert outcome in ("not_permitted", "person_needed")
    assert row.state == "held_back"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", ACTORS)
def test_retry_is_possible_only_after_failure_and_only_for_those_who_watch(
    checks: Checks, state: str, who: str
) -> None:
    row = checks.transmission(state)

    outcome = attempt(services.retry_transmission, row, actor_named(checks, who))

    row.refresh_from_db()
    if who not in RETRY_BY:
        assert (outcome, row.state) == ("not_permitted", state)
    elif state in RETRY_FROM:
        assert (outcome, row.state, row.attempts, row.deaths) == ("done", "queued", 0, 0)
    else:
        assert (outcome, row.state) == ("illegal_move", state)


@pytest.mark.parametrize("state", STATES)
def test_only_a_queued_transmission_is_claimed(checks: Checks, state: str) -> None:
    row = checks.transmission(state)

    claimed = services.claim_transmission(
        transmission_id=row.pk, owner="w2", at=row.next_attempt_at + timedelta(days=1)
    )

    row.refresh_from_db()
    assert (claimed is not None) == (state == "queued")
    assert row.state == ("sending" if state == "queued" else state)


@pytest.mark.parametrize(
    ("state", "after"),
    [
        ("held_back", None),
        ("queued", "sent"),
        ("sending", "sent"),
        ("sent", "sent"),
        ("failed", "sent"),
        ("quarantined", "sent"),
        ("cancelled", "sent"),
    ],
)
def test_a_receipt_is_a_fact_whenever_it_comes_except_for_what_was_never_sent(
    checks: Checks, state: str, after: str | None
) -> None:
    row = checks.transmission(state)
    receipt = Receipt("C1", is_duplicate=False)

    if after is None:
        with pytest.raises(ClearholdError):
            services.record_sent(transmission_id=row.pk, receipt=receipt, at=NOW)
        return
    services.record_sent(transmission_id=row.pk, receipt=receipt, at=NOW)

    row.refresh_from_db()
    assert (row.state, row.control_number) == (after, "C1")


def test_a_second_receipt_changes_nothing(checks: Checks) -> None:
    row = checks.transmission("sent")
    events = Event.objects.count()

    services.record_sent(transmission_id=row.pk, receipt=Receipt("C2", True), at=NOW + timedelta(days=1))

    row.refresh_from_db()
    assert (row.control_number, Event.objects.count()) == ("C1", events)


def test_a_transmission_is_sent_and_its_control_number_kept(checks: Checks, bureau: FakeBureau) -> None:
    row = checks.transmission("queued")

    state = services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)

    row.refresh_from_db()
    assert state == "sent"
    assert list(bureau.received) == [row.outgoing_sha256]
    assert (row.control_number, row.attempts, row.lease_until) == (
        bureau.received[row.outgoing_sha256],
        1,
        None,
    )
    event = Event.objects.get(action="matching.transmission_sent")
    assert event.facts["control_number"] == row.control_number


def test_an_unreachable_bureau_is_tried_again_later_with_the_same_bytes(
    checks: Checks, bureau: FakeBureau
) -> None:
    row = checks.transmission("queued")
    at = row.next_attempt_at
    bureau.failures = [unreachable()]

    first = services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: at)
    row.refresh_from_db()
    too_early = services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: at)
    then = services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)

    assert (first, too_early, then) == ("queued", None, "sent")
    assert timedelta(seconds=40) <= row.next_attempt_at - at <= timedelta(seconds=60)
    assert (row.last_error_code, bureau.sends) == ("unreachable", [row.outgoing_sha256])


def test_after_twelve_tries_it_is_left_to_a_person(checks: Checks, bureau: FakeBureau) -> None:
    row = checks.transmission("queued")
    bureau.failures = [unreachable() for _ in range(12)]

    for _ in range(12):
        row.refresh_from_db()
        services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)

    row.refresh_from_db()
    assert (row.state, row.attempts, bureau.failures) == ("failed", 12, [])
    assert Event.objects.get(action="matching.transmission_failed").facts["attempts"] == 12


def test_a_refusal_is_not_tried_again(checks: Checks, bureau: FakeBureau) -> None:
    row = checks.transmission("queued")
    bureau.failures = [Permanent("refused", "The bureau refuses the file.")]

    state = services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)

    assert state == "failed"
    assert bureau.sends == []


def test_without_a_gateway_it_waits(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    row = checks.transmission("queued")
    monkeypatch.setattr(ports, "_gateways", {})

    state = services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)

    row.refresh_from_db()
    assert (state, row.last_error_code) == ("queued", "no_gateway")


def test_bytes_that_are_not_what_was_prepared_are_never_sent(checks: Checks, bureau: FakeBureau) -> None:
    row = checks.transmission("queued")
    other = sealed_head(b"other", transmission=row.public_id, document=row.submission.document)
    Transmission.objects.filter(pk=row.pk).update(outgoing_head=other)

    state = services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)

    row.refresh_from_db()
    assert (state, row.last_error_code, bureau.sends) == ("failed", "outgoing_changed", [])


def test_a_head_moved_here_from_another_check_is_never_sent(checks: Checks, bureau: FakeBureau) -> None:
    row, other = checks.transmission("queued"), checks.transmission("queued")
    Transmission.objects.filter(pk=row.pk).update(outgoing_head=other.outgoing_head)

    services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)

    row.refresh_from_db()
    assert (row.state, row.last_error_code, bureau.sends) == ("failed", "sealed_damaged", [])


def test_a_worker_whose_lease_was_given_away_cannot_record_a_failure(checks: Checks) -> None:
    row = checks.transmission("sending")
    later = row.lease_until + timedelta(seconds=1)
    services.sweep_leases(at=later)
    row.refresh_from_db()
    services.claim_transmission(transmission_id=row.pk, owner="w2", at=row.next_attempt_at)

    state = services.record_failure(transmission_id=row.pk, owner="w1", error=unreachable(), at=later)

    row.refresh_from_db()
    assert (state, row.state, row.lease_owner) == ("sending", "sending", "w2")


def test_a_dead_workers_row_goes_back_when_its_lease_is_over_and_not_before(checks: Checks) -> None:
    row = checks.transmission("sending")
    end = row.lease_until

    before = services.sweep_leases(at=end - timedelta(seconds=1))
    at_the_end = services.sweep_leases(at=end)
    again = services.sweep_leases(at=end)

    row.refresh_from_db()
    assert (before, at_the_end, again) == (0, 1, 0)
    assert (row.state, row.deaths, row.lease_until) == ("queued", 1, None)


def test_a_row_on_which_workers_die_again_and_again_is_set_aside(checks: Checks) -> None:
    row = checks.transmission("quarantined")

    assert row.deaths == 5
    event = Event.objects.get(action="matching.transmission_quarantined")
    assert event.facts["code"] == "worker_vanished"
    assert services.claim_next_transmission(owner="w3", at=NOW + timedelta(days=99)) is None


def test_releasing_lets_prints_answers_and_search_go_together(checks: Checks) -> None:
    row = checks.transmission("held_back")

    services.release_transmission(
        transmission_id=row.pk, actor=checks.cast.actor("supervisor"), at=NOW, reason="Counsel agreed."
    )

    row.refresh_from_db()
    assert (row.state, row.held_back_reason) == ("queued", "minor")
    assert answer_states(row.submission) == {"state": "waiting", "fbi": "waiting", "dhs": "waiting"}
    assert row.submission.answers.get(source="fbi").due_at == NOW + timedelta(hours=2)
    assert row.submission.print_search.state == "queued"
    event = Event.objects.get(action="matching.transmission_released")
    assert (event.reason, event.actor_label) == ("Counsel agreed.", "Supervisor")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_release_without_a_usable_reason_is_refused(checks: Checks, reason: str) -> None:
    row = checks.transmission("held_back")

    with pytest.raises(Invalid):
        services.release_transmission(
            transmission_id=row.pk, actor=checks.cast.actor("supervisor"), at=NOW, reason=reason
        )


def test_the_system_cannot_release(checks: Checks) -> None:
    row = checks.transmission("held_back")

    with pytest.raises(PersonNeeded):
        services.release_transmission(transmission_id=row.pk, actor=system("matching"), at=NOW, reason="x")


@pytest.mark.parametrize("act", [services.release_transmission, services.retry_transmission])
def test_what_is_not_there_is_not_found(checks: Checks, act: Callable[..., Any]) -> None:
    with pytest.raises(NotFound):
        act(transmission_id=0, actor=checks.cast.actor("supervisor"), at=NOW, reason="x")


def test_what_was_being_sent_when_newer_prints_came_is_not_tried_again(checks: Checks) -> None:
    row = checks.transmission("sending")
    officer = checks.cast.actor("officer")
    services.reprint(submission_id=row.submission_id, actor=officer, at=NOW, eft=eft())
    row.refresh_from_db()
    assert row.state == "sending"

    state = services.record_failure(transmission_id=row.pk, owner="w1", error=unreachable(), at=NOW)

    assert state == "cancelled"


def test_what_was_being_sent_by_a_dead_worker_when_newer_prints_came_is_cancelled(checks: Checks) -> None:
    row = checks.transmission("sending")
    services.reprint(submission_id=row.submission_id, actor=checks.cast.actor("officer"), at=NOW, eft=eft())

    services.sweep_leases(at=row.lease_until)

    row.refresh_from_db()
    assert row.state == "cancelled"


def test_due_work_is_done_without_any_broker(checks: Checks, bureau: FakeBureau) -> None:
    rows = [checks.transmission("queued") for _ in range(3)]
    at = max(row.next_attempt_at for row in rows)

    done = services.carry_due_transmissions(owner="w1", clock=lambda: at)

    assert done == 3
    assert len(bureau.received) == 3
    assert set(Transmission.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "sent"},
        {"state": "queued", "sent_at": NOW},
        {"state": "sending"},
        {"lease_until": NOW},
        {"state": "held_back"},
    ],
)
def test_the_database_refuses_states_that_do_not_add_up(checks: Checks, change: dict[str, Any]) -> None:
    row = checks.transmission("queued")

    with pytest.raises(DatabaseError), transaction.atomic():
        Transmission.objects.filter(pk=row.pk).update(**change)


def test_the_database_refuses_a_move_that_is_not_in_the_table(checks: Checks) -> None:
    row = checks.transmission("sent")

    with pytest.raises(DatabaseError, match="Invalid transition"), transaction.atomic():
        Transmission.objects.filter(pk=row.pk).update(state="queued", sent_at=None)


def test_a_transient_error_says_so_in_its_text() -> None:
    assert str(Transient("timed_out", "Too slow.")) == "timed_out: Too slow."
