"""PostgreSQL repeats the law. These tests go round Python."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from cases import services as cases
from cases.models import Case
from detainers.documents import texts
from detainers.models import Breach, Detainer, Hold, PolicyDecision
from tests.detainers.builders import Road, ago, hold_of


def sql(statement: str, *params: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def copy_of(hold: Hold, **changes: Any) -> Callable[[], Any]:
    """A raw insert of a hold like this one, with changes."""
    fields = {
        f.attname: getattr(hold, f.attname) for f in Hold._meta.fields if f.attname not in ("id", "public_id")
    }
    return lambda: Hold.objects.bulk_create([Hold(**{**fields, **changes})])


def refused(act: Callable[[], Any], words: str) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        act()


def test_no_hold_without_service_where_the_edition_needs_it(road: Road) -> None:
    held, _ = road.held(eligible_at=ago(hours=1))
    case = road.case()
    unserved = road.register(case)
    decision = PolicyDecision.objects.get(detainer=unserved)
    same = {"case_id": case.pk, "detainer_id": unserved.pk, "policy_decision_id": decision.pk}

    refused(copy_of(hold_of(held), **same), "takes effect only when served")
    road.serve(unserved)
    copy_of(hold_of(held), **same)()
    assert Hold.objects.filter(case=case).exists()


def test_no_hold_on_service_that_came_after_it_began(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=1))
    hold = hold_of(case)
    sql(
        "UPDATE detainers_hold SET ended_at = started_at, recorded_state = 'lifted', ended_by = 'x' WHERE id = %s",
        hold.pk,
    )
    served = detainer.services.get().served_at
    early = served - timedelta(minutes=1)
    times = {"anchor_at": early, "started_at": early, "cap_at": early + timedelta(hours=48)}

    refused(copy_of(hold, deadline_at=early + timedelta(hours=1), **times), "takes effect only when served")


def test_no_hold_on_a_deficient_or_notice_form_or_against_the_policy(road: Road) -> None:
    held, _ = road.held(eligible_at=ago(hours=1))
    for form, words in (
        ({"signature_present": False}, "no ground to hold"),
        ({"edition": "I-247N_2015", "boxes": {}}, "no ground to hold"),
    ):
        case = road.case()
        detainer = road.register(case, **form)
        road.serve(detainer)
        decision = PolicyDecision.objects.filter(detainer=detainer).latest("pk")
        same = {"case_id": case.pk, "detainer_id": detainer.pk, "policy_decision_id": decision.pk}
        refused(copy_of(hold_of(held), **same), words)
    road.cast.jail.state = "MA"
    road.cast.jail.save()
    case = road.case()
    detainer = road.register(case)
    road.serve(detainer)
    decision = PolicyDecision.objects.filter(detainer=detainer).latest("pk")
    same = {"case_id": case.pk, "detainer_id": detainer.pk, "policy_decision_id": decision.pk}
    refused(copy_of(hold_of(held), **same), "policy decision does not allow")


def test_hold_detainer_and_decision_belong_together(road: Road) -> None:
    held, _ = road.held(eligible_at=ago(hours=1))
    other, _ = road.held(eligible_at=ago(hours=1))
    mine, theirs = hold_of(held), hold_of(other)

    refused(copy_of(mine, case_id=other.pk), "different cases")
    refused(copy_of(mine, policy_decision_id=theirs.policy_decision_id), "different cases")


def test_one_open_hold_and_one_open_breach_per_case(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=1))

    refused(copy_of(hold_of(case)), "detainers_one_open_hold")
    Breach.objects.create(case=case, from_at=ago(hours=1))
    refused(lambda: Breach.objects.create(case=case, from_at=ago(hours=1)), "detainers_one_open_breach")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("deadline_at = deadline_at + interval '1 second'", "only be made shorter"),
        ("cap_at = cap_at + interval '1 hour'", "only be made shorter"),
        (
            "anchor_at = anchor_at + interval '1 hour', cap_at = cap_at + interval '1 hour'",
            "only be made shorter",
        ),
        ("started_at = started_at + interval '1 second'", "only be made shorter"),
        ("rule = 'EXCL_48'", "only be made shorter"),
        ("ended_at = now()", "detainers_hold_end_pair"),
        ("recorded_state = 'expired'", "detainers_hold_end_pair"),
        (
            "recorded_state = 'expired', ended_by = 'x', ended_at = deadline_at + interval '1 second'",
            "hold_order",
        ),
        ("deadline_at = started_at", "detainers_hold_order"),
    ],
)
def test_the_clock_of_a_hold_cannot_be_turned(road: Road, change: str, words: str) -> None:
    case, _ = road.held(eligible_at=ago(hours=1))
    key = hold_of(case).pk

    refused(lambda: sql(f"UPDATE detainers_hold SET {change} WHERE id = %s", key), words)


def test_a_deadline_can_be_made_shorter_and_an_end_stays(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=5))
    key = hold_of(case).pk

    assert (
        sql("UPDATE detainers_hold SET deadline_at = deadline_at - interval '1 hour' WHERE id = %s", key) == 1
    )
    end = (
        "UPDATE detainers_hold SET ended_at = now(), recorded_state = 'lifted', ended_by = 'x' WHERE id = %s"
    )
    assert sql(end, key) == 1
    refused(lambda: sql("UPDATE detainers_hold SET ended_at = started_at WHERE id = %s", key), "ends once")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cap_at": timedelta(hours=49), "deadline_at": timedelta(hours=49)}, "detainers_hold_cap_of_rule"),
        ({"deadline_at": timedelta(hours=48, seconds=1)}, "detainers_hold_within_cap"),
        ({"rule": "EXCL_48", "cap_at": timedelta(hours=146)}, "detainers_hold_cap_of_rule"),
        ({"started_at": timedelta(seconds=-1)}, "detainers_hold_order"),
    ],
)
def test_a_hold_keeps_within_the_cap_of_its_rule(road: Road, changes: dict[str, Any], words: str) -> None:
    case, _ = road.held(eligible_at=ago(hours=1))
    hold = hold_of(case)
    sql(
        "UPDATE detainers_hold SET ended_at = started_at, recorded_state = 'lifted', ended_by = 'x' WHERE id = %s",
        hold.pk,
    )
    values = {k: hold.anchor_at + v if isinstance(v, timedelta) else v for k, v in changes.items()}

    refused(copy_of(hold, **values), words)


@pytest.mark.parametrize(
    "table",
    [
        "detainers_policydecision",
        "detainers_detainerservice",
        "detainers_warrant",
        "detainers_statusclaim",
        "detainers_conditionfinding",
    ],
)
def test_facts_are_append_only(road: Road, table: str) -> None:
    from detainers import services

    case, detainer = road.held(eligible_at=ago(hours=1))
    clerk, supervisor = road.cast.actor("clerk"), road.cast.actor("supervisor")
    key: dict[str, Any] = {"detainer_id": detainer.pk, "at": ago(days=2)}
    services.record_warrant(actor=clerk, kind="ADMIN_I200", signed_by_role="Officer", **key)
    services.record_condition(actor=supervisor, condition="terrorism_list", basis="list", **key)
    services.claim_status(case_id=case.pk, actor=clerk, at=ago(days=1), kind="citizenship")

    refused(lambda: sql(f"UPDATE {table} SET id = id"), "Cannot update")
    refused(lambda: sql(f"DELETE FROM {table}"), "Cannot delete|Cannot update")


def test_rows_of_consequence_cannot_be_deleted_and_paper_stays_as_it_was(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=50))
    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(minutes=1))

    for table in ("detainers_breach", "detainers_hold", "detainers_detainer"):
        refused(lambda table=table: sql(f"DELETE FROM {table}"), "Cannot delete")
    update = "UPDATE detainers_detainer SET edition = 'I-247_2012-12' WHERE id = %s"
    refused(lambda: sql(update, detainer.pk), "Cannot update")
    refused(lambda: sql("UPDATE detainers_breach SET from_at = now()"), "stays as it was recorded")
    refused(lambda: sql("UPDATE detainers_breach SET until_at = now()"), "stays as it was recorded")


def test_service_before_receipt_is_refused(road: Road) -> None:
    detainer = road.register(road.case())
    statement = (
        "INSERT INTO detainers_detainerservice (public_id, detainer_id, served_at, served_text, language, method,"
        " method_detail, refused_to_sign, interpreter_id, served_by)"
        " VALUES (gen_random_uuid(), %s, %s, '', 'es', 'in_person', '', false, '', 'x')"
    )

    refused(
        lambda: sql(statement, detainer.pk, detainer.received_at - timedelta(seconds=1)),
        "served before received",
    )


NOTICE = """
    INSERT INTO detainers_detainerservice (public_id, detainer_id, served_at, served_text, language, method, method_detail,
        refused_to_sign, interpreter_id, officer_name, officer_title, served_by, notice_language, notice_digest, counts)
    VALUES (gen_random_uuid(), %s, %s, '', 'es', 'in_person', '', false, '', '', '', 'x', %s, %s, true)
