import numpy as np
import pytest

from matching.engine.cylinders import prepare
from matching.engine.errors import TemplateRefused
from matching.engine.matcher import compare
from tests.matching.engine.conftest import pressed, random_finger, template_of
from tests.matching.engine.test_cylinders import turned


def test_the_same_finger_scores_far_above_a_stranger():
    for number in range(20, 32):
        finger = random_finger(number)
        genuine = compare(template_of(finger), template_of(pressed(finger, number)))
        strangers = [compare(template_of(finger), template_of(random_finger(n))) for n in range(60, 66)]

        assert genuine > 2.5 * max(strangers)


def test_the_order_of_the_two_does_not_matter():
    for number in range(10):
        finger = random_finger(number)
        one, two = template_of(finger), template_of(pressed(finger, number))

        assert compare(one, two) == compare(two, one)


def test_turning_and_shifting_costs_little():
    finger = random_finger(40)
    template = template_of(finger)

    assert compare(template, template_of(turned(finger, 0.6))) > 0.85 * compare(template, template)


def test_a_print_turned_upside_down_is_not_recognised():
    finger = random_finger(41)

    assert compare(template_of(finger), template_of(turned(finger, np.pi))) < 3


def test_a_small_common_area_still_counts():
    finger = random_finger(42)
    left, right = finger[finger[:, 0] < 190], finger[finger[:, 0] > 90]

    assert compare(template_of(left), template_of(right)) > 6


def test_prepared_templates_score_the_same():
    finger = random_finger(43)
    one, two = template_of(finger), template_of(pressed(finger, 43))

    assert compare(prepare(one), prepare(two)) == compare(one, two)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_hardly_any_minutiae_score_nothing(count):
    finger = random_finger(44)

    assert compare(template_of(finger[:count]), template_of(finger)) == 0.0


def test_equal_scores_for_equal_work_on_every_call():
    one, two = template_of(random_finger(45)), template_of(random_finger(46))

    assert len({compare(one, two) for _ in range(5)}) == 1


def test_templates_of_different_versions_are_not_compared():
    finger = random_finger(47)

    with pytest.raises(TemplateRefused, match="same version"):
        compare(template_of(finger), template_of(finger, version="2"))
