"""Duties open with the decision, are done by named people, and hold back any hold that depends on them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.errors import IllegalMove, Invalid, NotPermitted
from audit.models import Event
from cases.corrections.registry import WITHDRAWN
from cases.models import Case
from detainers import duties as rules
from detainers import rulebook, services
from detainers.duties import DUTIES, SHORT, due_at
from detainers.models import Breach, Detainer, Duty, DutyOutcome, Hold, IceDisclosure
from detainers.policies import Facts, decide, replay
from detainers.policy_rows import Duty as Code
from detainers.states import DUTY_MOVES, pairs
from tests.detainers.builders import Road, ago, authority, hold_of
from tests.detainers.corrections import correct

DONE = {"method": "in_person", "language": "es", "statement": "Form signed, in the folder"}


def in_state(road: Road, state: str) -> None:
    road.cast.jail.state = state
    road.cast.jail.save()


def duty(detainer: Detainer, code: str) -> Duty:
    return Duty.objects.get(detainer=detainer, code=code)


def codes(detainer: Detainer) -> dict[str, str]:
    return {row.code: row.state for row in Duty.objects.filter(detainer=detainer)}


def do(road: Road, row: Duty, *, who: str = "clerk", **fields: Any) -> DutyOutcome:
    given = {**DONE, "at": ago(days=8), **fields}
    return services.record_duty(duty_id=row.pk, actor=road.cast.actor(who), **given)


def tell(road: Road, detainer: Detainer, **fields: Any) -> IceDisclosure:
    given = {
        "at": ago(minutes=5),
        "kind": "release",
        "method": "telephone",
        "office": "Field Office",
        "statement": "Release time was said.",
    }
    return services.tell_ice(detainer_id=detainer.pk, actor=road.cast.actor("clerk"), **(given | fields))


def nc_case(road: Road, *, order_at: Any = None, eligible_at: Any = None) -> tuple[Case, Detainer]:
    in_state(road, "NC")
    case = road.case()
    detainer = road.register(case)
    road.serve(detainer)
    clerk = road.cast.actor("clerk")
    services.record_warrant(
        detainer_id=detainer.pk, actor=clerk, at=ago(days=9), kind="ADMIN_I200", signed_by_role="officer"
    )
    if order_at:
        services.record_judicial_order(
            detainer_id=detainer.pk, actor=clerk, at=order_at, official_role="magistrate", basis="Order 1"
        )
    if eligible_at:
        road.eligible(case, at=eligible_at)
    return case, detainer


def test_every_duty_has_words_and_a_short_name() -> None:
    assert set(DUTIES) == set(SHORT) == set(Code)
    for code in Code:
        assert rules.takes_outcome(code) or code in rules.SETTLED_BY


@pytest.mark.parametrize(
    ("code", "hours", "expected"),
    [
        (Code.GIVE_COPY, 24, 24),
        (Code.GIVE_COPY, None, 24),
        (Code.LOG_AND_REPORT, 3, 3),
        (Code.NOTIFY_ICE, 2, 102),
        (Code.WRITTEN_RELEASE_NOTICE, 2, 202),
        (Code.INTERVIEW_CONSENT, 2, None),
    ],
)
def test_hours_count_from_what_the_law_names(code: Code, hours: int | None, expected: int | None) -> None:
    start = ago(days=1)
    found = due_at(
        code,
        hours,
        received_at=start,
        release_at=start + timedelta(hours=100),
        told_at=start + timedelta(hours=200),
    )

    assert found == (None if expected is None else start + timedelta(hours=expected))
    if code is Code.NOTIFY_ICE:
        assert due_at(code, hours, received_at=start) is None


def test_duties_open_with_the_decision_once_with_their_law(road: Road) -> None:
    in_state(road, "CA")
    case = road.case()
    detainer = road.register(case, at=ago(days=9))
    services.reassess(case_id=case.pk, actor=road.cast.actor("clerk"), at=ago(days=8))

    copy = duty(detainer, "GIVE_COPY")
    assert set(codes(detainer)) == {
        "GIVE_COPY",
        "STATE_INTENT",
        "WRITTEN_RELEASE_NOTICE",
        "INTERVIEW_CONSENT",
        "LOG_AND_REPORT",
    }
    assert copy.policy_code == "CA_SB54_2018"
    assert copy.citation
    assert copy.due_at == detainer.received_at + timedelta(hours=24)
    assert not copy.is_condition  # no hold can be here, so none waits for it
    assert duty(detainer, "WRITTEN_RELEASE_NOTICE").due_at is None
    opened = Event.objects.filter(action="detainers.duty_opened", case_id=case.public_id)
    assert opened.count() == 5
    assert services.open_duties(detainer.decisions.get(), actor=road.cast.actor("clerk"), at=ago(days=8))
    assert opened.count() == 5


def test_a_copy_is_owed_by_the_form_where_the_law_names_none(road: Road) -> None:
    detainer = road.register(road.case())

    copy = duty(detainer, "GIVE_COPY")

    assert copy.policy_code == "I-247A_2017"
    assert services.duty_blocks(detainer) == [copy]


def test_service_is_the_outcome_of_the_copy_and_not_a_second_fact(road: Road) -> None:
    detainer = road.register(road.case())
    copy = duty(detainer, "GIVE_COPY")
    with pytest.raises(IllegalMove, match="recorded as the service"):
        do(road, copy)

    service = road.serve(detainer)

    copy.refresh_from_db()
    assert (copy.state, copy.settled_at) == ("done", service.served_at)
    assert not DutyOutcome.objects.filter(duty=copy).exists()
    assert services.duty_blocks(detainer) == []


def test_an_outcome_carries_who_when_how_and_proof(road: Road) -> None:
    in_state(road, "CA")
    detainer = road.register(road.case())
    row = duty(detainer, "STATE_INTENT")

    outcome = do(
        road,
        row,
        answer="declines",
        refused_to_sign=True,
        witness="Badge 12",
        interpreter_id="L-7",
        entered_text="2026-11-16 10:00",
    )

    row.refresh_from_db()
    assert (row.state, row.settled_at) == ("done", outcome.done_at)
    assert outcome.recorded_label == "Clerk"
    assert (outcome.witness, outcome.interpreter_id, outcome.done_text) == (
        "Badge 12",
        "L-7",
        "2026-11-16 10:00",
    )
    assert Event.objects.filter(action="detainers.duty_settled", subject_id=row.public_id).count() == 1
    with pytest.raises(IllegalMove, match="done already"):
        do(road, row, answer="declines")


def test_a_refusal_by_the_person_is_recorded_with_its_witness_and_can_be_overcome(road: Road) -> None:
    in_state(road, "CA")
    row = duty(road.register(road.case()), "INTERVIEW_CONSENT")

    do(road, row, outcome="refused", witness="Sergeant", statement="Would not take the form")
    row.refresh_from_db()
    assert row.state == "refused"
    do(road, row, answer="declines", at=ago(days=7))
    row.refresh_from_db()
    assert row.state == "done"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"language": ""}, "language"),
        ({"answer": ""}, "answer"),
        ({"answer": "perhaps"}, "answer"),
        ({"statement": " "}, "statement"),
        ({"refused_to_sign": True}, "witness"),
        ({"outcome": "refused"}, "witness"),
        ({"outcome": "maybe"}, "outcome"),
        ({"method": "pigeon"}, "method"),
        ({"at": ago(days=20)}, "at"),
        ({"at": ago(days=-1)}, "at"),
    ],
)
def test_a_bad_outcome_is_a_sentence_at_its_field(road: Road, changes: dict[str, Any], field: str) -> None:
    in_state(road, "CA")
    row = duty(road.register(road.case()), "STATE_INTENT")

    with pytest.raises(Invalid) as refused:
        do(road, row, **{"answer": "declines", **changes})

    assert field in {error.field for error in refused.value.errors}
    assert not DutyOutcome.objects.exists()


@pytest.mark.parametrize("told", [[], ["person"], ["attorney"], ["person", "neighbour"]])
def test_a_release_notice_goes_to_the_person_and_to_one_more(road: Road, told: list[str]) -> None:
    in_state(road, "CA")
    detainer = road.register(road.case())
    row = duty(detainer, "WRITTEN_RELEASE_NOTICE")

    with pytest.raises(Invalid):
        do(road, row, recipients=told)
    assert do(road, row, recipients=["designee", "person"]).recipients == ["designee", "person"]


def test_staff_duties_cannot_be_refused_by_the_person(road: Road) -> None:
    in_state(road, "MA")
    row = duty(road.register(road.case()), "LOG_AND_REPORT")

    with pytest.raises(Invalid, match="duty of staff"):
        do(road, row, outcome="refused", witness="Sergeant")


@pytest.mark.parametrize(
    "who", ["administrator", "other_supervisor", "examiner", "liaison", "reviewer", "stranger"]
)
def test_only_staff_of_the_jail_record_duties_and_tell_ice(road: Road, who: str) -> None:
    in_state(road, "CA")
    detainer = road.register(road.case())
    row = duty(detainer, "STATE_INTENT")

    with pytest.raises(NotPermitted):
        do(road, row, who=who, answer="declines")
    with pytest.raises(NotPermitted):
        services.tell_ice(
            detainer_id=detainer.pk,
            actor=road.cast.actor(who),
            at=ago(hours=1),
            kind="release",
            method="fax",
            office="x",
            statement="x",
        )
    assert not Duty.objects.visible_to(road.cast.actor(who)).exists() or who == "administrator"


def test_leaving_and_lifting_end_what_can_no_longer_be_done_and_keep_the_log(road: Road) -> None:
    in_state(road, "CA")
    detainer = road.register(road.case())

    services.lift_detainer(
        detainer_id=detainer.pk, actor=road.cast.actor("clerk"), at=ago(days=8), reason="x"
    )

    found = codes(detainer)
    assert found.pop("LOG_AND_REPORT") == "open"
    assert found.pop("WRITTEN_RELEASE_NOTICE") == "open"
    assert set(found.values()) == {"not_applicable"}


def test_nc_no_hold_while_the_order_is_undone_and_a_late_one_moves_no_end(road: Road) -> None:
    eligible = ago(hours=10)
    case, detainer = nc_case(road, eligible_at=eligible)
    assert not Hold.objects.filter(case=case).exists()
    assert [row.code for row in services.duty_blocks(detainer)] == ["JUDICIAL_ORDER"]
    assert detainer.decisions.latest("pk").verdict == "conditions_not_met"
    services.expire_due()
    assert Breach.objects.get(case=case).from_at == eligible

    ordered = ago(hours=4)
    services.record_judicial_order(
        detainer_id=detainer.pk,
        actor=road.cast.actor("clerk"),
        at=ordered,
        official_role="magistrate",
        basis="Order 1",
    )

    hold = hold_of(case)
    assert hold.started_at == ordered
    assert hold.deadline_at == eligible + timedelta(hours=48)
    assert services.duty_blocks(detainer) == []
    assert duty(detainer, "JUDICIAL_ORDER").settled_at == ordered
    assert Breach.objects.get(case=case).until_at is not None


def test_the_database_refuses_a_hold_while_a_condition_is_undone(road: Road) -> None:
    case, _detainer = nc_case(road, order_at=ago(days=8), eligible_at=ago(hours=2))
    hold = hold_of(case)
    fields = {
        f.attname: getattr(hold, f.attname) for f in Hold._meta.fields if f.attname not in ("id", "public_id")
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE detainers_hold SET ended_at = started_at, recorded_state = 'lifted', ended_by = 'x'"
        )
        cursor.execute(
            "UPDATE detainers_duty SET state = 'open', settled_at = NULL WHERE code = 'JUDICIAL_ORDER'"
        )

    with pytest.raises(DatabaseError, match="duty that is a condition"), transaction.atomic():
        Hold.objects.bulk_create([Hold(**fields)])


def test_nc_ice_is_owed_notice_within_two_hours_of_the_release_time(road: Road) -> None:
    eligible = ago(hours=3)
    case, detainer = nc_case(road, order_at=ago(days=8))
    assert duty(detainer, "NOTIFY_ICE").due_at is None

    road.eligible(case, at=eligible)

    row = duty(detainer, "NOTIFY_ICE")
    assert row.due_at == eligible + timedelta(hours=2)
    assert services.say_overdue_duties(at=ago(hours=2)) == 0
    assert services.say_overdue_duties(at=ago(minutes=30)) == 1
    assert row.is_overdue(ago(minutes=30))
    told = tell(road, detainer)
    row.refresh_from_db()
    assert (row.state, row.settled_at, row.was_late) == ("done", told.told_at, True)
    assert authority(case).hold_deadline_at == eligible + timedelta(hours=48)


def test_telling_ice_is_refused_with_the_citation_where_the_law_forbids_it(road: Road) -> None:
    in_state(road, "IL")
    detainer = road.register(road.case())

    with pytest.raises(IllegalMove, match="5 ILCS 805"):
        tell(road, detainer)
    assert not IceDisclosure.objects.exists()
    assert tell(road, detainer, kind="status").policy_said == "permitted"


def test_telling_on_conditions_names_the_condition_and_makes_the_written_notice_due(road: Road) -> None:
    in_state(road, "CA")
    detainer = road.register(road.case())
    with pytest.raises(Invalid, match="which condition"):
        tell(road, detainer)

    told = tell(road, detainer, basis="Conviction under Gov. Code 7282.5(a)(1)")

    notice = duty(detainer, "WRITTEN_RELEASE_NOTICE")
    assert (notice.state, notice.due_at) == ("open", told.told_at + timedelta(hours=24))


def test_the_database_refuses_telling_ice_against_the_policy(road: Road) -> None:
    in_state(road, "IL")
    case = road.case()
    detainer = road.register(case)
    fields = {
        "case": case,
        "decision": detainer.decisions.get(),
        "told_at": ago(hours=1),
        "method": "fax",
        "office": "x",
        "statement": "x",
        "policy_said": "permitted",
        "recorded_by": "x",
        "recorded_label": "x",
    }

    with pytest.raises(DatabaseError, match="forbids telling ICE"), transaction.atomic():
        IceDisclosure.objects.create(kind="release", **fields)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE detainers_duty SET state = 'done', settled_at = now()", "recorded outcome only"),
        ("UPDATE detainers_duty SET state = 'refused', settled_at = now()", "its witness first"),
        ("UPDATE detainers_duty SET due_at = due_at + interval '1 second'", "comes nearer"),
        ("UPDATE detainers_duty SET due_at = NULL", "comes nearer"),
        ("UPDATE detainers_duty SET code = 'INTERPRETER'", "comes nearer"),
        ("UPDATE detainers_duty SET settled_at = now()", "settled_pair"),
        ("DELETE FROM detainers_duty", "Cannot delete"),
    ],
)
def test_the_database_keeps_duties(road: Road, sql: str, words: str) -> None:
    in_state(road, "MA")
    detainer = road.register(road.case(), edition="I-247_2010-08", boxes={})
    assert codes(detainer) == {"LOG_AND_REPORT": "open"}

    with pytest.raises(DatabaseError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_outcomes_are_never_changed(road: Road) -> None:
    in_state(road, "MA")
    detainer = road.register(road.case())
    do(road, duty(detainer, "LOG_AND_REPORT"))
    tell(road, detainer)

    for sql in (
        "UPDATE detainers_dutyoutcome SET statement = 'other'",
        "UPDATE detainers_icedisclosure SET statement = 'other'",
        "DELETE FROM detainers_dutyoutcome",
        "DELETE FROM detainers_icedisclosure",
        "UPDATE detainers_duty SET state = 'not_applicable' WHERE code = 'LOG_AND_REPORT'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_sweep_says_once_what_was_not_done_in_time(road: Road) -> None:
    in_state(road, "MA")
    detainer = road.register(road.case())
    row = duty(detainer, "LOG_AND_REPORT")
    assert row.due_at is not None

    assert services.say_overdue_duties(at=row.due_at) == 0
    services.expire_due()
    services.expire_due()

    said = Event.objects.filter(action="detainers.duty_overdue", subject_id=row.public_id)
    assert said.count() == 1
    do(road, row, at=ago(hours=1))
    row.refresh_from_db()
    assert row.was_late


def test_the_moves_of_a_duty_are_these_and_the_database_has_the_same() -> None:
    expected = {
        ("open", "done"),
        ("open", "refused"),
        ("open", "not_applicable"),
        ("refused", "done"),
        ("refused", "open"),
        ("done", "open"),
        ("not_applicable", "open"),
        ("not_applicable", "done"),
    }
    (trigger,) = [item for item in Duty._meta.triggers if item.name == "moves"]

    assert set(pairs(DUTY_MOVES)) == expected
    assert set(trigger.transitions) == expected


def test_a_withdrawn_service_opens_the_copy_again(road: Road) -> None:
    case = road.case()
    detainer = road.register(case)
    road.serve(detainer)

    correct(road, case, "service", WITHDRAWN)

    assert codes(detainer)["GIVE_COPY"] == "open"
    assert Event.objects.filter(action="detainers.duty_reopened").count() == 1


def test_a_row_may_make_any_duty_a_condition_of_the_hold() -> None:
    policies = """
version: "1"
policies:
  - {code: ZZ_1, level: state, state: ZZ, citation: Statute 1, from: 2020-01-01, confidence: confirmed,
     hold: permitted, duties: [{code: STATE_INTENT, due_hours: 4, condition: true}]}
"""
    book = rulebook.load((rulebook.DATA / "editions.yaml").read_text("utf-8"), policies)
    facts = Facts(on="2026-03-19", state="ZZ", county="", city="", edition="I-247A_2017")

    undone, done = decide(facts, book), decide(replace(facts, duties_done=("STATE_INTENT",)), book)

    assert undone.verdict.value == "conditions_not_met"
    assert done.verdict.value == "hold_permitted"
    assert replay(done.facts.as_json(), done.trace(), book).to_bytes() == done.to_bytes()
