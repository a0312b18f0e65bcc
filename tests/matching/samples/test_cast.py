import re
from collections import Counter
from datetime import date

import pytest

from matching.samples.cast import CAST, JAILS, Outcome, sample
from matching.samples.casting import OFFENCES
from matching.samples.records import Standing, holdings, rap_sheet, response_text

KEYS = [s.key for s in CAST]


def test_there_are_at_least_twenty_four_with_every_outcome_and_every_jail():
    assert len(CAST) >= 24
    assert {s.outcome for s in CAST} == set(Outcome)
    assert {s.jail for s in CAST} == set(JAILS)
    assert len(set(KEYS)) == len(KEYS)
    assert len({s.booking_number for s in CAST}) == len(CAST)


def test_ordinary_outcomes_come_more_than_once():
    counts = Counter(s.outcome for s in CAST)

    for outcome in (Outcome.NO_RECORD, Outcome.CRIMINAL_ONLY, Outcome.IMMIGRATION_NO_INTEREST):
        assert counts[outcome] >= 2


def test_criminal_and_immigration_records_come_in_all_four_combinations():
    combinations = {(s.holdings.has_criminal_record, s.holdings.has_dhs_record) for s in CAST}

    assert combinations == {(False, False), (False, True), (True, False), (True, True)}


def test_people_born_abroad_and_here_are_among_those_without_any_record():
    places = {
        s.birth_place in {"TX", "MA", "NC", "NJ", "UT", "CA", "IL", "GA", "AZ", "FL", "OH", "LA"}
        for s in CAST
        if not s.holdings.repositories
    }

    assert places == {True, False}


def test_whom_the_policy_must_treat_in_a_way_of_their_own_is_as_the_outcome_says():
    minor = sample("minor")
    assert date(minor.birth_date.year + 18, minor.birth_date.month, minor.birth_date.day) > minor.arrested_on
    assert all(s.arrested_on.year - s.birth_date.year >= 19 for s in CAST if s.outcome is not Outcome.MINOR)
    assert not sample("paper-detainer").holdings.repositories
    assert sample("citizenship-claim").birth_place in {
        "NJ",
        "TX",
        "CA",
        "MA",
        "NC",
        "UT",
        "IL",
        "GA",
        "AZ",
        "FL",
        "OH",
        "LA",
    }
    assert sample("unknown-place").jail == "mesa_ut"
    assert JAILS[sample("nc-new-rule").jail].state == "NC"


def test_the_rearrested_person_has_the_same_fingers_and_records_under_another_name():
    again = sample("rearrest")
    before = sample(again.known_as)

    assert again.person == before.person
    assert again.impression != before.impression
    assert again.holdings == before.holdings
    assert (again.surname, again.given_names) != (before.surname, before.given_names)
    assert again.birth_date == before.birth_date


def test_nobody_else_shares_fingers():
    people = [s.person for s in CAST if s.known_as is None]

    assert len(set(people)) == len(people)


def test_missing_fingers_are_declared_and_not_printed():
    prints = sample("missing-fingers").prints

    assert prints.missing == ((3, "XX"), (4, "XX"))
    assert prints.positions == (1, 2, 5, 6, 7, 8, 9, 10)


@pytest.mark.parametrize("key", KEYS)
def test_numbers_have_the_form_the_answers_carry(key):
    held = sample(key).holdings

    assert held.sid is None or re.fullmatch(r"[A-Z]{2}\d{8}", held.sid)
    assert held.ucn is None or re.fullmatch(r"[0-9A-Z]{9}", held.ucn)
    assert held.fin is None or re.fullmatch(r"FN-\d{10}", held.fin)
    assert (held.iar is None) == (held.fin is None)
    assert all(re.fullmatch(r"[A-Z]{2}", sample(key).birth_place) for _ in [0])
    assert sample(key).charges


def test_numbers_are_of_one_person_only():
    held = [
        holdings(person, state="TX", fbi=True, dhs=Standing.LAWFUL)
        for person in [*range(1, 60), *range(1001, 1160)]
    ]

    for name in ("sid", "ucn", "fin"):
        assert len({getattr(h, name) for h in held}) == len(held)


@pytest.mark.parametrize("standing", Standing)
def test_immigration_responses_fit_the_message_field_and_name_no_detainer_as_issued(standing):
    lines = response_text(standing, "FN-1900000001").split("\n")

    assert len(lines) <= 11
    assert all(line.isascii() and 0 < len(line) <= 300 for line in lines)
    assert "NOT A GOVERNMENT DETAINER" in lines[-2]


def test_offence_codes_are_four_digits_with_a_class():
    for code, charge in OFFENCES.items():
        assert re.fullmatch(r"\d{4}", code)
        assert code == charge.offence_code
        assert charge.offence_class in {"felony", "misdemeanor"}


def test_a_rap_sheet_is_plain_text_about_the_number_only():
    text = rap_sheet("0005SA155")

    assert "0005SA155" in text
    assert text.isascii()
