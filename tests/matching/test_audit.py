"""No record, no change: when the audit insert fails, every act of matching leaves everything as it was."""

from collections.abc import Callable
from typing import Any

import pytest

from audit import record
from audit.models import Event
from cases import services as case_services
from cases.models import Case, Document, SamePersonLink
from matching import events, services
from matching.models import CandidateReview, ExpectedAnswer, Reply, Submission, Transmission
from matching.ports import Permanent, Receipt
from tests.factories import booking_request, person_facts
from tests.matching.conftest import NOW, Checks, eft, iar, receive, sre
from tests.matching.test_reviews import proposed


class AuditDown(Exception):
    pass


def everything() -> dict[str, Any]:
    """What an act may change, as values."""
    return {
        "cases": Case.objects.count(),
        "documents": Document.objects.count(),
        "submissions": list(Submission.objects.order_by("pk").values_list("pk", "state")),
        "transmissions": list(
            Transmission.objects.order_by("pk").values_list("pk", "state", "control_number")
        ),
        "answers": list(ExpectedAnswer.objects.order_by("pk").values_list("pk", "state", "late_noted_at")),
        "replies": list(Reply.objects.order_by("pk").values_list("pk", "state")),
        "reviews": CandidateReview.objects.count(),
        "links": SamePersonLink.objects.count(),
        "events": Event.objects.count(),
    }


Act = Callable[[Checks], Callable[[], Any]]


def booking(checks: Checks) -> Callable[[], Any]:
    request = booking_request(eft=eft(), person=person_facts())
    actor = checks.cast.actor("officer")
    return lambda: case_services.book(actor=actor, agency=checks.cast.jail, request=request, at=NOW)


def sending(checks: Checks) -> Callable[[], Any]:
    row = checks.transmission("sending")
    return lambda: services.record_sent(transmission_id=row.pk, receipt=Receipt("C1", False), at=NOW)


def failing(checks: Checks) -> Callable[[], Any]:
    row = checks.transmission("sending")
    error = Permanent("refused", "Refused.")
    return lambda: services.record_failure(transmission_id=row.pk, owner="w1", error=error, at=NOW)


def releasing(checks: Checks) -> Callable[[], Any]:
    row, actor = checks.transmission("held_back"), checks.cast.actor("supervisor")
    return lambda: services.release_transmission(transmission_id=row.pk, actor=actor, at=NOW, reason="x")


def retrying(checks: Checks) -> Callable[[], Any]:
    row, actor = checks.transmission("failed"), checks.cast.actor("supervisor")
    return lambda: services.retry_transmission(transmission_id=row.pk, actor=actor, at=NOW, reason="x")


def reprinting(checks: Checks) -> Callable[[], Any]:
    old, actor, content = checks.open(), checks.cast.actor("officer"), eft()
    return lambda: services.reprint(submission_id=old.pk, actor=actor, at=NOW, eft=content)


def receiving(checks: Checks) -> Callable[[], Any]:
    content = sre(checks.open(), "fbi", "I")
    return lambda: receive(content)


def receiving_a_stray(checks: Checks) -> Callable[[], Any]:
    content = sre(checks.open(), "fbi", "I", tcr=None)
    return lambda: receive(content)


def coding(checks: Checks) -> Callable[[], Any]:
    submission, actor = checks.open(), checks.cast.actor("clerk")
    receive(iar(submission))
    act = {"submission_id": submission.pk, "at": NOW, "meaning": "iar_no_interest", "reason": "x"}
    return lambda: services.code_iar(actor=actor, **act)


def attaching(checks: Checks) -> Callable[[], Any]:
    submission, actor = checks.open(), checks.cast.actor("supervisor")
    reply = receive(sre(submission, "fbi", "I", tcr=None)).reply
    act = {"reply_id": reply.pk, "submission_id": submission.pk, "at": NOW, "reason": "x"}
    return lambda: services.attach_quarantined(actor=actor, **act)


def dismissing(checks: Checks) -> Callable[[], Any]:
    reply, actor = receive(b"garbage").reply, checks.cast.actor("supervisor")
    return lambda: services.dismiss_quarantined(reply_id=reply.pk, actor=actor, at=NOW, reason="x")


def examining(checks: Checks) -> Callable[[], Any]:
    candidate, actor = proposed(checks), checks.cast.actor("examiner")
    act = {"candidate_id": candidate.pk, "at": NOW, "decision": "same", "rationale": "x"}
    return lambda: services.review_candidate(actor=actor, **act)


def confirming(checks: Checks) -> Callable[[], Any]:
    examining(checks)()
    actor = checks.cast.actor("second_examiner")
    candidate_id = CandidateReview.objects.get().candidate_id
    act = {"candidate_id": candidate_id, "at": NOW, "decision": "same", "rationale": "x"}
    return lambda: services.review_candidate(actor=actor, **act)


def marking_late(checks: Checks) -> Callable[[], Any]:
    due = checks.open().answers.get(source="fbi").due_at
    return lambda: services.mark_overdue(at=due)


ACTS: tuple[Act, ...] = (
    booking, sending, failing, releasing, retrying, reprinting, receiving, receiving_a_stray, coding, attaching,
    dismissing, examining, confirming, marking_late,
)  # fmt: skip


@pytest.mark.parametrize("prepare", ACTS, ids=lambda act: act.__name__)
def test_without_its_record_nothing_happens(
    checks: Checks, prepare: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = prepare(checks)
    before = everything()

    def refuse(*args: object, **kwargs: object) -> None:
        raise AuditDown

    with monkeypatch.context() as down:
        down.setattr(record, "insert", refuse)  # one event
        down.setattr(Event.objects, "using", refuse)  # many at once
        with pytest.raises(AuditDown):
            act()
    unchanged = everything()
    act()

    assert unchanged == before
    assert everything() != before


def test_every_action_has_a_sentence() -> None:
    actions = {
        value
        for name, value in vars(events).items()
        if name.isupper() and isinstance(value, str) and "." in value
    }

    assert actions == set(events.SENTENCES)
    assert all(
        sentence.rstrip("}").endswith((".", "{reason", "{why")) for sentence in events.SENTENCES.values()
    )
