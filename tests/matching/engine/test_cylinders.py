import math

import numpy as np

from matching.engine.cylinders import CELLS, DIRECTIONS, Structures, prepare
from matching.engine.matcher import similarity_of_structures
from tests.matching.engine.conftest import random_finger, template_of


def turned(rows: np.ndarray, angle: float) -> np.ndarray:
    out = rows.copy()
    x, y = rows[:, 0] - 144, rows[:, 1] - 160
    out[:, 0] = x * math.cos(angle) - y * math.sin(angle) + 200
    out[:, 1] = x * math.sin(angle) + y * math.cos(angle) + 220
    out[:, 2] -= angle
    return out


def test_structures_do_not_change_when_the_finger_is_turned():
    finger = random_finger(10)
    order = np.argsort(-finger[:, 3])
    finger = finger[order]

    one, two = prepare(template_of(finger)), prepare(template_of(turned(finger, 0.7)))

    similarity = similarity_of_structures(one.structures, two.structures)
    assert np.diag(similarity).min() > 0.7
    assert np.diag(similarity).mean() > 0.85


def test_structures_of_unrelated_minutiae_are_much_less_alike():
    one, two = prepare(template_of(random_finger(11))), prepare(template_of(random_finger(12)))

    assert similarity_of_structures(one.structures, two.structures).mean() < 0.4


def test_bits_count_only_in_cells_that_were_seen():
    structures = prepare(template_of(random_finger(13))).structures

    assert structures.bits.shape == (DIRECTIONS, 40)
    assert structures.cells.shape == (40,)
    assert not (structures.bits & ~structures.cells).any()
    seen = np.bitwise_count(structures.cells)
    assert 0 < seen.min() < seen.max() <= CELLS


def test_parts_and_joins_lose_nothing():
    structures = prepare(template_of(random_finger(14))).structures

    again = Structures.join([structures.part(0, 15), structures.part(15, 15), structures.part(15, 40)])

    assert np.array_equal(again.bits, structures.bits)
    assert np.array_equal(again.cells, structures.cells)
    assert Structures.join([]).bits.shape == (DIRECTIONS, 0)


def test_two_minutiae_have_no_neighbourhood():
    prepared = prepare(template_of(random_finger(15, count=2)))

    assert len(prepared) == 2
    assert not prepared.structures.cells.any()


def test_minutiae_in_one_line_do_no_harm():
    line = np.array([[20.0 + 12 * i, 100.0, 0.5, 0.9] for i in range(12)])

    assert prepare(template_of(line)).structures.cells.any()
