"""Merging and splitting records of people: by services and against the database. Races and kills are in test_person_races.py."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actors import actor_for_client, actor_for_user, system
from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from accounts.models import Membership
from audit import record
from audit.models import Event
from audit.sentences import sentence
from cases import people, services
from cases.models import Case, Person
from cases.moves import MovedCase, PeopleApart, PersonMove
from tests.factories import CaseFactory, person_facts

NOW = timezone.now


@pytest.fixture
def two(book):
    """Two cases of the cast's jail under two records: Sample, One and Sampel, Onne."""
    return book(), book(
        person=person_facts(surname="Sampel", given_names="Onne", birth_date=date(1990, 5, 18))
    )


def merge(cast, kept: Case, other: Case, *, who="supervisor", **more) -> PersonMove:
    return services.merge_persons(
        keep_id=kept.person_id, merge_id=other.person_id, actor=cast.actor(who), at=NOW(),
        reason="The same tattoo and the same mother", **more,
    )  # fmt: skip


def undo(cast, move: PersonMove, *, who="supervisor", **more) -> PersonMove:
    return services.undo_merge(
        move_id=move.pk, actor=cast.actor(who), at=NOW(), reason="It was the cousin", **more
    )


def split(cast, person_id: int, *cases: Case, who="supervisor", **more) -> PersonMove:
    facts = {
        "identity": person_facts(surname="Other", given_names="Body"),
        "reason": "Two people",
        "at": NOW(),
    } | more
    return services.split_person(
        person_id=person_id, case_ids=[case.pk for case in cases], actor=cast.actor(who), **facts
    )


def apart(cast, one: Case, other: Case, *, who="supervisor", reason="Other fingers") -> PeopleApart:
    return services.keep_apart(
        person_id=one.person_id, other_id=other.person_id, actor=cast.actor(who), at=NOW(), reason=reason
    )


def owners(*cases: Case) -> list[int]:
    found = dict(Case.objects.values_list("pk", "person_id"))
    return [found[case.pk] for case in cases]


def test_a_merge_moves_every_case_and_keeps_the_id_and_name_of_the_survivor(cast, two):
    one, other = two
    kept = one.person

    move = merge(cast, one, other)

    assert owners(one, other) == [kept.pk, kept.pk]
    after, tombstone = Person.objects.get(pk=kept.pk), Person.objects.get(pk=other.person_id)
    assert (after.public_id, after.display_name) == (kept.public_id, "SAMPLE, One")
    assert (tombstone.merged_into_id, tombstone.display_name) == (kept.pk, "SAMPEL, Onne")
    assert [alias.display_name for alias in people.also_recorded_as(after)] == ["SAMPEL, Onne"]
    assert people.survivor_of(tombstone) == after
    assert [(item.case_id, item.source_id, item.target_id) for item in move.cases.all()] == [
        (other.pk, other.person_id, kept.pk)
    ]


def test_the_names_that_stay_are_chosen_field_by_field_and_the_earlier_ones_are_kept(cast, two):
    one, other = two

    merge(cast, one, other, take=["surname", "birth_date"])

    person = Person.objects.get(pk=one.person_id)
    assert (person.surname, person.given_names, person.birth_date) == ("Sampel", "One", date(1990, 5, 18))
    assert {alias.display_name for alias in people.also_recorded_as(person)} == {
        "SAMPLE, One",
        "SAMPEL, Onne",
    }


def test_undoing_moves_back_exactly_what_moved_and_puts_the_names_back(cast, two):
    one, other = two
    before = [Person.objects.filter(pk=case.person_id).values().get() for case in two]
    move = merge(cast, one, other, take=["surname"])

    undo(cast, move)

    assert owners(one, other) == [one.person_id, other.person_id]
    assert [Person.objects.filter(pk=case.person_id).values().get() for case in two] == before
    assert people.also_recorded_as(Person.objects.get(pk=one.person_id)) == ()


def test_a_name_corrected_since_the_merge_is_not_put_back(cast, two):
    one, other = two
    move = merge(cast, one, other, take=["surname"])
    services.request_correction(
        case_id=one.pk,
        actor=cast.actor("officer"),
        at=timezone.now(),
        wish=services.Wish("person", one.person.public_id, "surname", "Corrected"),
        reason_code="typing",
        reason="Typed wrongly.",
    )

    undo(cast, move)

    assert Person.objects.get(pk=one.person_id).surname == "Corrected"


