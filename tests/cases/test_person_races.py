"""Two who act at once on one person, on two connections; and a process killed in the middle of a merge."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.errors import ClearholdError
from audit.models import Event
from cases import services
from cases.models import Case, Person
from cases.moves import MovedCase, PersonMove
from tests.factories import CaseFactory, booking_request, person_facts

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book(transactional_cast):
    return CaseFactory(transactional_cast)


def at_once(*acts) -> list[object]:
    """Every act on a connection of its own, all at the same moment; what each returned, or the refusal it met."""
    together = Barrier(len(acts))

    def run(act):
        try:
            together.wait(timeout=10)
            return act()
        except (ClearholdError, DatabaseError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def merging(cast, kept: Case, other: Case):
    return lambda: services.merge_persons(
        keep_id=kept.person_id,
        merge_id=other.person_id,
        actor=cast.actor("supervisor"),
        at=timezone.now(),
        reason="x",
    )


def splitting(cast, person_id: int, case: Case):
    return lambda: services.split_person(
        person_id=person_id, case_ids=[case.pk], identity=person_facts(surname="Else"), actor=cast.actor("supervisor"),
        at=timezone.now(), reason="x",
    )  # fmt: skip


def check_everything() -> None:
    """No case hangs on a merged record, no chain is a loop, every move is told in the history, and no case is lost."""
    for case in Case.objects.select_related("person"):
        assert case.person.merged_into_id is None
        last = MovedCase.objects.filter(case=case).order_by("-pk").first()
        assert last is None or last.target_id == case.person_id
    for person in Person.objects.all():
        seen = set()
        while person.merged_into_id:
            assert person.pk not in seen
            seen.add(person.pk)
            person = Person.objects.get(pk=person.merged_into_id)
    told = Event.objects.filter(
        subject_type="person", action__in=("cases.persons_merged", "cases.merge_undone", "cases.person_split")
    )
    assert {event.facts["move"] for event in told} == {
        str(key) for key in PersonMove.objects.values_list("public_id", flat=True)
    }


@pytest.mark.parametrize("turn", range(4))
def test_two_who_merge_two_records_into_each_other_merge_once(transactional_cast, book, turn):
    one, other = book(), book()

    results = at_once(merging(transactional_cast, one, other), merging(transactional_cast, other, one))

    assert sorted(type(result).__name__ for result in results) == ["IllegalMove", "PersonMove"]
    assert PersonMove.objects.count() == 1
    check_everything()


@pytest.mark.parametrize("turn", range(3))
def test_three_merges_in_a_ring_never_make_a_loop(transactional_cast, book, turn):
    cases = [book(), book(), book()]
    ring = [merging(transactional_cast, cases[n], cases[(n + 1) % 3]) for n in range(3)]

    results = at_once(*ring)

    assert sum(isinstance(result, PersonMove) for result in results) == 2
    assert len(set(Case.objects.values_list("person_id", flat=True))) == 1
    check_everything()


@pytest.mark.parametrize("turn", range(3))
def test_a_split_and_a_merge_at_once_come_one_after_the_other(transactional_cast, book, turn):
    one, other, third = book(), book(), book()
    merging(transactional_cast, one, other)()

    results = at_once(
        splitting(transactional_cast, one.person_id, other), merging(transactional_cast, third, one)
    )

    assert isinstance(results[1], PersonMove)
    assert type(results[0]).__name__ in ("PersonMove", "IllegalMove")
    check_everything()


@pytest.mark.parametrize("turn", range(3))
def test_one_merge_is_undone_once_by_two(transactional_cast, book, turn):
    one, other = book(), book()
    move = merging(transactional_cast, one, other)()

    def undo():
        return services.undo_merge(
            move_id=move.pk, actor=transactional_cast.actor("supervisor"), at=timezone.now(), reason="x"
        )

    results = at_once(undo, undo)

    assert sorted(type(result).__name__ for result in results) == ["IllegalMove", "PersonMove"]
    check_everything()


@pytest.mark.parametrize("turn", range(3))
def test_bookings_go_on_while_records_are_merged(transactional_cast, book, turn):
    cast, request = transactional_cast, booking_request(booking_number="B-TWICE")
    one = services.book(
        actor=cast.actor("officer"), agency=cast.jail, request=request, at=timezone.now()
    ).case
    other = book()

    def again():
        return services.book(
            actor=cast.actor("officer"), agency=cast.jail, request=request, at=timezone.now()
        ).case

    results = at_once(merging(cast, other, one), again, lambda: CaseFactory(cast)())

    assert isinstance(results[0], PersonMove)
    assert results[1] == one
    assert Case.objects.count() == 3
    check_everything()


def test_a_case_that_is_hung_on_a_record_while_it_is_merged_waits_and_is_refused(transactional_cast, book):
    one, other = book(), book()
    late = []

    def hang() -> None:
        try:
            with transaction.atomic():
                Case.objects.create(
                    number="2026-88888",
                    person_id=other.person_id,
                    agency=transactional_cast.jail,
                    opened_at=timezone.now(),
                )
        except DatabaseError as error:
            late.append(str(error))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            merging(transactional_cast, one, other)()
            waiting = pool.submit(hang)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        waiting.result(timeout=10)

    assert "takes no case" in late[0]
    check_everything()


def test_two_who_write_past_our_code_make_no_loop(transactional_cast):
    people = [
        Person.objects.create(agency=transactional_cast.jail, surname=name, sex="X")
        for name in ("One", "Other")
    ]

    def raw(source: Person, target: Person):
        def act():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE cases_person SET merged_into_id = %s WHERE id = %s", [target.pk, source.pk]
                )

        return act

    results = at_once(raw(*people), raw(*reversed(people)))

    assert sum(isinstance(result, DatabaseError) for result in results) == 1
    check_everything()


KILLED = """
import os, sys
import django
django.setup()
from django.db import connection, connections
for alias in connections:
    connections[alias].settings_dict["NAME"] = sys.argv[1]
