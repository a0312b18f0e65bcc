import math

import numpy as np
import pytest

from matching.engine.errors import TemplateRefused
from matching.engine.template import MAX_MINUTIAE, Template
from tests.matching.engine.conftest import random_finger, template_of


def test_bytes_give_back_the_same_template():
    template = template_of(random_finger(1))

    again = Template.from_bytes(template.to_bytes())

    assert again == template
    assert again.to_bytes() == template.to_bytes()
    for name in ("x", "y", "angle", "quality"):
        assert np.array_equal(getattr(again, name), getattr(template, name))
    assert (again.width, again.height, again.extractor, again.version) == (288, 320, "random", "1")


def test_a_minutia_takes_six_bytes():
    few, many = template_of(random_finger(1, count=10)), template_of(random_finger(1, count=30))

    assert len(many.to_bytes()) - len(few.to_bytes()) == 20 * 6
    assert len(few.to_bytes()) - 10 * 6 < 40


def test_only_the_best_eighty_are_kept_in_order_of_quality():
    rows = random_finger(2, count=110)

    template = template_of(rows)

    assert len(template) == MAX_MINUTIAE
    assert np.all(np.diff(template.quality) <= 0)
    assert template.quality.min() >= np.sort(rows[:, 3])[-MAX_MINUTIAE] - 0.01


@pytest.mark.parametrize("angle", [0.0, 3.0, 2 * math.pi - 0.001, 2 * math.pi, -0.5])
def test_angles_stay_within_one_turn(angle):
    template = template_of(np.array([[10.0, 20.0, angle, 0.9]]))

    difference = (float(template.angle[0]) - angle + math.pi) % (2 * math.pi) - math.pi
    assert 0 <= float(template.angle[0]) < 2 * math.pi
    assert abs(difference) <= math.pi / 256 + 1e-6


def test_a_template_without_minutiae_survives_the_round_trip():
    empty = template_of(np.zeros((0, 4)))

    assert len(Template.from_bytes(empty.to_bytes())) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"XXXX" + data[4:],
        lambda data: data[:4] + b"\1" + data[5:],
        lambda data: data.replace(b"random:1", b"random_1"),
        lambda data: data.replace(b"random:1", b"rand\xffm:1"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(spoil):
    with pytest.raises(TemplateRefused) as refusal:
        Template.from_bytes(spoil(template_of(random_finger(3)).to_bytes()))

    assert refusal.value.message.endswith(".")


def test_templates_are_equal_by_content_and_usable_as_keys():
    one, same, other = (template_of(random_finger(number)) for number in (4, 4, 5))

    assert one == same
    assert {one: 1}[same] == 1
    assert one != other
    assert one != "a template"