def test_a_case_that_came_since_must_be_assigned_and_goes_where_it_is_said(cast, book, two):
    one, other = two
    move = merge(cast, one, other)
    third, fourth = book(), book()
    merge(cast, one, third)
    merge(cast, one, fourth)

    with pytest.raises(Invalid, match="each case that came since"):
        undo(cast, move, later={third.pk: True})
    undo(cast, move, later={third.pk: True, fourth.pk: False})

    assert owners(one, other, third, fourth) == [
        one.person_id,
        other.person_id,
        other.person_id,
        one.person_id,
    ]


def test_a_case_booked_onto_the_record_since_is_asked_about_too(cast, book, two):
    one, other = two
    move = merge(cast, one, other)
    late = Case.objects.create(
        number="2026-09999", person_id=one.person_id, agency=cast.jail, opened_at=NOW()
    )

    with pytest.raises(Invalid):
        undo(cast, move)
    undo(cast, move, later={late.pk: False})

    assert owners(late) == [one.person_id]


def test_a_chain_of_merges_ends_at_one_record_and_is_undone_from_its_end(cast, book, two):
    one, other = two
    third = book(person=person_facts(surname="Third"))
    first = merge(cast, other, one)
    second = merge(cast, third, other)

    assert owners(one, other, third) == [third.person_id] * 3
    assert people.survivor_of(Person.objects.get(pk=one.person_id)).pk == third.person_id
    assert len(people.merged_records(Person.objects.get(pk=third.person_id))) == 2
    with pytest.raises(IllegalMove, match="later merge first"):
        undo(cast, first)
    undo(cast, second)
    undo(cast, first)
    assert owners(one, other, third) == [one.person_id, other.person_id, third.person_id]


def test_a_split_makes_a_new_record_and_a_merge_puts_it_together_again(cast, two):
    one, other = two
    merge(cast, one, other)

    move = split(cast, one.person_id, other)
    new = move.other

    assert owners(one, other) == [one.person_id, new.pk]
    assert (new.display_name, new.merged_into_id, new.agency) == ("OTHER, Body", None, cast.jail)
    services.merge_persons(
        keep_id=one.person_id, merge_id=new.pk, actor=cast.actor("supervisor"), at=NOW(), reason="No"
    )
    assert owners(one, other) == [one.person_id, one.person_id]


def test_a_split_case_holds_up_the_undoing_of_its_merge_until_it_is_back(cast, two):
    one, other = two
    move = merge(cast, one, other)
    back = split(cast, one.person_id, other)

    with pytest.raises(IllegalMove, match=other.number):
        undo(cast, move)
    services.merge_persons(
        keep_id=one.person_id, merge_id=back.other_id, actor=cast.actor("supervisor"), at=NOW(), reason="No"
    )
    undo(cast, move)

    assert owners(one, other) == [one.person_id, other.person_id]


@pytest.mark.parametrize("which", ["none", "all", "foreign"])
def test_a_split_of_nothing_everything_or_another_record_is_refused(cast, two, which):
    one, other = two
    chosen = {"none": [], "all": [one], "foreign": [other]}[which]

    with pytest.raises(Invalid):
        split(cast, one.person_id, *chosen)

    assert owners(one, other) == [one.person_id, other.person_id]


def test_the_stated_identity_of_a_split_is_checked(cast, two):
    one, other = two
    merge(cast, one, other)

    with pytest.raises(Invalid) as caught:
        split(cast, one.person_id, other, identity=person_facts(surname=" ", sex="?"))

    assert [error.field for error in caught.value.errors] == ["surname", "sex"]


def test_a_record_is_not_merged_with_itself_or_twice_or_into_a_merged_one(cast, book, two):
    one, other = two
    with pytest.raises(Invalid):
        merge(cast, one, one)
    merge(cast, one, other)

    for kept, merged in ((one, other), (other, one), (other, book())):
        with pytest.raises(IllegalMove):
            services.merge_persons(
                keep_id=kept.person_id,
                merge_id=merged.person_id,
                actor=cast.actor("supervisor"),
                at=NOW(),
                reason="x",
            )


