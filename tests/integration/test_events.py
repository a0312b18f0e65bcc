from threading import Event as Signal
from threading import Thread
from time import monotonic, sleep

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import system
from audit import record, sentences
from audit.ledger import seal_due
from audit.models import Access, Event
from audit.record import Ref
from integration import feed
from integration.feed import Cursor
from tests.factories import CaseFactory
from tests.integration.conftest import make_machine

URL = "/api/v1/events"
SECRETS = ("Sample", "One", "1990", "B-")


def read(machine, after: str = "", limit: int = 100):
    answer = machine.get(f"{URL}?after={after}&limit={limit}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def read_settled(machine, after: str = "", *, enough: int = 1):
    """A page once `enough` events are sealed: other databases of the same server may have transactions running."""
    give_up = monotonic() + 60
    while monotonic() < give_up:
        seal_due()
        if len((page := read(machine, after))["events"]) >= enough:
            return page
        sleep(0.05)
    raise AssertionError(f"only {len(page['events'])} events were sealed in a minute")


def published(agency) -> list[str]:
    """Ids of everything the feed must show, in its order."""
    rows = Event.objects.filter(agency_id=agency.public_id).order_by("txid", "id")
    return [str(row.public_id) for row in rows if feed.is_published(row.action)]


def write(case, action: str = "cases.charge_added") -> Event:
    """One event of a case's agency in a transaction of its own."""
    with transaction.atomic():
        return record.event(
            action,
            actor=system("clock"),
            subject=Ref("case", case.public_id),
            case=case.public_id,
            agency=case.agency.public_id,
            occurred_at=timezone.now(),
        )


@pytest.mark.django_db(transaction=True)
def test_feed_gives_each_event_once_in_order(cast):
    machine = make_machine(cast, "jail")
    case = CaseFactory(cast)()
    for _ in range(4):
        write(case)

    expected = published(cast.jail)
    read_settled(machine, enough=len(expected))
    seen, after, has_more = [], "", True
    while has_more:
        page = read(machine, after, limit=2)
        seen += [item["id"] for item in page["events"]]
        after, has_more = page["next"], page["has_more"]
    again = read(machine, after)

    assert seen == expected
    assert again == {"events": [], "next": after, "has_more": False}


@pytest.mark.django_db(transaction=True)
def test_event_of_a_transaction_that_commits_late_is_not_skipped(cast):
    machine = make_machine(cast, "jail")
    case = CaseFactory(cast)()
    after = read_settled(machine, enough=len(published(cast.jail)))["next"]
    has_written, may_commit = Signal(), Signal()

    def slow() -> None:
        with transaction.atomic():
            write(case, "cases.charge_added")
            has_written.set()
            may_commit.wait(20)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert has_written.wait(20)
    write(case, "cases.same_person_linked")
    seal_due()
    during = read(machine, after)
    may_commit.set()
    thread.join()
    later = read_settled(machine, during["next"], enough=2)

    assert during["events"] == []
    assert [item["action"] for item in later["events"]] == ["cases.charge_added", "cases.same_person_linked"]


@pytest.mark.django_db(transaction=True)
def test_event_with_a_lower_id_in_a_later_transaction_is_not_skipped(cast):
    """Ids are given out at insert, not at commit: ordering by id alone would lose the second event here."""
    machine = make_machine(cast, "jail")
    case = CaseFactory(cast)()
    after = read_settled(machine, enough=len(published(cast.jail)))["next"]
    has_begun, may_write = Signal(), Signal()

    def early_transaction() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
            has_begun.set()
            may_write.wait(20)
            write(case, "cases.same_person_linked")
        connection.close()

    thread = Thread(target=early_transaction)
    thread.start()
    assert has_begun.wait(20)
    write(case, "cases.charge_added")
    may_write.set()
    thread.join()
    page = read_settled(machine, after, enough=2)

    assert [item["action"] for item in page["events"]] == ["cases.same_person_linked", "cases.charge_added"]
    cursors = [Cursor.parse(item["cursor"]) for item in page["events"]]
    assert cursors == sorted(cursors)
    ids = [Event.objects.get(public_id=item["id"]).pk for item in page["events"]]
    assert ids[0] > ids[1]


@pytest.mark.django_db(transaction=True)
def test_an_event_is_shown_once_it_is_sealed_and_reading_seals_nothing(cast):
    machine = make_machine(cast, "jail")
    CaseFactory(cast)()

    unsealed = read(machine)

    assert unsealed["events"] == []
    assert read_settled(machine, enough=1)["events"]


@pytest.mark.django_db(transaction=True)
def test_a_cursor_of_the_earlier_form_goes_on_where_it_stood(cast):
    machine = make_machine(cast, "jail")
    case = CaseFactory(cast)()
    for _ in range(3):
        write(case)
    everything = read_settled(machine, enough=len(published(cast.jail)))["events"]
    second = Event.objects.get(public_id=everything[1]["id"])

    rest = read(machine, f"{second.txid}-{second.pk}")["events"]

    assert rest == everything[2:]
    assert read(machine, "0-0")["events"] == everything


@pytest.mark.django_db(transaction=True)
def test_a_cursor_behind_the_newest_event_is_refused_with_what_it_means(cast):
    machine = make_machine(cast, "jail")

    answer = machine.get(f"{URL}?after=99999999")

    assert answer.status_code == 400
    assert "backup" in str(answer.json()["errors"][0])


@pytest.mark.django_db(transaction=True)
def test_feed_holds_no_personal_data(cast):
    machine = make_machine(cast, "jail")
    book = CaseFactory(cast)
    case = book.eligible(book())

    read_settled(machine, enough=len(published(cast.jail)))
    text = machine.get(URL).content.decode()

    assert "cases.booked" in text
    assert case.number not in text
    assert not [secret for secret in (*SECRETS, "Officer") if secret in text]


@pytest.mark.django_db(transaction=True)
def test_feed_shows_only_the_clients_agency_and_records_the_look(cast):
    machine, other = make_machine(cast, "jail"), make_machine(cast, "other_jail")
    case = CaseFactory(cast)()

    mine, theirs = read_settled(machine), read(other)

    assert str(case.public_id) in {item["case"] for item in mine["events"]}
    assert theirs["events"] == []
    assert Access.objects.filter(action="events.read").first().objects_shown == [case.public_id]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["after=x", "after=1", "after=-1", "after=1-2", "after=1-2-3", "limit=0", "limit=501", "limit=x"]
)
def test_wrong_cursor_or_limit_is_a_problem(machine, query):
    answer = machine.get(f"{URL}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


def test_facts_that_may_leave_are_codes_by_name_and_by_shape():
    facts = {
        "number": "2026-00391",
        "source": "fbi",
        "state": "two words",
        "kind": "Müller",
        "eligible_at": "2026-03-19T14:00:00+00:00",
        "charges": 2,
        "channel": None,
        "edition": {"a": 1},
    }

    assert feed.public_facts(facts) == {
        "source": "fbi",
        "eligible_at": "2026-03-19T14:00:00+00:00",
        "charges": 2,
        "channel": None,
    }


def test_every_action_is_published_or_withheld_on_purpose():
    known = set(sentences.actions())

    assert known >= feed.WITHHELD
    assert all(feed.is_published(action) for action in known if action.startswith("detainers."))
    assert not feed.is_published("oversight.note_written")
    assert not feed.is_published("accounts.signed_in")