"""


@pytest.mark.parametrize("notice", ["", "es", "mam"])
def test_a_notice_that_nobody_reviewed_cannot_count(road: Road, notice: str) -> None:
    detainer = road.register(road.case())
    digest = texts.text("es").digest

    refused(lambda: sql(NOTICE, detainer.pk, detainer.received_at, notice, digest), "is no service")


def test_no_hold_begins_on_a_service_that_does_not_count(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=3))
    other = road.register(road.case(), at=ago(days=8))
    road.serve(other, notice_language="es")
    decision = other.decisions.latest("pk")
    begin = copy_of(
        hold_of(case), case_id=other.case_id, detainer_id=other.pk, policy_decision_id=decision.pk
    )

    refused(begin, "takes effect only when served")
    road.serve(other, at=ago(days=7))
    begin()
    assert hold_of(other.case).detainer == other


def test_a_deficient_detainer_has_reasons_and_boxes_have_groups(road: Road) -> None:
    detainer = road.register(road.case(), signature_present=False)
    assert Detainer.objects.get(pk=detainer.pk).state == "deficient"
    fields = {
        f.attname: getattr(detainer, f.attname)
        for f in Detainer._meta.fields
        if f.attname not in ("id", "public_id")
    }

    refused(lambda: Detainer.objects.create(**{**fields, "deficiencies": []}), "detainers_deficient_reasons")
    refused(lambda: Detainer.objects.create(**{**fields, "boxes": {}}), "detainers_detainer_boxes")
    refused(lambda: Detainer.objects.create(**{**fields, "state": "lifted"}), "detainers_detainer_end_pair")


def raw_release(case: Case, minutes: int) -> None:
    """A release written by somebody who goes round the services."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET custody_state = 'released', custody_ended_at = now() - %s * interval '1 minute' WHERE id = %s",
            [minutes, case.pk],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_late_release_gets_its_breach_from_the_database_and_is_never_refused(road: Road) -> None:
    from audit.models import Event
    from detainers import services

    late = road.case()
    road.eligible(late, at=ago(hours=3))
    in_time, _ = road.held(eligible_at=ago(hours=3))

    raw_release(late, 60)
    raw_release(in_time, 60)

    breach = late.breaches.get()
    assert (breach.origin, breach.state, breach.announced) == ("database", "ended", False)
    assert breach.from_at == Case.objects.get(pk=late.pk).release_eligible_at
    assert not in_time.breaches.exists()
    services.expire_due()
    breach.refresh_from_db()
    assert breach.announced
    said = Event.objects.filter(case_id=late.public_id, subject_type="breach").values_list(
        "action", flat=True
    )
    assert sorted(said) == ["detainers.breach_ended", "detainers.breach_opened"]


def test_the_database_ends_a_running_breach_of_a_release_it_sees(road: Road) -> None:
    from detainers import services

    case = road.case()
    road.eligible(case, at=ago(hours=3))
    services.expire_due()

    raw_release(case, 60)

    breach = case.breaches.get()
    assert (breach.origin, breach.state, breach.announced) == ("service", "ended", False)
