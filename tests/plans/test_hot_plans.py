"""What is asked most uses the index it was given and reads no big table from end to end, as the role that asks it.

On a database of some thousand synthetic cases with the settings of the installation: nothing is forbidden to the planner.
The load is dear, so one test looks at all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rich.console import Console

from accounts.actors import system
from accounts.models import Agency, Membership
from audit import outbox
from audit.ledger import rows, seal_due
from cases.models import Case, Person
from config.roles import CLOCK, WORKER
from config.synthesis.command import Wanted, synthesise
from detainers.services import expire_due
from integration.services import create_client
from matching.models import Submission
from matching.services import sweep_matching
from tests.as_web import acting_as
from tests.plans.watching import Plans, watched

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "oversight"])]
CASES = 6000
# Nobody listens to the events of synthetic cases: deliveries that were made long ago, as there are in a running installation.
DELIVERED = """
INSERT INTO audit_delivery (event_id, subscriber, state, attempts, last_error, next_attempt_at, done_at)
SELECT id, 'somebody', 'done', 1, '', recorded_at, recorded_at FROM audit_event
"""
BIG = frozenset({
    "cases_person", "cases_case", "cases_booking", "cases_charge", "cases_localground", "cases_custodyevent",
    "matching_submission", "matching_transmission", "matching_expectedanswer", "matching_printsearch", "matching_reply",
    "detainers_hold", "detainers_breach", "audit_event", "audit_access", "audit_seal", "audit_delivery",
})  # fmt: skip
Ask = Callable[[], object]


@pytest.fixture
def filled(transactional_db: None) -> Iterator[None]:
    """Five jails; the first has the sixty people inside that every size has."""
    synthesise(Wanted(cases=CASES, agencies=5, processes=1, variants=1), Console(quiet=True))
    with connection.cursor() as cursor:
        cursor.execute(DELIVERED)
        cursor.execute("ANALYZE")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA synthesis CASCADE")


def test_every_hot_question_uses_its_index_and_reads_no_big_table_whole(
    filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_streamed", _not_streamed)  # a cursor of the server would pass our watch
    wrong: list[str] = []
    for name, ask, wanted in [*_pages(), *_work()]:
        plans = _plans_of(ask)
        assert plans.statements, f"{name} asked nothing"
        wrong += [f"{name}: index {index} is not used" for index in wanted - plans.indexes]
        wrong += [f"{name}: all of {table} is read by\n{sql}" for table, sql in plans.read_whole(BIG)]
    assert not wrong, "\n\n".join(wrong)


def test_a_table_read_whole_is_noticed(filled: None) -> None:
    with watched() as plans, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_booking WHERE booking_number LIKE '%%7%%'")

    assert [table for table, _sql in plans.read_whole(BIG)] == ["cases_booking"]


def _not_streamed(name: str, sql: str, parameters: Sequence[Any]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        yield from cursor.fetchall()


def _plans_of(ask: Ask) -> Plans:
    ask()  # what is kept in memory from the first time on is no question any more
    with watched() as plans:
        ask()
    return plans


def _pages() -> list[tuple[str, Ask, set[str]]]:
    jail = Agency.objects.filter(kind="jail").order_by("pk")[0]
    officer = Membership.objects.get(agency=jail, role="booking_officer").user
    case = Case.objects.filter(agency=jail, custody_state="in_custody").order_by("pk")[0]
    over = Case.objects.filter(agency=jail).exclude(custody_state="in_custody").order_by("pk")[0]
    surname = Person.objects.filter(agency=jail).order_by("pk")[0].surname
    tcn = Submission.objects.filter(case__agency=jail).order_by("pk")[0].tcn
    made = create_client(agency=jail, label="plans", actor=system("set-up"))
    desk, machine = Client(), Client()
    desk.force_login(officer, backend="accounts.backends.EmailBackend")
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    token = machine.post("/api/v1/oauth/token", form).json()["access_token"]

    def page(address: str, **data: str) -> Ask:
        def ask() -> None:
            assert desk.get(address, data).status_code == 200

        return ask

    def api(address: str) -> Ask:
        def ask() -> None:
            assert machine.get(address, headers={"Authorization": f"Bearer {token}"}).status_code == 200

        return ask

    cases = reverse("admin:cases_case_changelist")
    return [
        ("board", page("/admin/"), {"cases_case_in_custody", "detainers_breach_to_close"}),
        ("list", page(cases), {"cases_case_agency_opened"}),
        ("list, third page", page(cases, p="3"), {"cases_case_agency_opened"}),
        ("search by name", page(cases, q=surname), {"cases_word_by_word", "cases_person_by_name"}),
        (
            "search by sound",
            page(cases, q=f"{surname[:2]}{surname[3:]}"),
            {"cases_word_by_word", "cases_word_by_sound"},
        ),
        ("search by number", page(cases, q=case.number), {"cases_case_number", "cases_booking_number"}),
        ("search by TCN", page(cases, q=tcn), set()),
        ("people", page(reverse("admin:cases_person_changelist"), q=surname), {"cases_person_by_name"}),
        ("case page", page(reverse("admin:case", args=[case.public_id])), {"audit_event_case"}),
        ("case page, over", page(reverse("admin:case", args=[over.public_id])), {"audit_event_case"}),
        ("API list", api("/api/v1/cases"), {"cases_case_agency_opened"}),
        ("API case", api(f"/api/v1/cases/{case.public_id}"), {"detainers_hold_case"}),
        ("events feed", api("/api/v1/events?limit=100&after=40"), {"audit_seal_feed"}),
    ]


def _work() -> list[tuple[str, Ask, set[str]]]:
    def as_role(role: str, work: Ask) -> Ask:
        def ask() -> None:
            with acting_as(role):
                work()

        return ask

    now = timezone.now
    return [
        ("sweep of holds", as_role(CLOCK, expire_due), {"detainers_hold_due"}),
        ("sweep of checks", as_role(WORKER, lambda: sweep_matching(at=now())), {"matching_answer_due"}),
        ("due deliveries", as_role(WORKER, lambda: outbox.claim(at=now(), limit=50)), {"audit_delivery_due"}),
        ("sealing", lambda: seal_due(500), {"audit_event_sealing"}),
    ]
