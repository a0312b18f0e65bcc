import math
import os

import cv2
import numpy as np
import pytest

from matching.engine.errors import ImageRefused
from matching.engine.leader import Extractor
from matching.engine.matcher import compare
from matching.engine.model import MODEL_VERSION
from matching.samples.prints import print_image


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return print_image(3, 1, 2)


def test_extraction_is_deterministic_and_says_who_did_it(extractor, image):
    first, second = extractor.extract(image), extractor.extract(image.copy())

    assert first == second
    assert (first.extractor, first.version) == ("leader", MODEL_VERSION)
    assert (first.width, first.height) == (288, 320)
    assert 25 <= len(first) <= 75
    assert first.quality.min() >= 0.39


def test_another_extractor_object_finds_the_same(extractor, image):
    assert Extractor(arena=False).extract(image) == extractor.extract(image)


def test_an_empty_border_changes_nothing_but_the_place(extractor, image):
    bordered = np.full((480, 416), 243, dtype=np.uint8)
    bordered[96:416, 64:352] = image

    inner, outer = extractor.extract(image), extractor.extract(bordered)

    assert compare(inner, outer) > 30
    assert abs(len(inner) - len(outer)) <= 3


def test_angles_count_against_the_clock(extractor, image):
    """Turning the picture a quarter turn counter-clockwise adds a quarter turn to each angle."""
    upright, turned = extractor.extract(image), extractor.extract(np.rot90(image).copy())
    expected_x, expected_y = upright.y, image.shape[1] - 1 - upright.x
    matched = 0

    for x, y, angle in zip(expected_x, expected_y, upright.angle, strict=True):
        distance = np.hypot(turned.x - x, turned.y - y)
        nearest = int(np.argmin(distance))
        difference = (float(turned.angle[nearest]) - float(angle) - math.pi / 2 + math.pi) % (
            2 * math.pi
        ) - math.pi
        matched += distance[nearest] < 4 and abs(difference) < 0.3

    assert matched >= 0.7 * len(upright)


def test_a_picture_of_twice_the_resolution_gives_the_same_finger(extractor, image):
    fine = cv2.resize(image, (576, 640), interpolation=cv2.INTER_CUBIC)

    template = extractor.extract(fine, ppi=1000)

    assert (template.width, template.height) == (288, 320)
    assert compare(template, extractor.extract(image)) > 25


@pytest.mark.parametrize(
    ("shape", "ppi", "words"),
    [
        ((1001, 400), 500, "1000 x 1000"),
        ((400, 1001), 500, "1000 x 1000"),
        ((600, 600), 250, "1000 x 1000"),
        ((40, 300), 500, "too small"),
        ((300, 300), 0, "resolution"),
        ((300, 300), 9000, "resolution"),
    ],
)
def test_pictures_that_are_not_one_finger_are_refused(extractor, shape, ppi, words):
    with pytest.raises(ImageRefused, match=words):
        extractor.extract(np.full(shape, 200, dtype=np.uint8), ppi=ppi)


def test_colour_and_deep_pictures_are_refused(extractor):
    with pytest.raises(ImageRefused, match="8-bit grey"):
        extractor.extract(np.zeros((320, 288, 3), dtype=np.uint8))
    with pytest.raises(ImageRefused, match="8-bit grey"):
        extractor.extract(np.zeros((320, 288), dtype=np.uint16))


def test_an_empty_platen_has_no_minutiae(extractor):
    noise = np.random.default_rng(1).normal(240, 2, (320, 288))

    assert len(extractor.extract(np.clip(noise, 0, 255).astype(np.uint8))) <= 2


def test_the_network_is_loaded_at_first_use_and_again_in_another_process(extractor, image):
    fresh = Extractor()
    assert fresh._session is None

    fresh.extract(image)
    loaded = fresh._session
    fresh.extract(image)
    assert fresh._session is loaded

    fresh._owner = os.getpid() + 1  # as after a fork
    fresh.extract(image)
    assert fresh._session is not loaded
