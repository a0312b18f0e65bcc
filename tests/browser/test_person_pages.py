"""The pages of a person in a real browser: accessible, in sight on a telephone, and usable from the keyboard alone."""

from datetime import date

import pytest
from django.utils import timezone

from cases import services
from cases.moves import PersonMove
from tests.browser.test_desk import overflow, problems
from tests.factories import CaseFactory, person_facts


@pytest.fixture
def pair(transactional_cast):
    """Two records of one woman, a third merged into the first, and one whose name is very long."""
    book = CaseFactory(transactional_cast)
    one = book(
        person=person_facts(surname="Nguyễn", given_names="Thị Minh Khai", birth_date=date(1990, 5, 7))
    )
    other = book(
        person=person_facts(surname="Nguyen", given_names="Thi Minh Kai", birth_date=date(1990, 7, 5))
    )
    third = book(person=person_facts(surname="محمد", given_names="علي"))
    book(person=person_facts(surname="Nguyen-" + "Featherstonehaugh" * 4, given_names="Thi Minh Khai " * 6))
    services.merge_persons(
        keep_id=one.person_id, merge_id=third.person_id, actor=transactional_cast.actor("supervisor"),
        at=timezone.now(), reason="Two examiners compared ten fingers", take=["sex", "birth_date"],
    )  # fmt: skip
    services.link_same_person(
        case_id=one.pk, other_case_id=other.pk, actor=transactional_cast.actor("examiner"), at=timezone.now(), reason="Prints",
    )  # fmt: skip
    one.refresh_from_db()
    return one, other


def addresses(one, other) -> dict[str, str]:
    mine, theirs = one.person.public_id, other.person.public_id
    return {
        "person": f"/admin/person/{mine}/",
        "find": f"/admin/act/person/{mine}/merge/",
        "merge": f"/admin/act/person/{mine}/merge/{theirs}/",
        "apart": f"/admin/act/person/{mine}/apart/{theirs}/",
        "split": f"/admin/act/person/{mine}/split/",
        "undo": f"/admin/act/merge/{PersonMove.objects.get().public_id}/undo/",
        "prints": "/admin/same-person/",
        "numbers": "/admin/same-person/?by=numbers",
        "names": "/admin/same-person/?by=names",
        "case": f"/admin/case/{one.public_id}/",
    }


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_every_page_of_a_person_is_accessible_and_fits(signed_in, pair, width, dark):
    found = addresses(*pair)
    page = signed_in("supervisor", "/admin/same-person/", width=width, dark=dark)
    for name, path in found.items():
        page.goto(path)
        page.wait_for_timeout(150)

        assert problems(page) == [], name
        assert overflow(page) <= 0, name


def test_two_records_are_merged_and_taken_apart_with_the_keyboard_alone(signed_in, pair):
    page = signed_in("supervisor", "/admin/same-person/")

    def press(name: str, role: str = "link") -> None:
        target = page.get_by_role(role, name=name, exact=False).first
        for _step in range(60):
            page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                break
        assert target.evaluate("element => element === document.activeElement")
        page.keyboard.press("Enter")
        page.wait_for_load_state()

    press("Merge…")
    page.get_by_label("Reason").focus()
    page.keyboard.type("Ten fingers agree")
    press("Merge the records", "button")
    page.get_by_text("The records are merged.").wait_for()
    press("Undo this merge")
    page.get_by_label("Reason").focus()
    page.keyboard.type("It was the sister")
    press("Undo the merge", "button")
    page.get_by_text("two records again").wait_for()
    assert PersonMove.objects.filter(kind="undo").count() == 1
