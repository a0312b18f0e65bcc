from collections import Counter

import numpy as np
import pytest

from matching.samples.prints import CLEAN, IMAGE_HEIGHT, IMAGE_WIDTH, POOR, impress, print_image
from matching.samples.ridges import Pattern, draw_pattern, grow_master, ridge_angles


def test_the_same_numbers_give_the_same_picture():
    assert np.array_equal(print_image(9, 4, 3, 2), print_image(9, 4, 3, 2))


def test_each_number_matters():
    pictures = [
        print_image(*numbers)
        for numbers in ((9, 4, 3, 2), (8, 4, 3, 2), (9, 5, 3, 2), (9, 4, 2, 2), (9, 4, 3, 1))
    ]

    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_a_picture_is_a_dark_finger_on_light_glass():
    picture = print_image(9, 4, 3)

    assert picture.shape == (IMAGE_HEIGHT, IMAGE_WIDTH)
    assert picture.dtype == np.uint8
    corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() > 200
    middle = picture[100:220, 90:200]
    assert 0.25 < (middle < 140).mean() < 0.75


def test_a_poor_touch_leaves_less():
    master = grow_master(9, 4, 1)

    assert impress(master, 9, 4, 1, POOR).std() < 0.5 * impress(master, 9, 4, 1, CLEAN).std()


@pytest.mark.parametrize("pattern", Pattern)
def test_every_class_grows_ridges_everywhere(pattern):
    master = grow_master(9, 4, 1, pattern)

    assert master.pattern is pattern
    blocks = np.abs(master.ridges).reshape(20, 20, 20, 18).mean(axis=(1, 3))
    assert blocks.min() > 0.5
    assert abs(float(master.ridges.mean())) < 0.1


@pytest.mark.parametrize(
    ("pattern", "turns"),
    [
        (Pattern.ARCH, 0.0),
        (Pattern.TENTED_ARCH, 0.0),
        (Pattern.LEFT_LOOP, 0.0),
        (Pattern.RIGHT_LOOP, 0.0),
        (Pattern.WHORL, 0.0),
    ],
)
def test_cores_and_deltas_cancel_around_the_whole_finger(pattern, turns):
    """As many cores as deltas: along the border the ridges turn back to where they were."""
    angles = ridge_angles(np.random.default_rng(4), pattern)
    border = np.concatenate([angles[0], angles[:, -1], angles[-1, ::-1], angles[::-1, 0]])

    steps = (np.diff(border) + np.pi / 2) % np.pi - np.pi / 2

    assert steps.sum() / (2 * np.pi) == pytest.approx(turns, abs=0.05)


def test_classes_come_as_often_as_in_people():
    rng = np.random.default_rng(12)
    counts = Counter(draw_pattern(rng, 1 + number % 10) for number in range(20_000))

    for pattern, share in zip(Pattern, (0.037, 0.029, 0.328, 0.328, 0.279), strict=True):
        assert counts[pattern] / 20_000 == pytest.approx(share, abs=0.02)


def test_loops_open_towards_the_little_finger():
    rng = np.random.default_rng(13)
    right = Counter(draw_pattern(rng, 2) for _ in range(500))
    left = Counter(draw_pattern(rng, 7) for _ in range(500))

    assert right[Pattern.RIGHT_LOOP] > 5 * right[Pattern.LEFT_LOOP]
    assert left[Pattern.LEFT_LOOP] > 5 * left[Pattern.RIGHT_LOOP]
