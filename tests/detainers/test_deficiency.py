"""Is the form sufficient on its face?"""

from dataclasses import replace
from datetime import date

import pytest

from detainers import rulebook
from detainers.deficiency import FormFacts, box_errors, complete_boxes, facial_deficiencies

BOOK = rulebook.current()
GOOD = FormFacts(
    edition="I-247A_2017",
    received_on=date(2026, 3, 16),
    basis=("final_order",),
    priority=(),
    loan_back=False,
    issuing_office="Field Office",
    officer_title="Deportation Officer",
    signature_present=True,
    subject_surname="Núñez-Ortega",
    subject_given_names="María J.",
    subject_birth_date=date(1990, 5, 17),
    person_surname="NUNEZ ORTEGA",
    person_given_names="Maria Josefa",
    person_birth_date=date(1990, 5, 17),
)


def codes(facts: FormFacts) -> list[str]:
    return [item.code for item in facial_deficiencies(BOOK.editions.get(facts.edition), facts)]


def test_a_complete_form_is_sufficient() -> None:
    assert codes(GOOD) == []
    assert codes(replace(GOOD, basis=(), loan_back=True)) == []
    assert codes(replace(GOOD, subject_given_names="", subject_birth_date=None)) == []
    assert codes(replace(GOOD, edition="I-247N_2015", basis=(), received_on=date(2016, 1, 1))) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"edition": "I-1"}, "UNKNOWN_EDITION"),
        ({"basis": ()}, "NO_BASIS"),
        ({"loan_back": True}, "BOTH_BOXES"),
        ({"basis": ("reason_to_believe",)}, "BOX_NOT_ON_FORM"),
        ({"edition": "I-247_2012-12", "basis": (), "loan_back": True}, "BOX_NOT_ON_FORM"),
        ({"edition": "I-247D_2015"}, "NO_PRIORITY"),
        ({"signature_present": False}, "NO_SIGNATURE"),
        ({"officer_title": " "}, "NO_OFFICER_TITLE"),
        ({"issuing_office": ""}, "NO_ISSUING_OFFICE"),
        ({"subject_surname": ""}, "NO_SUBJECT"),
        ({"subject_surname": "Other"}, "OTHER_PERSON"),
        ({"subject_given_names": "Pedro"}, "OTHER_PERSON"),
        ({"subject_birth_date": date(1991, 5, 17)}, "OTHER_BIRTH_DATE"),
        ({"received_on": date(2017, 4, 1)}, "EDITION_NOT_YET_ISSUED"),
        ({"issued_on": date(2026, 3, 17)}, "DATED_AFTER_RECEIPT"),
        ({"subject_sex": "M", "person_sex": "F"}, "OTHER_SEX"),
        ({"reasons": ("prior_felony",)}, "BOX_NOT_ON_FORM"),
        ({"is_unreadable": True, "signature_present": False}, "UNREADABLE"),
        ({"cancels_earlier": True, "basis": ()}, "CANCELS_ONLY"),
        ({"cancels_earlier": True, "cancels_known": False}, "CANCELS_UNKNOWN"),
    ],
)
def test_each_lack_is_named_in_a_sentence(change: dict[str, object], code: str) -> None:
    facts = replace(GOOD, **change)  # type: ignore[arg-type]

    found = facial_deficiencies(BOOK.editions.get(facts.edition), facts)

    assert [item.code for item in found] == [code]
    assert found[0].sentence.endswith((".", ";")) or "." in found[0].sentence


def test_all_lacks_are_named_at_once() -> None:
    assert codes(replace(GOOD, basis=(), signature_present=False, officer_title="")) == [
        "NO_BASIS",
        "NO_SIGNATURE",
        "NO_OFFICER_TITLE",
    ]


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ([], "must be an object"),
        ({"bases": []}, "no box group 'bases'"),
        ({"basis": "final_order"}, "'basis' must be a list"),
        ({"basis": ["x"]}, "no box 'x'"),
        ({"loan_back": "yes"}, "must be true or false"),
    ],
)
def test_boxes_have_a_shape(boxes: object, words: str) -> None:
    assert words in box_errors(boxes, BOOK.boxes)[0]


def test_boxes_are_completed_in_one_form() -> None:
    assert box_errors({"basis": ["final_order"]}, BOOK.boxes) == []
    assert complete_boxes({"basis": ["b", "a", "a"]}) == {
        "reasons": [],
        "basis": ["a", "b"],
        "priority": [],
        "loan_back": False,
        "on_conviction": False,
    }