from django.utils import timezone
from accounts.actors import actor_for_user
from accounts.models import User
from cases import services
keep, merge, move, act = map(str, sys.argv[2:6])
actor = actor_for_user(User.objects.get(email="supervisor@example.org"))
common = {"actor": actor, "at": timezone.now(), "reason": "x"}
if act == "merge":
    services.merge_persons(keep_id=int(keep), merge_id=int(merge), take=["surname"], **common)
else:
    services.undo_merge(move_id=int(move), **common)
print("done")
"""
Done = subprocess.CompletedProcess[str]
POINTS = ["cases.persons.locked", "cases.persons.moved", "cases.persons.marked", "cases.persons.told", ""]


def in_a_process(
    act: str, point: str, directory: Path, *, keep: int, other: int, move: int = 0
) -> subprocess.CompletedProcess[str]:
    if point:
        (directory / point).write_text("kill")
    environment = os.environ | {
        "CLEARHOLD_FAILPOINTS": str(directory),
        "CLEARHOLD_ROLE": "owner",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
    }
    arguments = [connection.settings_dict["NAME"], str(keep), str(other), str(move), act]
    return subprocess.run(
        [sys.executable, "-c", KILLED, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("act", ["merge", "undo"])
@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_in_the_middle_leaves_all_or_nothing_and_can_be_repeated(
    transactional_cast, book, tmp_path, act, point
):
    one, other = book(), book(person=person_facts(surname="Sampel"))
    move = merging(transactional_cast, one, other)() if act == "undo" else None
    before = state()

    died = in_a_process(
        act, point, tmp_path, keep=one.person_id, other=other.person_id, move=move.pk if move else 0
    )

    if point:
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert (tmp_path / f"{point}.reached").exists()
        assert state() == before
        check_everything()
        died = in_a_process(
            act, "", tmp_path, keep=one.person_id, other=other.person_id, move=move.pk if move else 0
        )
    assert "done" in died.stdout, died.stderr
    expected = one.person_id if act == "merge" else other.person_id
    assert Case.objects.get(pk=other.pk).person_id == expected
    check_everything()


def state() -> tuple[object, ...]:
    return (
        list(Person.objects.order_by("pk").values()),
        list(Case.objects.order_by("pk").values()),
        list(MovedCase.objects.order_by("pk").values()),
        Event.objects.count(),
    )
