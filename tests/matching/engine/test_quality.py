import numpy as np
import pytest

from matching.engine.quality import quality
from matching.samples.prints import print_image
from tests.matching.engine.conftest import template_of


def test_a_clean_impression_is_good_and_a_smudged_one_is_not(extractor):
    for position in (1, 7):
        clean, poor = print_image(3, 2, position), print_image(3, 2, position, poor=True)

        assert quality(clean, extractor.extract(clean)) <= 2
        assert quality(poor, extractor.extract(poor)) >= 4


def test_a_small_piece_of_a_good_finger_is_worth_less(extractor):
    whole = print_image(3, 2, 2)
    piece = np.full_like(whole, 243)
    piece[120:210, 90:190] = whole[120:210, 90:190]

    assert quality(piece, extractor.extract(piece)) > quality(whole, extractor.extract(whole)) + 1


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_nothing_at_all_is_the_worst(gray):
    assert quality(np.full((320, 288), gray, dtype=np.uint8), template_of(np.zeros((0, 4)))) == 5
