"""The row scope: nothing without it, its agencies with it, and never anything of it in what comes next."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.actors import NOBODY
from accounts.middleware import ActorMiddleware
from accounts.rows import acting_for, become, current_settings
from audit.models import Access, Event
from cases.models import Booking, Case, Charge, CustodyEvent, LocalGround, Person
from config.roles import WEB
from config.row_policies import TABLES
from detainers.models import CaseAuthority, Detainer
from tests import as_web
from tests.actors import Cast
from tests.detainers.builders import Road
from tests.factories import CaseFactory, booking_request

OURS = [Case, Person, Booking, Charge, LocalGround, CustodyEvent, CaseAuthority]


def as_the_web_role() -> AbstractContextManager[None]:
    """What this block asks, it asks as `clearhold_web`."""
    return as_web.acting_as(WEB)


@pytest.fixture
def both(book: CaseFactory, cast: Cast) -> tuple[Case, Case]:
    """A case of our jail and one of the other."""
    return book(), book(who="other_officer", agency=cast.other_jail)


@pytest.mark.parametrize("model", OURS)
def test_without_a_scope_there_is_nothing(both: tuple[Case, Case], model: Any) -> None:
    with as_the_web_role():
        assert model.objects.count() == 0
        with acting_for(NOBODY):
            assert model.objects.count() == 0


@pytest.mark.parametrize("table", sorted(TABLES))
def test_without_a_scope_no_table_shows_a_row(both: tuple[Case, Case], table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
    with as_the_web_role(), connection.cursor() as cursor:
        # History of this very transaction is left out: its writer may read it back.
        mine = "WHERE txid <> pg_current_xact_id()::text::bigint" if table.startswith("audit_") else ""
        cursor.execute(f"SELECT count(*) FROM {table} {mine}")
        assert cursor.fetchone()[0] == 0


@pytest.mark.parametrize("model", OURS)
def test_a_scope_shows_its_agencies_whatever_the_query_asks(
    both: tuple[Case, Case], cast: Cast, model: Any
) -> None:
    everything = model.objects.count()

    with as_the_web_role():
        with acting_for(cast.actor("officer")):
            ours = model.objects.count()
        with acting_for(cast.actor("examiner")):
            of_the_state = model.objects.count()
        with acting_for(cast.actor("reviewer")):
            of_reviewers = model.objects.count()
        with acting_for(cast.actor("stranger")):
            of_strangers = model.objects.count()

    assert 0 < ours < everything
    assert of_the_state == everything
    assert of_reviewers == of_strangers == 0


def test_no_row_can_be_written_or_changed_outside_the_scope(both: tuple[Case, Case], cast: Cast) -> None:
    ours, theirs = both

    with as_the_web_role(), acting_for(cast.actor("officer")):
        assert Case.objects.filter(pk=theirs.pk).update(unit="Moved") == 0
        assert Case.objects.filter(pk=ours.pk).update(unit="Moved") == 1
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Case.objects.filter(pk=ours.pk).update(agency=cast.other_jail)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            LocalGround.objects.create(case=theirs, kind="charge", started_at=theirs.opened_at)


def test_services_work_as_the_web_role_and_fail_without_a_scope(cast: Cast) -> None:
    from cases import services

    request = booking_request()
    with as_the_web_role():
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            services.book(
                actor=cast.actor("officer"), agency=cast.jail, request=request, at=request.booked_at
            )
        with acting_for(cast.actor("officer")):
            made = services.book(
                actor=cast.actor("officer"), agency=cast.jail, request=request, at=request.booked_at
            )

    assert made.created
    assert Event.objects.filter(case_id=made.case.public_id).exists()


def test_history_is_read_within_the_scope(transactional_cast: Cast) -> None:
    book = CaseFactory(transactional_cast)
    ours, theirs = book(), book(who="other_officer", agency=transactional_cast.other_jail)

    with as_the_web_role(), acting_for(transactional_cast.actor("officer")):
        seen = set(Event.objects.values_list("case_id", flat=True))

    assert ours.public_id in seen
    assert theirs.public_id not in seen


def test_requests_are_served_as_the_web_role_within_the_scope(cast: Cast) -> None:
    seen: list[tuple[str, str]] = []

    def view(request: HttpRequest) -> HttpResponse:
        for ask in (lambda: None, lambda: request.actor.id):  # type: ignore[attr-defined]
            ask()
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_user, current_setting('clearhold.agencies')")
                seen.append(cursor.fetchone())
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = cast.user("officer")
    as_web.AsWeb(ActorMiddleware(view))(request)

    assert seen == [("clearhold_web", ""), ("clearhold_web", f"{{{cast.jail.pk}}}")]


def _scope_in_force() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('clearhold.agencies', true), '')")
        return str(cursor.fetchone()[0])


def _nothing() -> None:
    _scope_in_force()


def _commit() -> None:
    with transaction.atomic():
        _scope_in_force()


def _rollback() -> None:
    with transaction.atomic():
        _scope_in_force()
        transaction.set_rollback(True)


def _savepoint_rollback() -> None:
    with transaction.atomic():
        _scope_in_force()
        with transaction.atomic():
            _scope_in_force()
            transaction.set_rollback(True)
        assert _scope_in_force() != ""


def _exception_in_a_transaction() -> None:
    def fail() -> None:
        with transaction.atomic():
            _scope_in_force()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def _failed_statement() -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO cases_casecounter (agency_id, year, last) VALUES (-1, 2026, 0)")


def _lost_connection() -> None:
    _scope_in_force()
    connection.close()


ENDINGS = [
    _nothing,
    _commit,
    _rollback,
    _savepoint_rollback,
    _exception_in_a_transaction,
    _failed_statement,
    _lost_connection,
]


@pytest.mark.parametrize("what_happens", ENDINGS)
def test_no_scope_outlives_its_request(transactional_cast: Cast, what_happens: Callable[[], None]) -> None:
    with as_the_web_role():
        with acting_for(transactional_cast.actor("examiner")):
            what_happens()
            assert _scope_in_force() != ""

        assert _scope_in_force() == ""
        with transaction.atomic():
            assert _scope_in_force() == ""
        with acting_for(transactional_cast.actor("officer")):
            assert _scope_in_force() == f"{{{transactional_cast.jail.pk}}}"


def test_a_scope_that_changes_within_a_transaction_changes_the_rows(
    both: tuple[Case, Case], cast: Cast
) -> None:
    ours, theirs = both
    with as_the_web_role(), transaction.atomic():
        with acting_for(cast.actor("officer")):
            assert list(Case.objects.values_list("pk", flat=True)) == [ours.pk]
            with acting_for(cast.actor("other_officer")):
                assert list(Case.objects.values_list("pk", flat=True)) == [theirs.pk]
            assert list(Case.objects.values_list("pk", flat=True)) == [ours.pk]
        assert not Case.objects.exists()


def test_two_threads_never_see_each_others_scope(transactional_cast: Cast) -> None:
    cast = transactional_cast
    wrong: list[str] = []
    gate = threading.Barrier(2)

    def serve(name: str, key: int) -> None:
        try:
            with as_the_web_role():
                for _ in range(50):
                    with acting_for(cast.actor(name)):
                        gate.wait(timeout=20)
                        if _scope_in_force() != f"{{{key}}}":
                            wrong.append(name)
                    if _scope_in_force() != "":
                        wrong.append(f"after {name}")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=copy_context().run, args=(serve, name, agency.pk))
        for name, agency in (("officer", cast.jail), ("other_officer", cast.other_jail))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert wrong == []
    assert not any(thread.is_alive() for thread in threads)


def test_a_new_thread_begins_with_no_scope(transactional_cast: Cast) -> None:
    CaseFactory(transactional_cast)()
    found: list[int] = []

    def look() -> None:
        with as_the_web_role():
            found.append(Case.objects.count())
        connection.close()

    with acting_for(transactional_cast.actor("officer")):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(timeout=30)

    assert found == [0]


def test_become_speaks_for_the_running_request_only(cast: Cast) -> None:
    officer = cast.actor("officer")

    assert become(officer) is officer
    assert dict(current_settings())["clearhold.agencies"] == ""
    with acting_for(NOBODY):
        become(officer)
        assert dict(current_settings())["clearhold.agencies"] == f"{{{cast.jail.pk}}}"
    assert dict(current_settings())["clearhold.agencies"] == ""


def test_a_federal_office_reaches_the_cases_of_its_own_detainers(book: CaseFactory, cast: Cast) -> None:
    cast.federal.federal_accounts_allowed = True
    cast.federal.save()
    book()
    road = Road(cast, book)
    held = road.register(road.case())
    Detainer.objects.filter(pk=held.pk).update(federal_agency=cast.federal)

    with as_the_web_role(), acting_for(cast.actor("liaison")):
        assert list(Case.objects.values_list("pk", flat=True)) == [held.case_id]
        assert Person.objects.get().pk == held.case.person_id


def test_a_sign_in_that_fails_is_recorded_without_a_scope(cast: Cast) -> None:
    for email in ("officer@example.org", "nobody@example.org"):
        answer = Client().post("/login/", {"email": email, "password": "wrong wrong wrong"})
        assert answer.status_code == 401

    assert Event.objects.filter(action="accounts.sign_in_failed").count() == 2
    assert Access.objects.count() == 0
