"""A dozen pairs of real prints, read where the development data lies beside the repository; never shipped."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from matching.engine.cylinders import prepare
from matching.engine.gallery import Gallery
from matching.engine.matcher import compare
from matching.engine.quality import quality
from matching.engine.template import Template

ARCHIVE = Path(__file__).parents[4] / "shared" / "data" / "fingerprints" / "fvc2002_db1_b.zip"

pytestmark = pytest.mark.skipif(
    not ARCHIVE.is_file(), reason="the FVC2002 DB1_B prints are not beside this checkout"
)


@pytest.fixture(scope="module")
def images() -> dict[str, np.ndarray]:
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = {Path(name).stem: name for name in archive.namelist() if name.endswith(".tif")}
        wanted = [f"{finger}_{impression}" for finger in range(101, 106) for impression in (1, 2, 3)]
        return {
            key: np.asarray(Image.open(io.BytesIO(archive.read(names[key]))).convert("L"), dtype=np.uint8)
            for key in wanted
        }


@pytest.fixture(scope="module")
def templates(extractor, images) -> dict[str, Template]:
    return {key: extractor.extract(image) for key, image in images.items()}


def test_impressions_of_one_finger_score_above_all_strangers(templates):
    prepared = {key: prepare(template) for key, template in templates.items()}
    genuine, impostor = [], []

    for one in prepared:
        for two in prepared:
            if one < two:
                (genuine if one[:3] == two[:3] else impostor).append(compare(prepared[one], prepared[two]))

    assert len(genuine) == 15
    assert min(genuine) > max(impostor)
    assert np.median(genuine) > 5 * max(impostor)
    assert max(impostor) < Gallery.HIT_THRESHOLD


def test_prints_from_a_good_scanner_are_usable(images, templates):
    grades = [quality(image, templates[key]) for key, image in images.items()]

    assert max(grades) <= 3
    assert np.median(grades) == 1
