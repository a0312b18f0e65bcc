import json

import pytest

from matching.imaging import decode, from_print
from tests.matching.formats.builders import prints_of
from tests.matching.simulator.fake_engine import FakeEngine, template_of

KNOWN, RESIDENT, STRANGER = 1, 2, 9
METAS = {
    KNOWN: {"sid": "MA00000001", "ucn": "0001SA001", "rap_sheet": "RAP SHEET\nCYCLE 1"},
    RESIDENT: {"fin": "FN-1900000002", "iar": "FIRST LINE.\nLAWFUL PERMANENT RESIDENT."},
}


@pytest.fixture(scope="session")
def subjects():
    made = []
    for person, meta in METAS.items():
        decoded = decode([from_print(image) for image in prints_of(person)])
        made.append(({place: template_of(image.pixels) for place, image in enumerate(decoded, 1)}, meta))
    return made


@pytest.fixture
def engine(subjects):
    return FakeEngine(subjects)


@pytest.fixture
def gallery_file(subjects, tmp_path):
    path = tmp_path / "gallery.json"
    items = [
        {"prints": {str(p): t.hex() for p, t in prints.items()}, "meta": meta} for prints, meta in subjects
    ]
    path.write_text(json.dumps(items))
    return path
