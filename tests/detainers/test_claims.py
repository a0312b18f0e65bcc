"""A claim alerts at once, opens a timed check where the law says so, and never moves a deadline."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction

from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from audit.models import Delivery, Event
from audit.outbox import carry_due
from cases.models import Case
from detainers import services
from detainers.models import StatusCheck, StatusClaim
from tests.detainers.builders import Road, ago, hold_of


def claim(road: Road, case: Case, **fields: Any) -> StatusClaim:
    given = {"at": ago(hours=1), "kind": "citizenship", **fields}
    return services.claim_status(case_id=case.pk, actor=road.cast.actor("officer"), **given)


def finish(road: Road, check: StatusCheck, *, who: str = "officer", **fields: Any) -> StatusCheck:
    given = {"at": ago(minutes=5), "outcome": "confirmed", "basis": "Passport at the property desk", **fields}
    return services.finish_check(check_id=check.pk, actor=road.cast.actor(who), **given)


def test_a_claim_opens_a_check_in_the_hours_of_the_policy_and_moves_no_deadline(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))
    before = hold_of(case).deadline_at

    said = claim(road, case)

    check = StatusCheck.objects.get(claim=said)
    assert check.due_at == said.claimed_at + timedelta(hours=4)
    assert (check.policy_code, check.is_open) == ("TX_2_251", True)
    hold = hold_of(case)
    assert (hold.deadline_at, hold.ended_at) == (before, None)
    services.reassess(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(minutes=1))
    assert StatusCheck.objects.count() == 1


def test_the_check_is_due_no_later_than_the_hold_ends(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=46))

    said = claim(road, case)

    assert (
        StatusCheck.objects.get(claim=said).due_at
        == hold_of(case).deadline_at
        < said.claimed_at + timedelta(hours=4)
    )


def test_a_claim_before_the_detainer_is_checked_from_its_receipt(road: Road) -> None:
    case = road.case()
    claim(road, case, at=ago(days=9, hours=5))
    assert not StatusCheck.objects.exists()

    detainer = road.register(case)

    assert StatusCheck.objects.get().opened_at == detainer.received_at


def test_a_confirmed_check_is_proof_and_ends_the_hold(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))
    check = StatusCheck.objects.get(claim=claim(road, case))

    finish(road, check)

    hold = hold_of(case)
    assert (hold.recorded_state, hold.ended_at is not None) == ("excused", True)
    assert StatusClaim.objects.filter(case=case, proof=True).count() == 1
    with pytest.raises(IllegalMove, match="checked already"):
        finish(road, check)


@pytest.mark.parametrize("outcome", ["not_confirmed", "could_not"])
def test_any_other_outcome_changes_no_authority(road: Road, outcome: str) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))
    check = StatusCheck.objects.get(claim=claim(road, case))
    before = hold_of(case).deadline_at

    done = finish(road, check, outcome=outcome)

    assert (done.done_label, done.outcome) == ("Officer", outcome)
    assert (hold_of(case).deadline_at, hold_of(case).ended_at) == (before, None)


def test_proof_at_once_ends_the_hold_without_a_check(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))

    claim(road, case, proof=True, evidence="US passport")

    assert hold_of(case).ended_at is not None
    assert not StatusCheck.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"basis": " "}, "basis"),
        ({"at": ago(days=1)}, "at"),
        ({"at": ago(days=-1)}, "at"),
    ],
)
def test_a_bad_check_is_a_sentence_at_its_field(road: Road, changes: dict[str, Any], field: str) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))
    check = StatusCheck.objects.get(claim=claim(road, case))

    with pytest.raises(Invalid) as refused:
        finish(road, check, **changes)

    assert field in {error.field for error in refused.value.errors}
    check.refresh_from_db()
    assert check.is_open


@pytest.mark.parametrize("who", ["administrator", "other_supervisor", "liaison", "stranger"])
def test_only_staff_of_the_jail_check_a_claim(road: Road, who: str) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))
    check = StatusCheck.objects.get(claim=claim(road, case))

    with pytest.raises(NotPermitted):
        finish(road, check, who=who)
    with pytest.raises(NotFound):
        services.finish_check(
            check_id=check.pk + 9, actor=road.cast.actor("officer"), at=ago(hours=1), outcome="", basis=""
        )


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE detainers_statuscheck SET due_at = due_at + interval '1 second'",
        "UPDATE detainers_statuscheck SET outcome = 'confirmed'",
        "UPDATE detainers_statuscheck SET done_at = now()",
        "DELETE FROM detainers_statuscheck",
    ],
)
def test_the_database_keeps_checks(road: Road, sql: str) -> None:
    case, _ = road.held(eligible_at=ago(hours=2))
    claim(road, case)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_claim_is_mailed_at_once_and_names_nobody(road: Road, settings: Any) -> None:
    settings.ALERT_EMAILS = ["duty@example.org"]
    case, _ = road.held(eligible_at=ago(hours=2))

    claim(road, case)
    row = Delivery.objects.get(subscriber="claim_mail")
    assert row.event == Event.objects.get(action="detainers.status_claimed")
    carry_due(at=ago(minutes=-1))

    (message,) = mail.outbox
    assert message.to == ["duty@example.org"]
    assert "Cedar County Jail" in message.body
    for secret in (case.number, "SAMPLE", "Sample", str(case.public_id)):
        assert secret not in message.body + message.subject
