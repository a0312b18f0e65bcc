"""The page of one human, the list of pairs, and the acts on them, through the browser's door."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Access
from cases import alike, services
from cases.models import Case, Person
from cases.moves import PeopleApart, PersonMove
from cases.services.identifiers import record_identifiers
from tests.desk.acts.conftest import said
from tests.factories import person_facts


@pytest.fixture
def two(book):
    return book(), book(
        person=person_facts(surname="Sampel", given_names="Onne", birth_date=date(1990, 5, 18))
    )


def people_of(*cases: Case) -> list[Person]:
    return [Person.objects.get(pk=case.person_id) for case in cases]


def address(name: str, *persons: Person) -> str:
    one, *others = (str(person.public_id) for person in persons)
    return f"/admin/act/person/{one}/{name}/" + "".join(f"{key}/" for key in others)


def post(client, url: str, **typed):
    from uuid import uuid4

    return client.post(url, {"form_token": str(uuid4()), **typed})


def merged(cast, one: Case, other: Case, *, who="supervisor", **more) -> PersonMove:
    return services.merge_persons(
        keep_id=one.person_id, merge_id=other.person_id, actor=cast.actor(who), at=timezone.now(),
        reason="Same tattoo", **more,
    )  # fmt: skip


def test_two_records_are_merged_on_a_page_field_by_field_and_the_case_shows_the_other_name(at_desk, two):
    one, other = people_of(*two)
    client = at_desk("supervisor")

    shown = said(client.get(address("merge", one, other)))
    assert "SAMPLE, One" in shown
    assert "SAMPEL, Onne" in shown
    assert "17 May 1990" in shown
    assert "18 May 1990" in shown
    response = post(
        client,
        address("merge", one, other),
        surname="other",
        given_names="kept",
        birth_date="kept",
        reason="Same",
    )

    assert response.status_code == 302
    assert response["Location"] == f"/admin/person/{one.public_id}/"
    one.refresh_from_db()
    assert (one.surname, one.given_names) == ("Sampel", "One")
    page = said(client.get(f"/admin/case/{two[1].public_id}/"))
    assert "SAMPEL, One" in page
    assert "Also recorded as" in page
    assert "SAMPLE, One" in page
    assert "merged them" in page


def test_without_a_reason_or_a_choice_nothing_is_merged(at_desk, two):
    one, other = people_of(*two)

    response = post(at_desk("supervisor"), address("merge", one, other), surname="kept")

    assert response.status_code == 400
    assert "Enter a reason" in said(response)
    assert not PersonMove.objects.exists()


def test_the_other_record_is_found_by_a_case_number(at_desk, two):
    one, other = people_of(*two)
    client = at_desk("supervisor")

    found = post(client, address("merge", one), number=two[1].number)
    missing = post(client, address("merge", one), number="1999-00001")
    itself = post(client, address("merge", one), number=two[0].number)

    assert found["Location"] == address("merge", one, other)
    assert missing.status_code == itself.status_code == 400
    assert "no other record" in said(missing)


def test_the_page_of_a_person_shows_cases_names_moves_and_looks_under_either_id(cast, at_desk, two):
    one, other = people_of(*two)
    at_desk("officer").get(f"/admin/person/{other.public_id}/")
    at_desk("clerk").get(f"/admin/case/{two[1].public_id}/")
    merged(cast, *two, take=["surname"])

    page = said(at_desk("supervisor").get(f"/admin/person/{one.public_id}/"))

    for words in (
        two[0].number,
        two[1].number,
        "SAMPEL, Onne",
        "Same tattoo",
        "Undo this merge",
        "2 accesses",
        "came by",
    ):
        assert words in page
    assert "Officer" in page
    assert "Clerk" in page
    access = Access.objects.filter(action="person.opened").order_by("-id").first()
    assert set(access.objects_shown) == {one.public_id, other.public_id}


def test_a_merged_record_says_what_it_became(cast, at_desk, two):
    one, other = people_of(*two)
    merged(cast, *two)

    page = said(at_desk("officer").get(f"/admin/person/{other.public_id}/"))

    assert "was merged into another" in page
    assert f"/admin/person/{one.public_id}/" in page
    assert "SAMPEL, Onne" in page
    assert "Merge with another record" not in page


def test_two_jails_with_one_person_in_custody_are_shown_to_both_without_the_other_case(cast, at_desk, book):
    one, other = book(), book(who="other_officer", agency=cast.other_jail, person=person_facts(surname="Far"))
    Case.objects.filter(pk=other.pk).update(number="2026-77777")
    merged(cast, one, other, who="examiner")
    here = people_of(one)[0]

    for who, jail in (("officer", "Other County Jail"), ("other_officer", "Cedar County Jail")):
        page = said(at_desk(who).get(f"/admin/person/{here.public_id}/"))
        assert "In custody in 2 jails at once" in page
        assert f"{jail}: 1 case, in custody there now." in page
    near = said(at_desk("officer").get(f"/admin/case/{one.public_id}/"))
    assert "Other County Jail: 1 case, in custody there now." in near
    assert "2026-77777" not in near + said(at_desk("officer").get(f"/admin/person/{here.public_id}/"))
    assert at_desk("officer").get(f"/admin/case/{other.public_id}/").status_code == 404


def test_an_examiner_is_told_after_a_merge_that_two_jails_hold_the_person(cast, at_desk, book):
    one, other = book(), book(who="other_officer", agency=cast.other_jail)
    client = at_desk("examiner")

    response = client.post(
        address("merge", *people_of(one, other)),
        {"form_token": "9c1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c12", "reason": "Ten fingers agree"},
        follow=True,
    )

    assert "in custody in 2 jails at once" in said(response)


def test_a_merge_is_undone_on_its_page_and_a_later_case_is_asked_about(cast, at_desk, book, two):
    move = merged(cast, *two)
    third = book()
    merged(cast, two[0], third)
    client, url = at_desk("supervisor"), f"/admin/act/merge/{move.public_id}/undo/"

    assert third.number in said(client.get(url))
    assert post(client, url, reason="Cousins").status_code == 400
    done = post(client, url, reason="Cousins", **{f"case_{third.pk}": "other"})

    assert done.status_code == 302
    owners = dict(Case.objects.values_list("pk", "person_id"))
    assert owners[third.pk] == owners[two[1].pk] == two[1].person_id
    assert "These cannot" not in said(client.get(url))
    assert "undone before" in said(client.get(url))


def test_a_record_is_split_on_its_page_and_put_together_again_from_there(cast, at_desk, two):
    merged(cast, *two)
    one = people_of(two[0])[0]
    client = at_desk("supervisor")

    bad = post(client, address("split", one), cases=[two[1].pk], sex="M", reason="Two")
    done = post(
        client,
        address("split", one),
        cases=[two[1].pk],
        surname="Else",
        birth_date="1980-01-02",
        sex="M",
        reason="Two",
    )

    assert (bad.status_code, done.status_code) == (400, 302)
    new = Case.objects.get(pk=two[1].pk).person
    assert (new.display_name, new.birth_date) == ("ELSE", date(1980, 1, 2))
    page = said(client.get(f"/admin/person/{one.public_id}/"))
    assert "Put back together" in page
    assert address("merge", one, new) in page


def test_a_record_with_one_case_has_nothing_to_split(at_desk, two):
    assert "only one case" in said(at_desk("supervisor").get(address("split", people_of(two[0])[0])))


@pytest.mark.parametrize(
    ("who", "status"), [("officer", 403), ("other_supervisor", 404), ("operator", 403), ("liaison", 403)]
)
def test_the_acts_are_for_those_with_the_right_here(cast, at_desk, two, who, status):
    one, other = people_of(*two)
    move = merged(cast, *two)
    services.undo_merge(move_id=move.pk, actor=cast.actor("supervisor"), at=timezone.now(), reason="No")
    paths = [
        address("merge", one),
        address("merge", one, other),
        address("apart", one, other),
        address("split", one),
    ]

    for path in [*paths, f"/admin/act/merge/{move.public_id}/undo/"]:
        assert at_desk(who).get(path).status_code == status
        assert post(at_desk(who), path, reason="x").status_code == status
    assert at_desk(who).get(f"/admin/person/{one.public_id}/").status_code == (
        200 if who == "officer" else status
    )


def test_the_list_of_pairs_shows_why_and_what_was_decided_does_not_come_back(at_desk, two, cast):
    one, other = people_of(*two)
    client = at_desk("supervisor")

    page = said(client.get("/admin/same-person/?by=names"))
    assert "dates of birth easily mistaken" not in page
    services.request_correction(
        case_id=two[1].pk,
        actor=cast.actor("supervisor"),
        at=timezone.now(),
        wish=services.Wish("person", other.public_id, "birth_date", one.birth_date),
        reason_code="typing",
        reason="Typed wrongly.",
    )
    page = said(client.get("/admin/same-person/?by=names"))
    assert "the same date of birth" in page
    assert "Different: Surname, Given names." in page
    assert Access.objects.filter(action="person.pairs_listed").order_by("-id").first().objects_shown == [
        other.public_id, one.public_id,
    ]  # fmt: skip

    assert post(client, address("apart", one, other), reason="Other fingers").status_code == 302

    assert PeopleApart.objects.get().reason == "Other fingers"
    assert "No pair waits" in said(client.get("/admin/same-person/?by=names"))
    assert "Other fingers" in said(client.get(address("merge", one, other)))


def test_a_link_of_examiners_between_two_records_is_a_pair_until_they_are_merged(cast, at_desk, two):
    services.link_same_person(
        case_id=two[0].pk,
        other_case_id=two[1].pk,
        actor=cast.actor("examiner"),
        at=timezone.now(),
        reason="Prints",
    )
    client = at_desk("supervisor")

    page = said(client.get("/admin/same-person/"))
    assert "Two examiners found the prints" in page
    assert two[0].number in page
    assert "found the prints of" not in said(at_desk("other_supervisor").get("/admin/same-person/"))
    merged(cast, *two)

    assert "No pair waits" in said(client.get("/admin/same-person/"))


def test_two_records_with_one_number_are_a_pair_by_its_blind_index(cast, at_desk, book):
    one, other, third = (
        book(),
        book(person=person_facts(surname="Else")),
        book(person=person_facts(surname="Third")),
    )
    for case, kind, value in (
        (one, "sid", "TX7654321"),
        (other, "sid", "TX7654321"),
        (third, "ucn", "765432AB1"),
    ):
        record_identifiers(
            case_id=case.pk,
            values={kind: value},
            source="person",
            actor=cast.actor("officer"),
            at=timezone.now(),
        )
    client = at_desk("supervisor")

    page = said(client.get("/admin/same-person/?by=numbers"))

    assert "the same number: State number (SID)" in page
    assert "ELSE, One" in page
    assert "THIRD" not in page
    assert "TX7654321" not in page
    post(client, address("apart", *people_of(one, other)), reason="Mistyped")
    assert "No pair waits" in said(client.get("/admin/same-person/?by=numbers"))
    assert alike.by_numbers([cast.other_jail.pk]).pairs == ()


def test_the_other_jail_sees_the_names_and_the_merge_though_the_merged_record_was_not_its_own(
    cast, at_desk, book
):
    one = book(who="other_officer", agency=cast.other_jail, person=person_facts(surname="Near"))
    other = book(person=person_facts(surname="Far"))
    stays = book(person=person_facts(surname="Third"))
    merged(cast, one, other, who="examiner")
    merged(cast, one, stays, who="examiner")
    services.split_person(
        person_id=one.person_id, case_ids=[stays.pk], identity=person_facts(surname="Hidden"),
        actor=cast.actor("examiner"), at=timezone.now(), reason="Two people",
    )  # fmt: skip

    page = said(at_desk("other_officer").get(f"/admin/person/{one.person.public_id}/"))

    assert "FAR, One" in page
    assert "split off a new record, a record of another jail" in page
    assert "1 case in another jail moved" in page
    assert "HIDDEN" not in page


@pytest.mark.parametrize(
    "query", ["?by=x", "?by=names&before=x", "?by=names&before=99999999999999999999", "?before=0"]
)
def test_a_wrong_address_of_the_list_is_read_as_its_beginning(at_desk, query):
    assert at_desk("supervisor").get(f"/admin/same-person/{query}").status_code == 200


@pytest.mark.parametrize(
    ("birth", "name", "is_found"),
    [
        (date(1990, 5, 17), ("Sámple", "Oné"), True),
        (date(1990, 5, 17), ("One", "Sample"), True),
        (date(1990, 5, 17), ("Zbigniew", "Kowalczyk"), False),
        (date(1990, 5, 18), ("Sample", "One"), True),
        (date(1991, 5, 17), ("Sample", "One"), True),
        (date(1990, 5, 18), ("Sampel", "Onne"), False),
        (date(1970, 1, 1), ("Sample", "One"), False),
        (None, ("Sample", "One"), False),
    ],
)
def test_which_pairs_are_found(cast, book, birth, name, is_found):
    book()
    book(person=person_facts(surname=name[0], given_names=name[1], birth_date=birth))

    assert bool(alike.by_names([cast.jail.pk]).pairs) is is_found


def test_day_and_month_exchanged_are_near_and_other_jails_are_not_looked_at(cast, book):
    book(person=person_facts(birth_date=date(1990, 5, 7)))
    book(person=person_facts(birth_date=date(1990, 7, 5)))
    book(who="other_officer", agency=cast.other_jail, person=person_facts(birth_date=date(1990, 5, 7)))

    assert len(alike.by_names([cast.jail.pk]).pairs) == 1
    assert alike.by_names([cast.other_jail.pk]).pairs == ()
    assert len(alike.by_names([cast.jail.pk, cast.other_jail.pk]).pairs) == 3


def many_people(cast, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_person (public_id, agency_id, surname, given_names, birth_date, sex, birth_place) "
            "SELECT gen_random_uuid(), %s, md5(n::text), md5((n + 1)::text), date '1950-01-01' + (n %% 18000), 'M', '' "
            "FROM generate_series(1, %s) n",
            [cast.jail.pk, count],
        )
        cursor.execute("ANALYZE cases_person")


def test_pages_of_the_list_go_back_through_everybody_once(cast, book, monkeypatch):
    book()
    many_people(cast, 250)
    book(person=person_facts(given_names="Onne"))
    monkeypatch.setattr(alike, "MOST_WINDOWS", 1)

    first = alike.by_names([cast.jail.pk])
    second = alike.by_names([cast.jail.pk], before=first.next_before)
    third = alike.by_names([cast.jail.pk], before=second.next_before)

    assert [len(page.pairs) for page in (first, second, third)] == [1, 0, 0]
    assert [page.looked_at for page in (first, second, third)] == [100, 100, 52]
    assert third.next_before == 0


def test_a_page_of_pairs_reads_indexes_only_and_never_everybody(cast):
    many_people(cast, 50_000)
    with CaptureQueriesContext(connection) as caught:
        found = alike.by_names([cast.jail.pk])
    assert found.looked_at == alike.WINDOW * alike.MOST_WINDOWS
    assert len(caught) == 2 * alike.MOST_WINDOWS

    with connection.cursor() as cursor:
        newest = {"agencies": [cast.jail.pk], "before": 2**62, "window": alike.WINDOW}
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + alike.NEWEST, newest)
        plans = [cursor.fetchone()[0][0]["Plan"]]
        ids = list(Person.objects.order_by("-pk").values_list("pk", flat=True)[: alike.WINDOW])
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + alike.ALIKE, alike.probe([cast.jail.pk], ids))
        plans.append(cursor.fetchone()[0][0]["Plan"])

    scans = [node for plan in plans for node in nodes(plan) if node.get("Relation Name") == "cases_person"]
    assert scans
    assert all(node["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Heap Scan") for node in scans)
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in scans) < 10_000


def nodes(plan: dict) -> list[dict]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]
