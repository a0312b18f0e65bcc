"""Real connections, real locks: whoever comes at the same time, each thing happens once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from audit.models import Event
from cases import services as case_services
from matching import services
from matching.engine.gallery import Hit
from matching.models import Candidate, FingerTemplate, Reply, Submission, Transmission
from matching.ports import Receipt
from matching.services.common import lock_submission
from matching.services.searches import _propose
from matching.services.submissions import _next_number
from tests.factories import booking_request, person_facts
from tests.matching.conftest import NOW, Checks, FakeBureau, answer_states, eft, receive, sealed, sre
from tests.matching.test_reviews import proposed

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run each call on its own thread and connection, started by a barrier; what each returned or raised."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[place] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at what each thread raised
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_several_workers_one_gets_the_transmission(committed_checks: Checks) -> None:
    row = committed_checks.open().transmissions.get()

    def claim(owner: str) -> Callable[[], Any]:
        return lambda: services.claim_transmission(
            transmission_id=row.pk, owner=owner, at=row.next_attempt_at
        )

    won = [item for item in at_once(*(claim(f"w{n}") for n in range(6))) if item is not None]

    row.refresh_from_db()
    assert len(won) == 1
    assert (row.state, row.attempts, row.lease_owner) == ("sending", 1, won[0].lease_owner)


def test_workers_that_take_the_next_one_never_take_the_same(committed_checks: Checks) -> None:
    rows = [committed_checks.open().transmissions.get() for _ in range(3)]
    at = max(row.next_attempt_at for row in rows)

    def claim(owner: str) -> Callable[[], Any]:
        return lambda: services.claim_next_transmission(owner=owner, at=at)

    taken = [item.pk for item in at_once(*(claim(f"w{n}") for n in range(5))) if item is not None]

    assert len(taken) == len(set(taken)) == 3


def test_several_workers_sending_at_once_send_the_file_once(
    committed_checks: Checks, bureau: FakeBureau
) -> None:
    row = committed_checks.open().transmissions.get()

    def carry(owner: str) -> Callable[[], Any]:
        return lambda: services.carry_transmission(
            transmission_id=row.pk, owner=owner, clock=lambda: row.next_attempt_at
        )

    results = at_once(*(carry(f"w{n}") for n in range(4)))

    assert sorted(str(item) for item in results) == ["None", "None", "None", "sent"]
    assert len(bureau.sends) == 1
    assert Event.objects.filter(action="matching.transmission_sent").count() == 1


def test_two_who_both_sent_it_leave_one_sent_transmission_with_one_control_number(
    committed_checks: Checks, bureau: FakeBureau
) -> None:
    """A worker thought dead and its successor: the same bytes, so the same number, and one event."""
    row = committed_checks.open().transmissions.get()
    slow = services.claim_transmission(transmission_id=row.pk, owner="slow", at=row.next_attempt_at)
    later = row.next_attempt_at + timedelta(hours=1)
    services.sweep_leases(at=later)
    row.refresh_from_db()
    quick = services.claim_transmission(transmission_id=row.pk, owner="quick", at=row.next_attempt_at)
    assert slow is not None
    assert quick is not None
    receipts = [services.send(slow), services.send(quick)]

    at_once(
        *(
            lambda receipt=receipt: services.record_sent(transmission_id=row.pk, receipt=receipt, at=later)
            for receipt in receipts
        )
    )

    row.refresh_from_db()
    assert {receipt.control_number for receipt in receipts} == {row.control_number}
    assert [receipt.is_duplicate for receipt in receipts] == [False, True]
    assert Event.objects.filter(action="matching.transmission_sent").count() == 1


def test_numbers_given_to_eight_at_once_are_all_different(transactional_db: None) -> None:
    numbers = [
        number
        for batch in at_once(*(lambda: [_next_number() for _ in range(50)] for _ in range(8)))
        for number in batch
    ]

    assert len(numbers) == len(set(numbers)) == 400


def test_bookings_at_once_get_different_control_numbers(committed_checks: Checks) -> None:
    cast = committed_checks.cast
    requests = [booking_request(eft=eft(), person=person_facts()) for _ in range(8)]
    actor = cast.actor("officer")

    results = at_once(
        *(
            lambda request=request: case_services.book(actor=actor, agency=cast.jail, request=request, at=NOW)
            for request in requests
        )
    )

    assert [item for item in results if isinstance(item, Exception)] == []
    assert len(set(Submission.objects.values_list("tcn", flat=True))) == 8


def test_two_new_prints_at_once_leave_one_current_check(committed_checks: Checks) -> None:
    old = committed_checks.open()
    officer = committed_checks.cast.actor("officer")

    results = at_once(
        *(
            lambda content=content: services.reprint(submission_id=old.pk, actor=officer, at=NOW, eft=content)
            for content in (eft(), eft(), eft())
        )
    )

    assert sum(isinstance(item, Submission) for item in results) == 1
    assert Submission.objects.current().filter(case=old.case).count() == 1


def test_the_same_reply_brought_by_several_at_once_is_one_reply(committed_checks: Checks) -> None:
    submission = committed_checks.open()
    content = sre(submission, "fbi", "I")

    results = at_once(*(lambda: receive(content).is_new for _ in range(6)))

    assert sorted(results) == [False] * 5 + [True]
    assert Reply.objects.count() == 1
    assert Event.objects.filter(action="matching.answer_settled").count() == 1


def test_one_number_with_two_contents_at_once_leaves_one_of_them_in_quarantine(
    committed_checks: Checks,
) -> None:
    submission = committed_checks.open()
    contents = [sre(submission, "fbi", letter, tcn="E2026888888888888888") for letter in "IN"]

    at_once(*(lambda content=content: receive(content) for content in contents))

    assert sorted(Reply.objects.values_list("state", flat=True)) == ["attached", "quarantined"]


def test_different_replies_of_one_source_at_once_give_what_they_give_one_by_one(
    committed_checks: Checks,
) -> None:
    submission = committed_checks.open()
    contents = [sre(submission, "fbi", letter) for letter in "PDN"]

    results = at_once(*(lambda content=content: receive(content) for content in contents))

    assert [item for item in results if isinstance(item, Exception)] == []
    assert answer_states(submission)["fbi"] == "non_identification"


def test_a_late_mark_and_a_reply_at_once_end_with_the_finding(committed_checks: Checks) -> None:
    submission = committed_checks.open()
    content = sre(submission, "fbi", "N")

    at_once(lambda: receive(content), lambda: services.mark_overdue(at=NOW + timedelta(days=400)))

    assert answer_states(submission)["fbi"] == "non_identification"


def test_three_sweeps_at_once_give_back_each_row_once(committed_checks: Checks) -> None:
    rows = [committed_checks.transmission("sending") for _ in range(4)]
    at = max(row.lease_until for row in rows)

    moved = at_once(*(lambda: services.sweep_leases(at=at) for _ in range(3)))

    assert sum(moved) == 4
    assert set(Transmission.objects.values_list("deaths", flat=True)) == {1}


def test_a_receipt_and_a_sweep_at_once_end_sent(committed_checks: Checks) -> None:
    row = committed_checks.transmission("sending")
    at = row.lease_until

    at_once(
        lambda: services.record_sent(transmission_id=row.pk, receipt=Receipt("C1", False), at=at),
        lambda: services.sweep_leases(at=at),
    )

    row.refresh_from_db()
    assert (row.state, row.control_number) == ("sent", "C1")


def test_one_examiner_who_decides_twice_at_once_has_decided_once(committed_checks: Checks) -> None:
    candidate = proposed(committed_checks)
    examiner = committed_checks.cast.actor("examiner")

    def decide() -> Candidate:
        return services.review_candidate(
            candidate_id=candidate.pk, actor=examiner, at=NOW, decision="same", rationale="x"
        )

    at_once(decide, decide, decide)

    candidate.refresh_from_db()
    assert (candidate.state, candidate.reviews.count()) == ("first_reviewed", 1)


def test_two_searches_that_propose_each_other_at_once_both_end(committed_checks: Checks) -> None:
    one, other = committed_checks.open(), committed_checks.open()
    for each in (one, other):
        FingerTemplate.objects.create(
            case_id=each.case_id,
            submission=each,
            position=1,
            minutiae=sealed(each, 1, "v"),
            extractor="e",
            version="v",
            quality=1,
            extracted_at=NOW,
        )
    both_hold = threading.Barrier(2)

    def search(mine: Submission, found: Submission) -> int:
        hit = Hit(str(found.pk), 99.0, 1, {1: 99.0})
        with transaction.atomic():
            locked = lock_submission(mine.pk)
            both_hold.wait(10)
            return _propose(locked, hit, 1, "e:v", NOW)

    assert at_once(lambda: search(one, other), lambda: search(other, one)) == [1, 1]
