"""Every fact is correctable; what lengthens authority takes two people; no breach vanishes."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.errors import Conflict, IllegalMove, Invalid, NotPermitted
from audit import record
from audit.errors import AuditError
from audit.models import Event
from cases import services as cases
from cases.corrections import registry
from cases.corrections.models import Correction
from cases.corrections.registry import WITHDRAWN
from cases.models import Charge, LocalGround, Person
from detainers import services
from detainers.models import Breach, DetainerService, Hold
from tests.detainers.builders import Road, ago, authority, hold_of
from tests.detainers.corrections import approve, correct, facts, minutes, second_supervisor, span, subject_of
from tests.factories import booking_request, person_facts

BOXES = {"basis": ["proceedings_pending"], "priority": [], "loan_back": False, "on_conviction": False}
# kind, field, the new value (or how far an instant moves), what it does to the end of authority on the case of `facts`
TABLE: list[tuple[str, str, Any, str]] = [
    ("person", "surname", "Beispiel", "earlier"),
    ("person", "given_names", "Two", "earlier"),
    ("person", "birth_date", date(1990, 5, 18), "none"),
    ("person", "sex", "M", "none"),
    ("person", "birth_place", "CA", "none"),
    ("booking", "booking_number", "B-X", "none"),
    ("booking", "booked_at", minutes(5), "none"),
    ("booking", "booked_at", minutes(-5), "none"),
    ("booking", "arrested_at", "booked", "none"),
    ("charge", "offence_code", "2305", "none"),
    ("charge", "description", "Burglary", "none"),
    ("charge", "offence_class", "felony", "none"),
    ("charge", "status", "dismissed", "none"),
    ("charge", WITHDRAWN, None, "none"),
    ("ground", "kind", "sentence", "none"),
    ("ground", "description", "Other words", "none"),
    ("ground", "started_at", minutes(60), "earlier"),
    ("ground", "started_at", minutes(-60), "none"),
    ("ground", "ended_at", minutes(60), "later"),
    ("ground", "ended_at", minutes(-60), "earlier"),
    ("ground", "end_reason", "diversion", "none"),
    ("ground", WITHDRAWN, None, "earlier"),
    ("custody", "occurred_at", minutes(30), "earlier"),
    ("custody", "occurred_at", minutes(-30), "later"),
    ("custody", "destination", "ice", "none"),
    ("custody", WITHDRAWN, None, "earlier"),
    ("detainer", "received_at", minutes(-30), "none"),
    ("detainer", "channel", "paper", "none"),
    ("detainer", "issued_on", date(2020, 1, 2), "none"),
    ("detainer", "subject_surname", "Sampel", "earlier"),
    ("detainer", "subject_given_names", "Another", "earlier"),
    ("detainer", "subject_birth_date", date(1990, 5, 17), "none"),
    ("detainer", "subject_sex", "F", "none"),
    ("detainer", "cancels_earlier", True, "earlier"),
    ("detainer", "cancels_dated", date(2020, 1, 2), "none"),
    ("detainer", "issuing_office", "Other office", "none"),
    ("detainer", "officer_title", "Supervisory officer", "none"),
    ("detainer", "edition", "I-247N_2015", "earlier"),
    ("detainer", "boxes", BOXES, "none"),
    ("detainer", "signature_present", False, "earlier"),
    ("detainer", WITHDRAWN, None, "earlier"),
    ("service", "served_at", minutes(30), "none"),
    ("service", "language", "fr", "none"),
    ("service", "method", "inmate_mail", "none"),
    ("service", WITHDRAWN, None, "earlier"),
    ("warrant", "kind", "ADMIN_I205", "none"),
    ("warrant", "signed_at", minutes(-30), "none"),
    ("warrant", WITHDRAWN, None, "none"),
    ("finding", "found_at", minutes(-30), "none"),
    ("finding", "basis", "order 7", "none"),
    ("finding", "official_role", "Magistrate", "none"),
    ("finding", WITHDRAWN, None, "none"),
    ("claim", "kind", "lawful_status", "none"),
    ("claim", "claimed_at", minutes(-30), "none"),
    ("claim", "proof", True, "earlier"),
    ("claim", "evidence", "passport", "none"),
    ("claim", WITHDRAWN, None, "none"),
    ("lift", "ended_at", minutes(-30), "earlier"),
    ("lift", "ended_at", minutes(30), "none"),
    ("lift", "end_reason", "Other words", "none"),
    ("lift", "lift_code", "U", "none"),
    ("lift", WITHDRAWN, None, "none"),
    ("duty_outcome", "done_at", minutes(-30), "none"),
    ("duty_outcome", "language", "fr", "none"),
    ("duty_outcome", "statement", "Another folder", "none"),
    ("duty_outcome", WITHDRAWN, None, "none"),
    ("disclosure", "told_at", minutes(-30), "none"),
    ("disclosure", "office", "Other office", "none"),
    ("disclosure", "statement", "Other words", "none"),
    ("disclosure", WITHDRAWN, None, "none"),
    ("conviction", "convicted_on", date(2004, 1, 2), "none"),
    ("conviction", "offence_class", "misdemeanor", "none"),
    ("conviction", "category", "property", "none"),
    ("conviction", "source", "State rap sheet", "none"),
    ("conviction", WITHDRAWN, None, "none"),
    ("breach", "cause", "Other cause", "none"),
    ("breach", "remedy", "Other remedy", "none"),
]


def wanted(case: Any, kind: str, field: str, value: Any) -> Any:
    if value == "booked":
        return case.opened_at - minutes(10)
    if isinstance(value, timedelta):
        row = list(registry.kind(kind).rows(case))[-1]
        return getattr(row, field) + value
    return value


@pytest.mark.parametrize(("kind", "field", "value", "moves"), TABLE, ids=lambda v: str(v)[:20])
def test_every_field_of_every_fact_can_be_corrected(
    road: Road, kind: str, field: str, value: Any, moves: str
) -> None:
    case = facts(road)
    if (kind, field) == ("claim", "proof"):
        correct(road, case, "claim", "evidence", "passport")
    subject, new = subject_of(case, kind), wanted(case, kind, field, value)
    raised = span(case)

    correction = correct(road, case, kind, field, new, subject=subject)

    assert correction.movement == moves
    assert correction.state == ("requested" if moves == "later" else "applied")
    if moves == "later":
        approve(road, correction)
    correction.refresh_from_db()
    case.refresh_from_db()
    assert correction.state == "applied"
    if field != WITHDRAWN:
        row = registry.kind(kind).find(case, subject)
        shown = getattr(row, field)
        assert shown == new or (field == "boxes" and shown["basis"] == new["basis"])
        assert correction.before != correction.after
    assert Breach.objects.filter(case=case, from_at=raised[0], until_at=raised[1]).exists()


def test_the_table_above_is_complete() -> None:
    listed = {(kind, field) for kind, field, _value, _moves in TABLE}
    known = {(kind.slug, field.name) for kind in registry.kinds().values() for field in kind.fields}
    known |= {(kind.slug, WITHDRAWN) for kind in registry.kinds().values() if kind.can_be_withdrawn}
    assert listed == known


def test_later_needs_a_second_different_person(road: Road) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=30))
    hold = hold_of(case)
    ground = case.grounds.get()
    asked = correct(road, case, "ground", "ended_at", ground.ended_at + timedelta(hours=2), who="supervisor")

    assert (asked.state, asked.movement, asked.needs_second) == ("requested", "later", True)
    assert authority(case).authority_ends_at == hold.deadline_at
    with pytest.raises(NotPermitted, match="Another person"):
        approve(road, asked, "supervisor")
    with pytest.raises(NotPermitted, match="role"):
        approve(road, asked, "officer")
    with pytest.raises(DatabaseError, match="two_people"), transaction.atomic():
        Correction.objects.filter(pk=asked.pk).update(
            state="applied", approved_by=asked.requested_by, decided_by="x", decided_at=ago(), applied_txid=1
        )

    second_supervisor(road.cast)
    approve(road, asked, "second_supervisor")

    old, new = Hold.objects.filter(case=case).order_by("pk")
    assert (old.recorded_state, old.superseded_by) == ("corrected", asked.public_id)
    assert new.deadline_at == hold.deadline_at + timedelta(hours=2)
    assert authority(case).authority_ends_at == new.deadline_at
    assert not Breach.objects.filter(case=case).exists()


def test_earlier_is_applied_at_once_and_opens_the_breach(road: Road) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=40))
    before = hold_of(case).deadline_at
    ground = case.grounds.get()

    done = correct(road, case, "ground", "ended_at", ground.ended_at - timedelta(hours=10))

    hold = hold_of(case)
    assert (done.state, done.movement, done.approved_by) == ("applied", "earlier", "")
    assert hold.deadline_at == before - timedelta(hours=10)
    assert hold.recorded_state == "expired"
    breach = Breach.objects.get(case=case)
    assert (breach.from_at, breach.state) == (hold.deadline_at, "open")
    assert Event.objects.filter(action="detainers.breach_opened", case_id=case.public_id).count() == 1


def test_a_service_by_mistake_ends_the_hold_where_it_began(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=3))

    correct(road, case, "service", WITHDRAWN)

    hold = hold_of(case)
    detainer.refresh_from_db()
    assert (hold.recorded_state, hold.ended_at) == ("excused", hold.started_at)
    assert detainer.state == "received"
    assert DetainerService.ever.filter(detainer=detainer).count() == 1
    breach = Breach.objects.get(case=case)
    assert (breach.from_at, breach.state) == (hold.started_at, "open")


def test_a_release_by_mistake_brings_the_person_back_by_two_people(road: Road) -> None:
    case = road.case()
    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(hours=1))

    asked = correct(road, case, "custody", WITHDRAWN)
    assert asked.state == "requested"
    approve(road, asked)

    case.refresh_from_db()
    assert (case.custody_state, case.custody_ended_at, case.release_eligible_at) == ("in_custody", None, None)
    assert case.grounds.get().ended_at is None
    assert asked.consequences.count() == 2


def test_a_running_breach_keeps_every_minute_that_was_raised(road: Road) -> None:
    case = road.eligible(road.case(), at=ago(hours=5))
    services.expire_due()
    breach = Breach.objects.get(case=case)
    ground = case.grounds.get()

    asked = correct(road, case, "ground", "ended_at", ground.ended_at + timedelta(hours=2))
    assert asked.movement == "later"
    approve(road, asked)

    breach.refresh_from_db()
    assert breach.from_at == ground.ended_at
    assert breach.until_at is None or breach.until_at >= breach.opened_at


def test_what_was_entered_stays_and_the_row_is_guarded(road: Road) -> None:
    case = road.case()
    correct(road, case, "person", "surname", "Beispiel")

    row = Correction.objects.get()
    assert (row.before, row.after, row.requested_by) == ("Sample", "Beispiel", road.cast.actor("officer").id)
    event = Event.objects.get(action="cases.corrected")
    assert event.changed == ["surname"]
    assert "Beispiel" not in str(event.facts) + event.reason
    for act in (
        lambda: Person.objects.filter(pk=case.person_id).update(given_names="Unseen"),
        lambda: Charge.objects.filter(case=case).update(status="convicted"),
        lambda: row.delete(),
        lambda: Correction.objects.filter(pk=row.pk).update(before="Other"),
        lambda: connection.cursor().execute("TRUNCATE cases_correction CASCADE"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_a_failed_event_undoes_everything(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=40))
    real: Any = record.event

    def failing(action: str, **rest: Any) -> Any:
        if action == "cases.corrected":
            raise AuditError("no space")
        return real(action, **rest)

    hold, ground = hold_of(case), case.grounds.get()
    monkeypatch.setattr(record, "event", failing)
    with pytest.raises(AuditError):
        correct(road, case, "ground", "ended_at", ground.ended_at - timedelta(hours=30))

    ground.refresh_from_db()
    assert ground.ended_at == case.release_eligible_at
    assert hold_of(case).deadline_at == hold.deadline_at
    assert not Correction.objects.exists()
    assert not Breach.objects.exists()


def test_refuse_and_withdraw_change_nothing(road: Road) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=30))
    end = case.grounds.get().ended_at
    key: dict[str, Any] = {"at": ago(), "reason": "No."}
    asked = correct(road, case, "ground", "ended_at", end + minutes(5), who="officer")
    with pytest.raises(IllegalMove, match="waits"):
        correct(road, case, "ground", "ended_at", end + minutes(6), who="clerk")
    with pytest.raises(NotPermitted):
        cases.withdraw_correction(correction_id=asked.pk, actor=road.cast.actor("clerk"), **key)

    cases.refuse_correction(correction_id=asked.pk, actor=road.cast.actor("supervisor"), **key)
    with pytest.raises(IllegalMove):
        approve(road, asked)
    again = correct(road, case, "ground", "ended_at", end + minutes(5), who="officer")
    cases.withdraw_correction(correction_id=again.pk, actor=road.cast.actor("officer"), **key)

    assert case.grounds.get().ended_at == end
    assert set(Correction.objects.values_list("state", flat=True)) == {"refused", "withdrawn"}


@pytest.mark.parametrize(
    ("kind", "field", "value", "sentence"),
    [
        ("person", "surname", "", "Enter what"),
        ("person", "surname", "Sample", "recorded now"),
        ("person", "sex", "Q", "Choose"),
        ("ground", "started_at", "later than its end", "before it began"),
        ("service", "served_at", "before receipt", "before the receipt"),
        ("booking", "booked_at", "tomorrow", "future"),
    ],
)
def test_bad_values_are_refused_with_a_sentence(
    road: Road, kind: str, field: str, value: Any, sentence: str
) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=3))
    instants = {"later than its end": ago(hours=1), "before receipt": ago(days=10), "tomorrow": ago(days=-1)}

    with pytest.raises(Invalid, match=sentence):
        correct(road, case, kind, field, instants.get(value, value))

    assert not Correction.objects.exists()


def test_strangers_and_neighbours_correct_nothing(road: Road) -> None:
    case = road.case()
    for who in ("administrator", "other_supervisor", "examiner", "reviewer", "stranger", "liaison"):
        with pytest.raises(NotPermitted):
            correct(road, case, "person", "surname", "Other", who=who)


def test_a_short_ground_after_release_time_gives_no_new_hours(road: Road) -> None:
    case, officer = road.case(), road.cast.actor("officer")
    road.eligible(case, at=ago(hours=30))
    ground = cases.add_ground(case_id=case.pk, actor=officer, at=ago(hours=20), kind="court_order")
    cases.end_ground(ground_id=ground.pk, actor=officer, at=ago(hours=19), reason="warrant_ended")
    detainer = road.register(case, at=ago(hours=10))
    road.serve(detainer, at=ago(hours=9))

    hold = hold_of(case)
    assert hold.anchor_at == ago(hours=30).replace(microsecond=hold.anchor_at.microsecond) or (
        abs(hold.anchor_at - ago(hours=30)) < minutes(1)
    )
    assert hold.deadline_at == hold.anchor_at + timedelta(hours=48)


def test_a_ground_dated_back_by_one_person_does_not_move_the_release_time(road: Road) -> None:
    case, officer = road.case(), road.cast.actor("officer")
    road.eligible(case, at=ago(hours=30))
    first = case.release_eligible_at
    ground = cases.add_ground(case_id=case.pk, actor=officer, at=ago(hours=40), kind="court_order")
    cases.end_ground(ground_id=ground.pk, actor=officer, at=ago(hours=20), reason="warrant_ended")
    detainer = road.register(case, at=ago(hours=10))
    road.serve(detainer, at=ago(hours=9))

    assert hold_of(case).anchor_at == first


def test_a_booking_sent_again_with_another_time_is_a_conflict(road: Road) -> None:
    request = booking_request(booked_at=ago(hours=10))
    actor, jail = road.cast.actor("officer"), road.cast.jail
    case = cases.book(actor=actor, agency=jail, request=request, at=ago()).case
    moved = booking_request(booking_number=request.booking_number, booked_at=ago(hours=9))

    with pytest.raises(Conflict, match="another time"):
        cases.book(actor=actor, agency=jail, request=moved, at=ago())

    correct(road, case, "booking", "booked_at", moved.booked_at)
    correct(road, case, "person", "surname", "Beispiel")
    for again in (request, moved):
        assert cases.book(actor=actor, agency=jail, request=again, at=ago()).case == case
    renamed = booking_request(
        booking_number=request.booking_number,
        booked_at=moved.booked_at,
        person=person_facts(surname="Beispiel"),
    )
    assert cases.book(actor=actor, agency=jail, request=renamed, at=ago()).case == case


def test_a_ground_entered_in_error_is_no_ground(road: Road) -> None:
    at = ago(
        hours=2
    )  # one instant: a gap between the two grounds, however short, would be a breach of its own
    case = road.eligible(road.case(), at=at)
    ground = cases.add_ground(case_id=case.pk, actor=road.cast.actor("officer"), at=at, kind="court_order")

    done = correct(road, case, "ground", WITHDRAWN, subject=ground.public_id)

    case.refresh_from_db()
    ground.refresh_from_db()
    assert done.movement == "earlier"
    assert ground.end_reason == LocalGround.EndReason.ENTERED_IN_ERROR
    assert authority(case).in_breach
    assert Breach.objects.get(case=case).until_at is None
