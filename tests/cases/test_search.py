"""The one search: however a name is spelt, by any number, in scope only. It runs as the role of the web process."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.rows import acting_for
from cases import search, services
from cases.models import Case, SurnameWord
from cases.search import Found, Why
from cases.search.terms import Reading, clean, halves, is_number, readings
from cases.services.identifiers import record_identifiers
from config.roles import WEB
from tests.actors import Cast
from tests.as_web import acting_as
from tests.factories import CaseFactory, person_facts
from tests.matching.conftest import Checks

Find = Callable[..., Found]


@pytest.fixture
def find(cast: Cast) -> Find:
    """A search by one of the cast, as requests make it."""

    def found(text: str, who: str = "officer") -> Found:
        actor = cast.actor(who)
        with acting_as(WEB), acting_for(actor):
            return search.find(actor, text)

    return found


@pytest.fixture
def named(book: CaseFactory) -> Callable[[str, str], Case]:
    return lambda surname, given="One": book(person=person_facts(surname=surname, given_names=given))


@pytest.mark.parametrize(
    ("surname", "given", "typed", "why"),
    [
        ("Garcia", "Maria", "garcia", Why.NAME),
        ("García", "María", "GARCIA", Why.NAME),
        ("Garcia", "Maria", "garcía, maría", Why.NAME),
        ("Garcia", "Maria", "maria garcia", Why.NAME),
        ("Garcia", "Maria", "garcia m", Why.NAME),
        ("Garcia", "Maria", "gar", Why.NAME_START),
        ("Garcia", "Maria", "gar, mar", Why.NAME_START),
        ("Garcia López", "Ana", "lopez", Why.NAME),
        ("Garcia López", "Ana", "ana garcia lopez", Why.NAME),
        ("De La Cruz", "Juan", "delacruz", Why.NAME),
        ("De La Cruz", "Juan", "cruz juan", Why.NAME),
        ("O’Brien", "Sam", "obrien", Why.NAME),
        ("Obrien", "Sam", "o'brien", Why.NAME),
        ("Smith-Jones", "Sam", "smith jones", Why.NAME),
        ("Nguyễn", "Văn Ánh", "nguyen van", Why.NAME),
        ("Łukasiewicz", "Jan", "lukas", Why.NAME_START),
        ("Garcia", "Maria Elena", "garcia, elena", Why.GIVEN_LIKE),
        ("Garcia", "Katherine", "garcia, katharine", Why.GIVEN_LIKE),
        ("Schmidt", "Sam", "smith", Why.SOUND),
        ("Night", "Sam", "knight, sam", Why.SOUND),
        ("Hernandez", "Sam", "hernadez", Why.SPELLING),
        ("阮", "文英", "阮", Why.NAME),
        ("محمد", "علي", "محمد", Why.NAME),
    ],
)
def test_a_person_is_found_however_the_name_is_spelt(named, find, surname, given, typed, why):
    case = named(surname, given)
    named("Quux", "Other")

    found = find(typed)

    assert found.cases == {case.pk: why}
    assert found.people == {case.person_id: why}


@pytest.mark.parametrize(
    "typed", ["garcia, zoe", "zoe garcia", "garcia zoe", "zzyzx", ",", "  ", "%", "'", "\x00", "_"]
)
def test_what_nobody_is_called_finds_nobody(named, find, typed):
    named("Garcia", "Maria")

    assert find(typed).cases == {}


def test_the_best_reason_comes_first_and_the_newest_case_of_equals(named, find):
    sound, begins = named("Smyth"), named("Smithers")
    older, newer = named("Smith", "Ann"), named("Smith", "Zoe")
    Case.objects.filter(pk=older.pk).update(opened_at=timezone.now() - timedelta(days=9))

    assert list(find("smith").cases) == [newer.pk, older.pk, begins.pk, sound.pk]


def test_a_long_text_is_cut_and_finds_nothing_by_accident(named, find):
    named("Garcia", "Maria")

    assert find("garcia " * 500).cases == {}
    assert len(clean("x" * 9999)) == 100


def test_numbers_of_case_and_booking_are_found_whole_and_by_their_beginning(book, find):
    case = book(booking_number="BK-77-0042")

    assert find(case.number).cases == {case.pk: Why.CASE_NUMBER}
    assert find("bk-77-0042").cases == {case.pk: Why.BOOKING_NUMBER}
    assert find("BK-77").cases == {case.pk: Why.BOOKING_NUMBER_START}
    assert find("77-0042").cases == {}
    assert find("BK-7%").cases == {}


@pytest.mark.parametrize(
    ("kind", "value", "typed"),
    [
        ("sid", "TX01234567", "tx 01234567"),
        ("ucn", "123456AB1", "123456ab1"),
        ("fin", "FN123456789", "FN-123456789"),
        ("a_number", "A012345678", "A 12 345 678"),
    ],
)
def test_sealed_numbers_are_found_whole(cast, book, find, kind, value, typed):
    case = book()
    book()
    record_identifiers(
        case_id=case.pk, values={kind: value}, source="person", actor=cast.actor("officer"), at=timezone.now()
    )

    assert find(typed).cases == {case.pk: Why(kind)}
    assert find(typed[:-1]).cases == {}
    assert find(typed, "other_officer").cases == {}


def test_a_transaction_number_leads_to_its_case(cast, find):
    submission = Checks(cast).open()

    assert find(submission.tcn).cases == {submission.case_id: Why.TCN}
    assert find(submission.tcn, "other_officer").cases == {}


@pytest.mark.parametrize("who", ["other_officer", "reviewer", "stranger"])
def test_nobody_finds_anybody_of_another_jail(named, find, who):
    case = named("Garcia")

    assert find("garcia", who) == Found(by=find("garcia", who).by)
    assert find(case.number, who).cases == {}


def test_the_words_of_other_jails_cannot_be_read_even_without_a_condition(cast, named):
    named("Garcia")

    with acting_as(WEB), acting_for(cast.actor("other_officer")):
        assert list(SurnameWord.objects.all()) == []


def test_more_than_a_page_is_said_to_be_cut(named, find, monkeypatch):
    monkeypatch.setattr("cases.search.look.MOST", 3)
    for number in range(5):
        named("Garcia", f"G{'abcde'[number]}")

    found = find("garcia")

    assert (len(found.cases), found.is_cut) == (3, True)
    assert not find("garcia, ga").is_cut


def test_a_merged_record_is_found_by_its_former_name_under_what_it_became(cast, named, find):
    kept, other = named("Garcia"), named("Zzyzx")
    services.merge_persons(
        keep_id=kept.person_id, merge_id=other.person_id, actor=cast.actor("supervisor"), at=timezone.now(),
        reason="The same tattoo",
    )  # fmt: skip

    found = find("zzyzx")

    assert found.people == {kept.person_id: Why.FORMER_NAME}
    assert set(found.cases) == {kept.pk, other.pk}


def test_a_record_of_another_jail_is_found_where_a_case_of_it_is(cast, book, find):
    ours = book(person=person_facts(surname="Garcia"))
    theirs = book(who="other_officer", agency=cast.other_jail, person=person_facts(surname="Zzyzx"))
    Case.objects.filter(pk=ours.pk).update(person=theirs.person)

    assert find("zzyzx").cases == {ours.pk: Why.NAME}
    assert find("zzyz, o").cases == {ours.pk: Why.NAME_START}
    assert find("zzyzx", "other_officer").cases == {theirs.pk: Why.NAME}


def test_a_name_that_changes_is_found_as_it_is_now(cast, named, find):
    kept, other = named("Garcia"), named("Zzyzx")
    services.merge_persons(
        keep_id=kept.person_id, merge_id=other.person_id, actor=cast.actor("supervisor"), at=timezone.now(),
        reason="The same tattoo", take={"surname"},
    )  # fmt: skip

    assert find("zzyzx").people == {kept.person_id: Why.NAME}
    assert find("garcia").cases == {}


def test_a_search_takes_as_many_queries_however_many_there_are(named, find, django_assert_max_num_queries):
    for number in range(30):
        named("Garcia", f"G{'abcdefghij'[number % 10]}")

    with django_assert_max_num_queries(8):
        find("garcia")
    with django_assert_max_num_queries(8):
        find("garsia")


def test_readings_cut_the_words_in_every_way():
    assert readings("garcia lopez") == [
        Reading("garcia lopez"),
        Reading("garcia", "lopez"),
        Reading("lopez", "garcia"),
    ]
    assert readings("garcia", "ana") == [Reading("garcia", "ana")]
    assert readings("", "ana") == []
    assert len(readings("a b c d e f g")) == 9


def test_a_comma_cuts_and_digits_mean_a_number():
    assert halves("García, Ana, B") == ("García", "Ana  B")
    assert is_number("bk-1")
    assert not is_number("garcia")
    assert clean(" a\tb\n c\x00 ") == "a b c"
