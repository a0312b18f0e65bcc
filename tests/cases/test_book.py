import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actors import actor_for_client
from accounts.errors import Conflict, Invalid, NotPermitted
from audit.models import Event
from cases import ports, services
from cases.booking import ChargeFacts, GroundFacts
from cases.models import Booking, Case, Document, Person
from cases.services import content_of
from detainers.models import CaseAuthority
from tests.actors import Cast
from tests.factories import CaseFactory, booking_request, person_facts


def book_it(cast, request, who="officer"):
    return services.book(actor=cast.actor(who), agency=cast.jail, request=request, at=timezone.now())


def test_a_booking_opens_a_case_with_its_ground_and_one_event(cast: Cast):
    result = book_it(cast, booking_request())

    assert result.created
    assert result.case.grounds.get().kind == "charge"
    assert result.case.is_in_custody
    assert Event.objects.filter(action="cases.booked", case_id=result.case.public_id).count() == 1


def test_the_same_booking_again_is_the_same_case(cast: Cast):
    request = booking_request()

    first, second = book_it(cast, request), book_it(cast, request)

    assert (second.created, second.changed) == (False, False)
    assert first.case.pk == second.case.pk
    assert Event.objects.filter(action="cases.booked").count() == 1


def test_changed_charges_are_a_new_fact_on_the_same_case(cast: Cast):
    request = booking_request()
    case = book_it(cast, request).case

    more = replace(request, charges=(*request.charges, ChargeFacts("1313", "Simple assault", "misdemeanor")))
    result = book_it(cast, more)

    assert (result.created, result.changed) == (False, True)
    assert case.charges.count() == 2
    assert case.grounds.count() == 2
    assert case.custody_events.filter(kind="ground_added").count() == 1


def test_another_person_under_the_number_is_a_conflict(cast: Cast):
    request = booking_request()
    book_it(cast, request)

    with pytest.raises(Conflict) as caught:
        book_it(cast, replace(request, person=person_facts(surname="Else")))

    assert caught.value.code == "booking_other_identity"
    assert Person.objects.count() == 1


def test_every_problem_is_named_at_once_and_nothing_is_stored(cast: Cast):
    request = booking_request(
        booking_number="",
        person=person_facts(surname=" ", sex="?"),
        charges=(ChargeFacts("12", "Too short"),),
        booked_at=timezone.now() + timedelta(days=1),
    )

    with pytest.raises(Invalid) as caught:
        book_it(cast, request)

    assert {error.field for error in caught.value.errors} == {
        "booking_number",
        "surname",
        "sex",
        "booked_at",
        "charges.0.offence_code",
    }
    assert not Case.objects.exists()


def test_a_print_file_that_cannot_be_read_is_kept_in_quarantine(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def unreadable(content: bytes) -> ports.EftFacts:
        raise Invalid("2.022 DOB is missing. Enter the date of birth.", field="2.022")

    monkeypatch.setattr(ports, "eft_reader", unreadable)

    with pytest.raises(Invalid):
        book_it(cast, booking_request(eft=b"not an eft"))

    document = Document.objects.get()
    assert content_of(document) == b"not an eft"
    assert "2.022 DOB" in document.quarantine_reason
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "who", ["stranger", "other_officer", "reviewer", "examiner", "clerk", "administrator", "liaison"]
)
def test_only_the_jails_bookers_book(cast: Cast, who: str):
    with pytest.raises(NotPermitted):
        book_it(cast, booking_request(), who=who)

    assert not Case.objects.exists()


def test_if_the_audit_row_fails_nothing_is_booked(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr("audit.record.event", broken)

    with pytest.raises(RuntimeError):
        book_it(cast, booking_request())

    assert not Case.objects.exists()
    assert not Person.objects.exists()


def test_case_numbers_are_dense_within_an_agency_and_year(book: CaseFactory):
    numbers = [book().number for _ in range(3)]

    assert [int(number.split("-")[1]) for number in numbers] == [1, 2, 3]


def test_one_booking_sent_by_eight_at_once_is_one_case(transactional_cast: Cast):
    request = booking_request()
    results, barrier = [], threading.Barrier(8)

    def send() -> None:
        barrier.wait()
        try:
            results.append(book_it(transactional_cast, request).created)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False] * 7 + [True]
    assert Booking.objects.count() == 1


