"""The same promises with our own engine and synthetic fingers instead of the fake."""

import pytest

from matching.engine.gallery import Gallery
from matching.engine.leader import Extractor
from matching.formats.answers import classify
from matching.formats.ebts import PrintImage
from matching.imaging import encode_wsq
from matching.samples.prints import impress
from matching.samples.ridges import grow_master
from matching.simulator.bureau import Bureau
from matching.simulator.identify import LeaderEngine, enrol_packed, pack_enrolment
from matching.simulator.options import Faults, Options
from matching.simulator.spool import Transaction
from tests.matching.formats.builders import car

SEED, FINGERS = 77, (1, 2, 6, 7)
KNOWN, STRANGER = 1, 2

pytestmark = pytest.mark.slow


def fingers(person, impression):
    return {place: impress(grow_master(SEED, person, place), SEED, person, impression) for place in FINGERS}


def prints(person, impression):
    return [
        PrintImage(place, 1, image.shape[1], image.shape[0], 500, "WSQ20", encode_wsq(image))
        for place, image in fingers(person, impression).items()
    ]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    extractor, gallery = Extractor(), Gallery()
    templates = {place: extractor.extract(image) for place, image in fingers(KNOWN, 1).items()}
    gallery.add("known", templates, {"sid": "MA00000001", "ucn": "0001SA001", "fin": None})
    path = tmp_path_factory.mktemp("gallery") / "gallery"
    gallery.save(path)
    return LeaderEngine(path)


def ask(engine, content, digest):
    replies, meta, templates = Bureau(engine, Options(), Faults()).answer(
        Transaction(1, 0, digest * 32), content
    )
    return [classify(reply.content).srf for reply in replies], meta, templates


def test_prints_decide_and_names_do_not(engine):
    known, _, _ = ask(engine, car(prints=prints(KNOWN, 2), surname="Never", given_names="Heard Of"), "aa")
    stranger, meta, templates = ask(engine, car(prints=prints(STRANGER, 1), oca="MA00000001"), "bb")

    assert known == ["I", "I", "N"]
    assert stranger == ["N", "N", "N"]
    enrol_packed(engine, pack_enrolment(engine, "bb" * 32, templates, meta))
    again, _, _ = ask(engine, car(prints=prints(STRANGER, 2), surname="Another"), "cc")
    assert again == ["I", "I", "N"]
    repeated, _, _ = ask(engine, car(prints=prints(STRANGER, 1), oca="MA00000001"), "bb")
    assert repeated == ["N", "N", "N"]
