"""Synthetic cases are such as the services write, and every guard is in its place after them.

The load is dear, so each test here looks at many things of one load.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from rich.console import Console

from accounts.actors import system
from accounts.models import Membership
from audit.ledger import sealed
from audit.models import Event
from cases import services as case_services
from cases.booking import BookingRequest, ChargeFacts, PersonFacts
from cases.models import Booking, Case, Document
from cases.services import content_of
from config.synthesis import guards
from config.synthesis.command import Refused, Told, Wanted, refuse_real_cases, synthesise
from config.synthesis.harvest import Table, tables
from config.synthesis.names import GIVEN, SURNAMES
from config.synthesis.places import make_world
from config.synthesis.stories import STORIES
from config.synthesis.verify import differing_holds, verify
from config.synthesis.walk import Walk, long_ago
from detainers.models import Breach, CaseAuthority, Hold
from integration.services import create_client
from matching.models import Transmission
from tests.factories import booking_request

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "oversight"])]
BACKEND = "accounts.backends.EmailBackend"


def test_a_load_leaves_whole_cases_whole_guards_and_pages_that_open(synthetic: Told) -> None:
    """What is inside is as it must be, is read by every door, and is sealed."""
    assert Case.objects.count() == synthetic.cases == 400
    verify(sample=50)
    assert guards.missing() == []
    assert sealed(Event.objects.all()).count() == Event.objects.count()
    _documents_open()
    _bookings_are_known_again()
    _custody_and_authority_agree()
    _pages_open()
    _names_are_of_the_lists()


def _documents_open() -> None:
    documents = list(Document.objects.order_by("pk")[:40])
    assert documents
    assert all(len(content_of(document)) == document.size for document in documents)
    for sent in Transmission.objects.select_related("submission__document").order_by("pk")[:20]:
        assert sent.submission.tcn.encode() in sent.outgoing_bytes()


def _bookings_are_known_again() -> None:
    """The same booking sent again is the same: both digests are those of what the case says."""
    for booking in Booking.objects.select_related("case__person", "agency").order_by("pk")[:60]:
        case, person = booking.case, booking.case.person
        request = BookingRequest(
            booking_number=booking.booking_number,
            booked_at=booking.booked_at,
            person=PersonFacts(
                person.surname, person.given_names, person.birth_date, person.sex, person.birth_place
            ),
            charges=tuple(
                ChargeFacts(row.offence_code, row.description, row.offence_class)
                for row in case.charges.order_by("pk")
            ),
        )
        assert booking.identity_digest == request.identity_digest()
        assert booking.content_digest == request.content_digest()


def _custody_and_authority_agree() -> None:
    inside = CaseAuthority.objects.filter(in_custody=True)
    assert inside.exists()
    assert not inside.filter(in_breach=True).exists()
    assert Hold.objects.filter(ended_at__isnull=True, deadline_at__gt=timezone.now()).count() >= 10
    assert not Hold.objects.filter(ended_at__isnull=True, deadline_at__lte=timezone.now()).exists()
    assert not Breach.objects.filter(until_at__isnull=True).exists()


def _pages_open() -> None:
    officer = Membership.objects.filter(role="booking_officer").order_by("pk")[0]
    browser = Client()
    browser.force_login(officer.user, backend=BACKEND)
    board = browser.get("/admin/")
    assert board.status_code == 200
    cases = (
        Case.objects.filter(agency=officer.agency).order_by("custody_state", "pk").select_related("person")
    )
    for case in [*cases[:10], *cases.filter(custody_state="released")[:10]]:
        page = browser.get(f"/admin/case/{case.public_id}/")
        assert page.status_code == 200
        assert case.person.surname.upper() in page.content.decode()
    _doors_without_names(officer)


def _doors_without_names(officer: Membership) -> None:
    reviewer = Client()
    reviewer.force_login(Membership.objects.get(role="oversight_reviewer").user, backend=BACKEND)
    assert reviewer.get("/oversight/").status_code == 200
    made = create_client(agency=officer.agency, label="Jail system", actor=system("set-up"))
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    token = Client().post("/api/v1/oauth/token", form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert len(Client().get("/api/v1/cases", headers=headers).json()["results"]) == 50
    assert Client().get("/api/v1/events", headers=headers).json()["events"]


def _names_are_of_the_lists() -> None:
    people = list(Case.objects.values_list("person__surname", "person__given_names"))
    assert {surname for surname, _ in people} <= set(SURNAMES)
    assert {word for _, given in people for word in given.split()} <= set(GIVEN)
    assert any(not surname.isascii() for surname, _ in people)


def test_a_copy_has_the_rows_and_columns_of_a_walked_case(synthetic: Told) -> None:
    """A case taken along the road by the services, committed, beside a copy with the same events."""
    world, listed = make_world(2), tables()
    state = world.states[0]
    names = ("held, handed to ICE", "prints checked, on record")
    for n, story in enumerate(item for item in STORIES if item.name in names):
        base = long_ago(timezone.now(), Random(n))
        walk = Walk(world, state, state.jails[0], Random(n), base=base, _marks=count(1 + 100 * n))
        story.walk(walk)
        walked = walk.case
        alike = [
            case
            for case in Case.objects.filter(agency=walked.agency, custody_state="released").exclude(
                pk=walked.pk
            )
            if _actions(case) == _actions(walked)
        ]
        assert alike, f"no copy of '{story.name}' was drawn"
        assert _filled(alike[0], listed) == _filled(walked, listed)


def _actions(case: Case) -> list[str]:
    return list(Event.objects.filter(case_id=case.public_id).order_by("pk").values_list("action", flat=True))


def _filled(case: Case, listed: list[Table]) -> Counter[Any]:
    """Each row of a case as its table and the columns that are filled in it."""
    found: Counter[Any] = Counter()
    keys = {"cases_case": {case.pk}, "cases_person": {case.person_id}}
    for table in listed:
        wanted = keys.get(table.name) or _children(table, keys)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table.name}" WHERE id = ANY(%s)', [sorted(wanted)])
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        keys[table.name] = {row["id"] for row in rows}
        for row in rows:
            found[
                table.name, tuple(name for name, value in row.items() if value not in (None, "", [], {}))
            ] += 1
    return found


def _children(table: Table, keys: dict[str, set[int]]) -> set[int]:
    found: set[int] = set()
    for column, parent in table.foreign.items():
        if parent in keys and parent not in ("cases_document", "accounts_agency"):
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT id FROM "{table.name}" WHERE "{column}" = ANY(%s)', [sorted(keys[parent])]
                )
                found |= {key for (key,) in cursor.fetchall()}
    return found


def test_guards_taken_off_are_put_back_by_the_next_run_after_a_crash(synthetic: Told) -> None:
    before = _guards()
    guards.take_off(["cases_case", "cases_booking", "audit_event"])
    assert _guards() != before
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO cases_person (public_id, surname, given_names, sex, birth_place) "
                       "SELECT public_id, 'x', '', 'X', '' FROM cases_person LIMIT 0")  # fmt: skip

    synthesise(Wanted(cases=400, fill=True, processes=1), Console(quiet=True))

    assert _guards() == before
    assert guards.missing() == []
    booking = Booking.objects.order_by("pk")[0]
    booking.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        booking.save(force_insert=True)


def _guards() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        indexes = set(cursor.fetchall())
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        )
        return indexes | set(cursor.fetchall())


def test_it_refuses_a_database_with_a_real_case(synthetic: Told) -> None:
    world = make_world(2)
    jail = world.states[0].jails[0]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM synthesis.agency WHERE id = %s", [jail.agency.pk])

    case_services.book(
        actor=jail.people["officer"], agency=jail.agency, request=booking_request(), at=timezone.now()
    )

    with pytest.raises(Refused, match="not synthesised"):
        refuse_real_cases()


def test_verification_finds_a_hold_that_the_clock_does_not_give(synthetic: Told) -> None:
    hold = Hold.objects.filter(ended_at__isnull=True).order_by("pk")[0]
    hold.deadline_at -= timedelta(minutes=1)
    hold.save(update_fields=["deadline_at"])

    assert differing_holds(1000) == [f"hold {hold.pk} is not what the clock says"]
