"""Emptying the mailbox: at least once, in any weather, and one bad message harms only itself."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from audit.models import Event
from cases.services import content_of
from matching import ports, services
from matching.models import Mailbox, MailboxTrouble, Reply
from matching.ports import Permanent, Transient
from matching.services import mailbox, replies
from tests.matching.conftest import NOW, Checks, FakeBureau, answer_states, sre, unreachable


def collect(at: datetime = NOW, owner: str = "w1") -> services.Collected | None:
    return services.collect_mailbox(owner=owner, clock=lambda: at)


def test_every_message_is_recorded_and_then_deleted_there(checks: Checks, bureau: FakeBureau) -> None:
    submission = checks.open()
    numbers = [bureau.post(sre(submission, source, "N")) for source in ("state", "fbi", "dhs")]

    result = collect()

    assert result == services.Collected(new=3)
    assert bureau.deleted == numbers
    assert set(answer_states(submission).values()) == {"non_identification"}
    box = Mailbox.objects.get()
    assert (box.succeeded_at, box.lease_until, box.last_error_code) == (NOW, None, "")


def test_an_empty_mailbox_is_no_news(bureau: FakeBureau, db: None) -> None:
    assert collect() == services.Collected()


def test_more_than_one_batch_is_brought_home(checks: Checks, bureau: FakeBureau, settings: object) -> None:
    settings.MATCHING_BATCH_SIZE = 2  # type: ignore[attr-defined]
    submission = checks.open()
    for _ in range(5):
        bureau.post(sre(submission, "fbi", "N"))

    assert collect() == services.Collected(new=5)
    assert bureau.mailbox == {}


def test_a_crash_before_deleting_brings_the_message_again_and_changes_nothing(
    checks: Checks, bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = checks.open()
    bureau.post(sre(submission, "fbi", "I"))

    def die(message: object) -> None:
        raise Transient("unreachable", "The bureau could not be reached.")

    with monkeypatch.context() as crashing:
        crashing.setattr(bureau, "delete", die)
        assert collect() is None
    events = Event.objects.count()

    again = collect()

    assert again == services.Collected(repeated=1)
    assert (Reply.objects.count(), Event.objects.count(), bureau.mailbox) == (1, events, {})


def test_nothing_is_deleted_that_was_not_recorded(
    checks: Checks, bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau.post(sre(checks.open(), "fbi", "I"))
    monkeypatch.setattr(replies, "settle_from_replies", _explode)

    result = collect()

    assert result == services.Collected(left=1)
    assert (Reply.objects.count(), bureau.deleted) == (0, [])


def _explode(*args: object, **kwargs: object) -> None:
    raise RuntimeError("a fault of ours")


def test_a_poisonous_message_is_set_aside_after_some_tries_and_the_others_get_through(
    checks: Checks, bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = checks.open()
    poison, good = sre(submission, "fbi", "I"), sre(submission, "state", "N")
    for content in (poison, good):
        bureau.post(content)
    settle = replies.settle_from_replies

    def settle_or_die(subject: object, *, latest: Reply, **others: object) -> None:
        if latest.source == "fbi":
            raise RuntimeError("a fault of ours")
        settle(subject, latest=latest, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(replies, "settle_from_replies", settle_or_die)

    rounds = [collect() for _ in range(5)]

    assert rounds[0] == services.Collected(new=1, left=1)
    assert rounds[-1] == services.Collected(new=1)
    assert answer_states(submission)["state"] == "non_identification"
    set_aside = Reply.objects.get(state="quarantined")
    assert (set_aside.quarantine_reason, content_of(set_aside.document)) == ("could_not_record", poison)
    assert MailboxTrouble.objects.get().attempts == 5
    assert bureau.mailbox == {}


def test_a_bureau_that_cannot_be_reached_is_noted_and_the_mailbox_let_go(
    bureau: FakeBureau, db: None
) -> None:
    bureau.failures = [unreachable()]

    assert collect() is None

    box = Mailbox.objects.get()
    assert (box.last_error_code, box.succeeded_at, box.lease_until) == ("unreachable", None, None)
    assert collect() is not None


def test_without_a_gateway_it_says_so(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_gateways", {})

    assert collect() is None

    assert Mailbox.objects.get().last_error_code == "no_gateway"


def test_a_message_that_is_gone_since_it_was_listed_does_not_stop_the_next(
    checks: Checks, bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = checks.open()
    gone = bureau.post(sre(submission, "fbi", "N"))
    bureau.post(sre(submission, "state", "N"))
    fetch = bureau.fetch

    def fetch_or_miss(message: ports.Waiting) -> bytes:
        if message.number == gone:
            raise Permanent("http_404", "The bureau refuses the request (404).")
        return fetch(message)

    monkeypatch.setattr(bureau, "fetch", fetch_or_miss)

    assert collect() == services.Collected(new=1)


def test_one_worker_empties_it_at_a_time_and_a_dead_ones_lease_runs_out(bureau: FakeBureau, db: None) -> None:
    assert mailbox._take_mailbox("bureau", "w1", NOW)

    during = collect(NOW + timedelta(seconds=119), owner="w2")
    after = collect(NOW + timedelta(seconds=120), owner="w2")

    assert (during, after) == (None, services.Collected())


def test_no_call_is_made_inside_a_transaction(
    committed_checks: Checks, bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = committed_checks.open()
    row = submission.transmissions.get()
    bureau.post(sre(submission, "fbi", "N"))
    inside: list[bool] = []
    for name in ("send", "list_waiting", "fetch", "delete"):
        monkeypatch.setattr(bureau, name, _watched(getattr(bureau, name), inside))

    services.carry_transmission(transmission_id=row.pk, owner="w1", clock=lambda: row.next_attempt_at)
    collect()

    assert inside == [False] * 4


def _watched(call: object, inside: list[bool]) -> object:
    def watched(*args: object, **kwargs: object) -> object:
        inside.append(connection.in_atomic_block)
        return call(*args, **kwargs)  # type: ignore[operator]

    return watched