def test_a_ground_sent_later_is_a_new_fact_and_never_lost(cast: Cast):
    request = booking_request(booked_at=timezone.now() - timedelta(days=2))
    case = book_it(cast, request).case
    warrant = GroundFacts("judicial_warrant", "W-1", timezone.now() - timedelta(days=1))
    more = replace(request, grounds=(warrant,))

    first, again = book_it(cast, more), book_it(cast, more)

    assert (first.changed, again.changed) == (True, False)
    ground = case.grounds.get(kind="judicial_warrant")
    assert (ground.description, ground.started_at) == ("W-1", warrant.started_at)
    assert Event.objects.filter(action="cases.ground_added", case_id=case.public_id).count() == 1
    assert case.custody_events.filter(kind="ground_added", ground=ground).count() == 1


def test_what_is_sent_after_a_person_left_holds_nobody_and_hides_no_breach(book: CaseFactory, cast: Cast):
    request = booking_request(booked_at=timezone.now() - timedelta(days=2))
    case = book_it(cast, request).case
    book.eligible(case, at=timezone.now() - timedelta(hours=5))
    at = timezone.now() - timedelta(hours=1)
    services.release(case_id=case.pk, actor=cast.actor("officer"), at=at)
    more = replace(request, charges=(*request.charges, ChargeFacts("5212", "Weapon", "felony")))

    assert book_it(cast, more).changed

    assert case.charges.count() == 2
    assert not case.grounds.filter(ended_at__isnull=True).exists()
    authority = CaseAuthority.objects.get(pk=case.pk)
    assert authority.minutes_over in (239, 240)


def test_a_ground_that_lies_in_the_future_is_refused(cast: Cast):
    ahead = GroundFacts("court_order", "", timezone.now() + timedelta(days=1))

    with pytest.raises(Invalid) as caught:
        book_it(cast, booking_request(grounds=(ahead,)))

    assert [item.field for item in caught.value.errors] == ["grounds.0.started_at"]


@pytest.mark.parametrize(("number", "code"), [("B-1\n", "2399"), ("B-1", "2399\n"), ("B-1", "٢٣٩٩")])
def test_numbers_and_codes_are_what_the_wire_can_carry(cast: Cast, number: str, code: str):
    request = booking_request(booking_number=number, charges=(ChargeFacts(code, "Larceny", "felony"),))

    with pytest.raises(Invalid):
        book_it(cast, request)


def test_other_words_for_a_charge_are_no_new_ground(cast: Cast):
    request = booking_request()
    case = book_it(cast, request).case

    result = book_it(
        cast, replace(request, charges=(replace(request.charges[0], description="Larceny, 2nd degree"),))
    )

    assert result.changed
    assert case.grounds.count() == 1
    assert case.charges.get().description == "Larceny, 2nd degree"
    assert Event.objects.filter(action="cases.charge_reworded", case_id=case.public_id).count() == 1


def test_a_machine_that_sends_a_booking_again_holds_nobody_who_is_to_be_released(book: CaseFactory):
    request = booking_request()
    case = book_it(book.cast, request).case
    book.eligible(case)
    machine = actor_for_client(client_id="c", label="Machine", agency=book.cast.jail)
    more = replace(request, charges=(*request.charges, ChargeFacts("1313", "Simple assault", "misdemeanor")))

    services.book(actor=machine, agency=book.cast.jail, request=more, at=timezone.now())

    case.refresh_from_db()
    assert case.release_eligible_at is not None
    assert case.charges.count() == 2
    assert not case.grounds.filter(ended_at__isnull=True).exists()


def test_grounds_that_come_with_the_booking_are_facts_of_their_own(cast: Cast):
    warrant = GroundFacts(
        "judicial_warrant", "Warrant of the county court", timezone.now() - timedelta(hours=10)
    )

    case = book_it(cast, booking_request(grounds=(warrant,))).case

    assert case.custody_events.filter(kind="ground_added").count() == 1
    assert Event.objects.filter(action="cases.ground_added", case_id=case.public_id).count() == 1


def test_a_print_file_of_somebody_else_is_kept_in_quarantine_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    facts = ports.EftFacts("OTHER", "PERSON", None, "M", "TX", None, (), "digest", 10)
    monkeypatch.setattr(ports, "eft_reader", lambda content: facts)

    for _ in range(2):
        with pytest.raises(Invalid):
            book_it(cast, booking_request(eft=b"somebody else"))

    assert "another surname" in Document.objects.get().quarantine_reason
    assert not Case.objects.exists()