def test_a_merge_is_undone_once_and_a_split_is_not_undone_as_a_merge(cast, two):
    one, other = two
    move = merge(cast, one, other)
    undo(cast, move)
    with pytest.raises(IllegalMove, match="before"):
        undo(cast, move)

    merge(cast, one, other)
    with pytest.raises(IllegalMove, match="Only a merge"):
        undo(cast, split(cast, one.person_id, other))
    with pytest.raises(NotFound):
        services.undo_merge(move_id=0, actor=cast.actor("supervisor"), at=NOW(), reason="x")


@pytest.mark.parametrize(
    "who", ["officer", "clerk", "administrator", "operator", "other_supervisor", "stranger"]
)
def test_only_who_has_the_right_merges_splits_undoes_or_keeps_apart(cast, two, who):
    one, other = two
    with pytest.raises(NotPermitted):
        merge(cast, one, other, who=who)
    move = merge(cast, one, other)
    with pytest.raises(NotPermitted):
        undo(cast, move, who=who)
    with pytest.raises(NotPermitted):
        split(cast, one.person_id, other, who=who)
    with pytest.raises(NotPermitted):
        services.keep_apart(
            person_id=one.person_id, other_id=other.person_id, actor=cast.actor(who), at=NOW(), reason="x"
        )


def test_machines_and_the_system_never_decide_who_is_who(cast, two):
    one, other = two
    for actor in (
        system("matching"),
        actor_for_client(client_id="c", label="JMS", agency=cast.jail, role_slug="shift_supervisor"),
    ):
        with pytest.raises(NotPermitted, match="signed in"):
            services.merge_persons(
                keep_id=one.person_id, merge_id=other.person_id, actor=actor, at=NOW(), reason="x"
            )


def test_across_jails_the_right_is_needed_in_both(cast, book):
    one = book()
    other = book(who="other_officer", agency=cast.other_jail)

    for who in ("supervisor", "other_supervisor"):
        with pytest.raises(NotPermitted, match="every jail"):
            merge(cast, one, other, who=who)
    move = merge(cast, one, other, who="examiner")

    assert owners(one, other) == [one.person_id] * 2
    with pytest.raises(NotPermitted, match="every jail"):
        undo(cast, move)


def test_somebody_with_the_role_in_both_jails_may_merge_across_them(cast, book):
    one, other = book(), book(who="other_officer", agency=cast.other_jail)
    user = cast.user("supervisor")
    Membership.objects.create(user=user, agency=cast.other_jail, role="shift_supervisor")

    services.merge_persons(
        keep_id=one.person_id, merge_id=other.person_id, actor=actor_for_user(user), at=NOW(), reason="Same"
    )

    person = Person.objects.filter(pk=one.person_id)
    for who in ("officer", "other_officer"):
        assert person.visible_to(cast.actor(who)).exists()
    assert not person.visible_to(cast.actor("stranger")).exists()
    known = {place.agency_id: (place.cases, place.in_custody) for place in people.known_at([one.person_id])}
    assert known == {cast.jail.pk: (1, 1), cast.other_jail.pk: (1, 1)}
    assert people.known_at([one.person_id]) == people.known_at([other.person_id])


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed(cast, two, reason):
    one, other = two
    with pytest.raises(Invalid):
        services.merge_persons(
            keep_id=one.person_id,
            merge_id=other.person_id,
            actor=cast.actor("supervisor"),
            at=NOW(),
            reason=reason,
        )
    with pytest.raises(Invalid):
        merge(cast, one, other, take=["merged_into"])


def test_each_case_tells_of_it_in_its_timeline_without_a_name(cast, two):
    one, other = two
    merge(cast, one, other)

    for case in two:
        event = Event.objects.get(case_id=case.public_id, action="cases.persons_merged")
        said = sentence(event, zone="America/Chicago")
        assert "Supervisor found two records of people to be one person" in said
        assert (event.agency_id, event.reason) == (cast.jail.public_id, "The same tattoo and the same mother")
        assert "Sampel" not in str(event.facts)
    about = Event.objects.get(action="cases.persons_merged", subject_type="person")
    assert (about.subject_id, about.facts["what"]) == (one.person.public_id, "1 of 2 cases moved.")


