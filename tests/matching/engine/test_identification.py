"""The committed samples against the committed gallery: image, file, decoding, minutiae, match, as in a real booking."""

from pathlib import Path

import numpy as np
import pytest

from matching.engine.cylinders import prepare
from matching.engine.gallery import Gallery
from matching.engine.leader import Extractor
from matching.engine.matcher import compare
from matching.engine.template import Template
from matching.formats.ebts import validate_booking_eft
from matching.imaging import GreyImage, decode, from_print
from matching.samples.cast import sample
from matching.samples.generate import DATA


def templates_of(path: Path, extractor: Extractor) -> dict[int, Template]:
    prints = validate_booking_eft(path.read_bytes()).prints
    images = decode([from_print(image) for image in prints])
    assert all(isinstance(image, GreyImage) for image in images)
    return {p.position: extractor.extract(i.pixels, ppi=i.ppi) for p, i in zip(prints, images, strict=True)}


@pytest.fixture(scope="module")
def booked(extractor: Extractor) -> dict[str, dict[int, Template]]:
    keys = ("criminal-only-1", "rearrest", "missing-fingers", "no-record-1")
    return {key: templates_of(DATA / sample(key).file_name, extractor) for key in keys}


def ref(key: str) -> str:
    return f"person-{sample(key).person:04d}"


@pytest.mark.parametrize("key", ["criminal-only-1", "rearrest", "missing-fingers"])
def test_somebody_on_file_is_found_first_and_nobody_else_is_a_hit(booked, committed_gallery, key):
    hits = committed_gallery.search(booked[key])

    assert hits[0].subject_ref == ref(key)
    assert hits[0].is_hit
    assert hits[0].fingers == len(sample(key).prints.positions)
    assert not any(hit.is_hit for hit in hits[1:])
    assert hits[0].score > 5 * hits[1].score


def test_somebody_on_no_file_is_nobodys_hit(booked, committed_gallery):
    hits = committed_gallery.search(booked["no-record-1"])

    assert hits
    assert not any(hit.is_hit for hit in hits)
    assert hits[0].score < Gallery.HIT_THRESHOLD / 2


def test_an_arrest_under_another_name_finds_the_earlier_booking_at_rank_one(booked):
    """Our own repository holds what was booked before, not what the bureau has."""
    own = Gallery()
    for key in ("criminal-only-1", "missing-fingers", "no-record-1"):
        own.add(key, booked[key], {"name": sample(key).surname})

    hits = own.search(booked["rearrest"])

    assert hits[0].subject_ref == sample("rearrest").known_as == "criminal-only-1"
    assert hits[0].is_hit
    assert own.meta("criminal-only-1")["name"] != sample("rearrest").surname
    assert not any(hit.is_hit for hit in hits[1:])


@pytest.mark.slow
def test_genuine_scores_are_more_than_twice_any_impostor_score(booked, extractor, committed_gallery):
    """48 fingers against their own record, and each against the same position of 20 strangers."""
    more = ("policy-forbids-2", "nc-new-rule", "nj-same-day")
    probes = {key: booked[key] for key in ("criminal-only-1", "missing-fingers")}
    probes |= {key: templates_of(DATA / sample(key).file_name, extractor) for key in more}
    strangers = [committed_gallery.prints(r) for r in committed_gallery.refs() if r >= "person-1000"][:20]
    on_file = {p: [prepare(s[p]) for s in strangers] for p in range(1, 11)}
    genuine, impostor = [], []

    for key, prints in probes.items():
        record = committed_gallery.prints(ref(key))
        for position, template in prints.items():
            probe = prepare(template)
            genuine.append(compare(probe, record[position]))
            impostor.extend(compare(probe, other) for other in on_file[position])

    assert len(genuine) == 48
    assert len(impostor) == 48 * 20
    assert min(genuine) > 2 * max(impostor)
    assert np.median(genuine) > 10 * np.quantile(impostor, 0.99)
    assert np.quantile(impostor, 0.99) < Gallery.HIT_THRESHOLD


def test_a_committed_template_is_what_this_machine_extracts(booked, extractor, committed_gallery):
    """Rounding may move a minutia at the threshold; the rest must be where it was."""
    from matching.samples.repositories import Holder, enrolled_prints

    holder = Holder(sample("criminal-only-1").person, sample("criminal-only-1").holdings, positions=(2, 8))
    record = committed_gallery.prints(ref("criminal-only-1"))

    for position, fresh in enrolled_prints(holder, extractor).items():
        stored = record[position]
        assert abs(len(fresh) - len(stored)) <= 2
        assert compare(fresh, stored) > 0.9 * compare(stored, stored)
