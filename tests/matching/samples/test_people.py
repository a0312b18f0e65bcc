import inspect
import itertools
from dataclasses import replace

import pytest

from matching.formats.ebts import fold_name, wire_name
from matching.samples.cast import CAST, SCENARIOS
from matching.samples.casting import Outcome, cast_of
from matching.samples.people import NAMINGS, draw, respell
from matching.samples.records import Standing


def test_a_persona_is_drawn_from_the_number_alone():
    assert list(inspect.signature(draw).parameters) == ["person"]
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


@pytest.mark.parametrize("shift", [1, 5, 13])
def test_names_do_not_change_when_the_outcomes_are_dealt_out_otherwise(shift):
    """Everything that a scenario says is moved on by some places; names, sex and native place stay where they were."""
    plain = tuple(replace(s, same_person_as=None, birth_date=None, is_born_abroad=False) for s in SCENARIOS)
    moved = plain[shift:] + plain[:shift]

    before, after = cast_of(plain), cast_of(moved)

    assert [s.outcome for s in before] != [s.outcome for s in after]
    for one, two in zip(before, after, strict=True):
        assert (one.surname, one.given_names, one.sex) == (two.surname, two.given_names, two.sex)
        assert (one.birth_date, one.birth_place) == (two.birth_date, two.birth_place)


def test_a_dhs_record_and_a_criminal_record_change_no_name():
    scenario = SCENARIOS[0]
    variants = [
        replace(scenario, is_known_to_fbi=fbi, dhs=dhs, outcome=outcome)
        for fbi, dhs, outcome in itertools.product((False, True), (None, *Standing), Outcome)
    ]

    names = {(s.surname, s.given_names, s.birth_place) for variant in variants for s in cast_of((variant,))}

    assert len(names) == 1


def test_every_name_can_go_over_the_wire():
    for naming in NAMINGS:
        for surname in naming.surnames:
            for given_names in (*naming.women, *naming.men):
                assert wire_name(surname, given_names)


def test_nobody_has_the_name_of_somebody_else():
    names = [(s.surname, s.given_names) for s in CAST if s.known_as is None]

    assert len(set(names)) == len(names)


def test_the_names_are_of_many_origins_and_not_only_ascii():
    assert sum(not (s.surname + s.given_names).isascii() for s in CAST) >= 8
    assert len({naming.surnames for naming in NAMINGS}) >= 20


@pytest.mark.parametrize("naming", NAMINGS, ids=lambda naming: naming.surnames[0])
def test_another_spelling_is_another_name_on_the_wire(naming):
    for name in (*naming.surnames, *naming.women, *naming.men):
        assert fold_name(respell(name)) != fold_name(name)