@pytest.mark.parametrize("act", ["merge", "undo", "split", "apart"])
def test_when_the_audit_fails_nothing_has_happened(cast, two, monkeypatch, act):
    one, other = two
    move = merge(cast, one, other) if act in ("undo", "split") else None
    before = list(Person.objects.order_by("pk").values()), owners(one, other), PersonMove.objects.count()
    calls = iter(range(9))
    real = record.event

    def failing(*args, **kwargs):
        if next(calls) == 1:
            raise RuntimeError("no room for history")
        return real(*args, **kwargs)

    acts = {
        "merge": lambda: merge(cast, one, other, take=["surname"]),
        "undo": lambda: undo(cast, move),
        "split": lambda: split(cast, one.person_id, other),
        "apart": lambda: apart(cast, one, other),
    }
    monkeypatch.setattr(record, "event", failing)
    with pytest.raises(RuntimeError):
        acts[act]()

    assert (
        list(Person.objects.order_by("pk").values()),
        owners(one, other),
        PersonMove.objects.count(),
    ) == before
    assert not PeopleApart.objects.exists()


def test_a_finding_that_two_are_not_one_stands_once_and_stops_no_later_merge(cast, two):
    one, other = two
    for reason in ("Other fingers", "Again"):
        services.keep_apart(
            person_id=other.person_id,
            other_id=one.person_id,
            actor=cast.actor("supervisor"),
            at=NOW(),
            reason=reason,
        )

    assert [row.reason for row in PeopleApart.objects.all()] == ["Other fingers"]
    assert Event.objects.filter(action="cases.people_apart").count() == 2
    merge(cast, one, other)


# -- the database alone --------------------------------------------------------------------------------------------------


def raw(sql: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


MERGE = "UPDATE cases_person SET merged_into_id = %s WHERE id = %s"


def test_the_database_refuses_a_loop_whoever_writes(cast, book, two):
    one, other = two
    third = book()
    merge(cast, other, one)
    merge(cast, third, other)

    for target, source in ((one.person_id, third.person_id), (other.person_id, third.person_id)):
        with pytest.raises(IntegrityError, match="only into a record that is not merged"):
            raw(MERGE, target, source)
    with pytest.raises(IntegrityError):
        raw(MERGE, third.person_id, third.person_id)


def test_the_database_lets_no_case_hang_on_a_merged_record(cast, two):
    one, other = two
    with pytest.raises(IntegrityError, match="keeps no case"):
        raw(MERGE, one.person_id, other.person_id)
    merge(cast, one, other)

    with pytest.raises(IntegrityError, match="takes no case"):
        raw("UPDATE cases_case SET person_id = %s WHERE id = %s", other.person_id, one.pk)
    with pytest.raises(IntegrityError, match="takes no case"), transaction.atomic():
        Case.objects.create(number="2026-99999", person_id=other.person_id, agency=cast.jail, opened_at=NOW())


@pytest.mark.parametrize("table", ["cases_personmove", "cases_movedcase", "cases_peopleapart"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_was_done_is_never_changed(cast, two, table, verb):
    one, other = two
    services.keep_apart(
        person_id=one.person_id,
        other_id=other.person_id,
        actor=cast.actor("supervisor"),
        at=NOW(),
        reason="x",
    )
    merge(cast, one, other)

    with pytest.raises(DatabaseError, match="Cannot"):
        raw(verb.format(table))
    with pytest.raises(DatabaseError, match=r"permission denied|Cannot"):
        raw("SET LOCAL ROLE clearhold_web; " + verb.format(table))


def test_a_merge_is_undone_at_most_once_in_the_database_too(cast, two):
    one, other = two
    move = merge(cast, one, other)
    undone = undo(cast, move)

    with pytest.raises(IntegrityError), transaction.atomic():
        PersonMove.objects.create(
            kind="undo", kept=undone.kept, other=undone.other, undoes=move, reason="x", moved_at=NOW(), moved_by="x",
            moved_by_label="x",
        )  # fmt: skip
    assert MovedCase.objects.count() == 2


def test_a_booking_sent_again_after_a_merge_is_still_the_same_booking(cast):
    book = CaseFactory(cast)
    one = book()
    again = {"booking_number": "B-AGAIN", "person": person_facts(surname="Sampel"), "booked_at": NOW()}
    other = book(**again)
    merge(cast, one, other)

    assert book(**again) == other
    assert Person.objects.count() == 2
