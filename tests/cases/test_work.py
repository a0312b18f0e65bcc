"""One owner at a time, every change kept; a move between units; notes that stay."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError, InternalError
from django.utils import timezone

from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from accounts.models import Membership
from audit.models import Event
from cases import services
from cases.models import Assignment, AssignmentOffer, CaseNote, CustodyEvent


def now():
    return timezone.now()


def user_id(cast, name) -> UUID:
    return cast.user(name).public_id


def owner_of(case):
    row = Assignment.objects.filter(case=case, ended_at__isnull=True).select_related("owner").first()
    return row.owner.name if row else None


@pytest.fixture
def mine(cast, book):
    """A case that the officer owns."""
    case = book()
    services.claim_case(case_id=case.pk, actor=cast.actor("officer"), at=now())
    return case


def test_who_takes_a_case_owns_it_and_the_timeline_says_so(cast, mine):
    assert owner_of(mine) == cast.user("officer").name
    event = Event.objects.get(action="cases.owner_named")
    assert event.facts == {"words": "took the case", "owner": str(user_id(cast, "officer"))}


@pytest.mark.parametrize("name", ["officer", "clerk", "supervisor"])
def test_a_case_with_an_owner_is_not_taken_again(cast, mine, name):
    with pytest.raises(IllegalMove):
        services.claim_case(case_id=mine.pk, actor=cast.actor(name), at=now())


@pytest.mark.parametrize("name", ["other_officer", "administrator", "examiner", "stranger"])
def test_nobody_else_takes_cases(cast, book, name):
    with pytest.raises(NotPermitted):
        services.claim_case(case_id=book().pk, actor=cast.actor(name), at=now())


def test_two_owners_at_once_are_refused_by_the_database(cast, mine):
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            case=mine, owner=cast.user("clerk"), how="claimed", begun_by="x", begun_label="x"
        )


def test_a_supervisor_assigns_and_the_earlier_owner_stays_on_record(cast, mine):
    services.assign_case(
        case_id=mine.pk,
        owner=user_id(cast, "clerk"),
        actor=cast.actor("supervisor"),
        at=now(),
        reason="Sick.",
    )

    assert owner_of(mine) == cast.user("clerk").name
    assert [row.ended_label for row in Assignment.objects.filter(case=mine).order_by("pk")] == [
        cast.actor("supervisor").label,
        "",
    ]


@pytest.mark.parametrize("name", ["other_officer", "administrator", "examiner", "stranger"])
def test_only_who_works_here_on_cases_becomes_owner(cast, mine, name):
    with pytest.raises(Invalid, match="cannot own cases here"):
        services.assign_case(
            case_id=mine.pk, owner=user_id(cast, name), actor=cast.actor("supervisor"), at=now()
        )


def test_somebody_who_left_cannot_be_given_work(cast, mine):
    Membership.objects.filter(user=cast.user("clerk")).update(ends_at=now())

    with pytest.raises(Invalid):
        services.assign_case(
            case_id=mine.pk, owner=user_id(cast, "clerk"), actor=cast.actor("supervisor"), at=now()
        )


@pytest.mark.parametrize("name", ["officer", "clerk"])
def test_assigning_is_for_supervisors(cast, mine, name):
    with pytest.raises(NotPermitted):
        services.assign_case(case_id=mine.pk, owner=user_id(cast, "clerk"), actor=cast.actor(name), at=now())


def offered(cast, case, to="clerk"):
    return services.offer_case(
        case_id=case.pk, to=user_id(cast, to), actor=cast.actor("officer"), at=now(), reason="End of shift."
    )


def test_an_offer_changes_nothing_until_it_is_accepted(cast, mine):
    offer = offered(cast, mine)
    assert owner_of(mine) == cast.user("officer").name

    services.answer_offer(offer_id=offer.pk, actor=cast.actor("clerk"), at=now(), accepts=True)

    assert owner_of(mine) == cast.user("clerk").name


def test_an_offer_that_is_declined_says_why_and_leaves_the_owner(cast, mine):
    offer = offered(cast, mine)
    with pytest.raises(Invalid):
        services.answer_offer(offer_id=offer.pk, actor=cast.actor("clerk"), at=now(), accepts=False)

    services.answer_offer(
        offer_id=offer.pk, actor=cast.actor("clerk"), at=now(), accepts=False, reason="On leave."
    )

    assert owner_of(mine) == cast.user("officer").name
    assert AssignmentOffer.objects.get().decision_reason == "On leave."


@pytest.mark.parametrize("name", ["officer", "supervisor", "other_officer"])
def test_nobody_answers_for_somebody_else(cast, mine, name):
    offer = offered(cast, mine)

    with pytest.raises(NotPermitted):
        services.answer_offer(offer_id=offer.pk, actor=cast.actor(name), at=now(), accepts=True)


def test_an_offer_is_answered_once_and_one_waits_at_a_time(cast, mine):
    offer = offered(cast, mine)
    with pytest.raises(IllegalMove):
        offered(cast, mine, to="supervisor")
    services.withdraw_offer(offer_id=offer.pk, actor=cast.actor("officer"), at=now())

    with pytest.raises(IllegalMove):
        services.answer_offer(offer_id=offer.pk, actor=cast.actor("clerk"), at=now(), accepts=True)
    assert offered(cast, mine).decided_at is None


def test_who_does_not_own_a_case_offers_nothing(cast, mine):
    with pytest.raises(NotPermitted):
        services.offer_case(
            case_id=mine.pk, to=user_id(cast, "supervisor"), actor=cast.actor("clerk"), at=now()
        )


def test_a_case_given_back_has_no_owner_and_says_why(cast, mine):
    with pytest.raises(Invalid):
        services.give_back_case(case_id=mine.pk, actor=cast.actor("officer"), at=now(), reason=" ")
    with pytest.raises(NotPermitted):
        services.give_back_case(case_id=mine.pk, actor=cast.actor("clerk"), at=now(), reason="x")

    services.give_back_case(case_id=mine.pk, actor=cast.actor("officer"), at=now(), reason="End of shift.")

    assert owner_of(mine) is None
    assert Assignment.objects.get().end_reason == "End of shift."


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE cases_assignment SET owner_id = owner_id + 1",
        "UPDATE cases_assignment SET began_at = now()",
        "DELETE FROM cases_assignment",
        "UPDATE cases_casenote SET text = 'x'",
        "DELETE FROM cases_casenote",
    ],
)
def test_history_is_not_rewritten(cast, mine, sql):
    services.write_note(case_id=mine.pk, actor=cast.actor("officer"), at=now(), text="Asked for a doctor.")
    from django.db import connection

    with pytest.raises((InternalError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_note_is_kept_and_its_words_are_in_no_event(cast, mine):
    services.write_note(case_id=mine.pk, actor=cast.actor("clerk"), at=now(), text=" Asked for a doctor. ")

    assert CaseNote.objects.get().text == "Asked for a doctor."
    assert "doctor" not in str(Event.objects.get(action="cases.note_written").__dict__)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_an_empty_or_endless_note_is_refused(cast, mine, text):
    with pytest.raises(Invalid):
        services.write_note(case_id=mine.pk, actor=cast.actor("clerk"), at=now(), text=text)


def test_a_move_is_a_fact_of_custody_with_its_own_time(cast, book):
    case, at = book(), now() - timedelta(minutes=20)

    services.move_to_unit(case_id=case.pk, actor=cast.actor("clerk"), at=at, unit="  Unit   3 ")

    case.refresh_from_db()
    fact = CustodyEvent.objects.get(kind="moved")
    assert (case.unit, fact.unit, fact.occurred_at) == ("Unit 3", "Unit 3", at)
    assert Event.objects.get(action="cases.moved").facts == {"from_unit": "Booking", "unit": "Unit 3"}


@pytest.mark.parametrize(
    ("unit", "error"), [("", Invalid), (" ", Invalid), ("x" * 41, Invalid), ("Booking", IllegalMove)]
)
def test_a_unit_that_is_none_is_refused(cast, book, unit, error):
    with pytest.raises(error):
        services.move_to_unit(case_id=book().pk, actor=cast.actor("clerk"), at=now(), unit=unit)


def test_who_left_is_moved_nowhere_and_nobody_else_moves_anybody(cast, book):
    case = book()
    with pytest.raises(NotPermitted):
        services.move_to_unit(case_id=case.pk, actor=cast.actor("other_officer"), at=now(), unit="Unit 3")
    services.release(case_id=case.pk, actor=cast.actor("officer"), at=now())
    with pytest.raises(IllegalMove):
        services.move_to_unit(case_id=case.pk, actor=cast.actor("officer"), at=now(), unit="Unit 3")
    with pytest.raises(NotFound):
        services.move_to_unit(case_id=0, actor=cast.actor("officer"), at=now(), unit="Unit 3")


def test_an_unknown_colleague_is_refused(cast, mine):
    with pytest.raises(Invalid):
        services.offer_case(case_id=mine.pk, to=uuid4(), actor=cast.actor("officer"), at=now())
