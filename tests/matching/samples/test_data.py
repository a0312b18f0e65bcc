"""What is committed is complete, small enough, true to the cast, and what the generator makes."""

import re

import pytest

from matching.engine.gallery import Gallery
from matching.engine.leader import Extractor
from matching.engine.matcher import compare
from matching.engine.quality import quality
from matching.formats.ebts import BookingEft, fold_name, validate_booking_eft
from matching.imaging import GreyImage, decode, from_print
from matching.samples import generate
from matching.samples.bookings import booking_file
from matching.samples.cast import CAST, JAILS, sample
from matching.samples.generate import DATA, GALLERY
from matching.samples.repositories import STRANGERS, holders, meta

LARGEST = 6_000_000
KEYS = [s.key for s in CAST]


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    return Gallery.load(DATA / GALLERY)


def read(name: str) -> BookingEft:
    return validate_booking_eft((DATA / name).read_bytes())


def test_the_data_hold_every_file_and_no_other():
    wanted = {f"{GALLERY}.npz", f"{GALLERY}.json"}
    for s in CAST:
        wanted |= {name for name in (s.file_name, s.reprint_file_name) if name}

    assert {path.name for path in DATA.iterdir()} == wanted
    assert sum(path.stat().st_size for path in DATA.iterdir()) <= LARGEST


@pytest.mark.parametrize("key", KEYS)
def test_a_file_says_what_the_cast_says(key):
    s, eft = sample(key), read(sample(key).file_name)

    assert (eft.surname, eft.given_names) == (fold_name(s.surname), fold_name(s.given_names))
    assert (eft.dob, eft.sex, eft.pob, eft.doa) == (s.birth_date, s.sex, s.birth_place, s.arrested_on)
    assert eft.cri == (JAILS[s.jail].ori,)
    assert eft.oca == s.booking_number
    assert [a.text[:4] for a in eft.arrests] == [c.offence_code for c in s.charges]
    assert tuple(p.position for p in eft.prints) == s.prints.positions
    assert eft.amputations == s.prints.missing
    assert {p.record_type for p in eft.prints} == {s.prints.record_type}
    assert {p.compression for p in eft.prints} == {"WSQ20"}
    assert {(p.width, p.height, p.ppi) for p in eft.prints} == {(288, 320, 500)}
    assert all(3_000 < len(p.data) < 12_000 for p in eft.prints)
    assert eft.notes == ()


def test_no_two_files_have_the_same_control_number_or_prints():
    files = [read(path.name) for path in DATA.glob("*.eft")]

    assert len({eft.tcn for eft in files}) == len(files) == len(CAST) + 1
    assert len({eft.prints_digest for eft in files}) == len(files)


def test_some_files_carry_type_14_and_some_type_4():
    assert {s.prints.record_type for s in CAST} == {4, 14}


def test_the_gallery_holds_everybody_with_a_record_and_the_strangers(gallery):
    expected = {holder.ref: holder for holder in holders(CAST)}

    assert set(gallery.refs()) == set(expected)
    assert len(gallery) >= STRANGERS + 20
    for ref, holder in expected.items():
        assert gallery.meta(ref) == meta(holder)
        assert tuple(gallery.prints(ref)) == holder.positions
    for s in CAST:
        assert (f"person-{s.person:04d}" in gallery) == bool(s.holdings.repositories)


def test_strangers_have_records_of_each_kind_independently(gallery):
    kinds = [tuple(gallery.meta(ref)["repositories"]) for ref in gallery.refs() if ref >= "person-1000"]

    assert all(kinds)
    both = sum("fbi" in kind and "dhs" in kind for kind in kinds) / len(kinds)
    fbi = sum("fbi" in kind for kind in kinds) / len(kinds)
    dhs = sum("dhs" in kind for kind in kinds) / len(kinds)
    assert both == pytest.approx(fbi * dhs, abs=0.12)


def test_the_listing_tells_nothing_that_looks_like_a_real_number(gallery):
    text = (DATA / f"{GALLERY}.json").read_text(encoding="utf-8")

    assert not re.search(r"\b\d{3}-\d{2}-\d{4}\b", text)


def test_the_generator_makes_the_committed_file_again(tmp_path):
    """Bytes may differ with the build of OpenCV; records and minutiae may not."""
    key = "missing-fingers"

    assert generate.main(["--out", str(tmp_path), "--only", key, "--jobs", "1"]) == 0

    assert [path.name for path in tmp_path.iterdir()] == [f"{key}.eft"]
    fresh, committed = (
        validate_booking_eft((place / f"{key}.eft").read_bytes()) for place in (tmp_path, DATA)
    )
    assert (fresh.tcn, fresh.gmt, fresh.arrests, fresh.amputations) == (
        committed.tcn,
        committed.gmt,
        committed.arrests,
        committed.amputations,
    )
    extractor = Extractor()
    for ours, theirs in list(zip(fresh.prints, committed.prints, strict=True))[:2]:
        pair = decode([from_print(ours), from_print(theirs)])
        one, two = (extractor.extract(image.pixels) for image in pair if isinstance(image, GreyImage))
        assert ours.position == theirs.position
        assert abs(len(one) - len(two)) <= 2
        assert compare(one, two) > 0.9 * compare(two, two)


def test_an_unknown_sample_is_named_and_the_known_ones_listed(capsys, tmp_path):
    assert generate.main(["--out", str(tmp_path), "--only", "nobody"]) == 2

    assert "no sample 'nobody'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_making_a_file_twice_gives_the_same_bytes():
    assert booking_file(sample("no-record-1")) == booking_file(sample("no-record-1"))


def test_poor_prints_are_bad_and_their_reprint_is_good():
    extractor = Extractor()
    grades = {}
    for name in (sample("poor-prints").file_name, sample("poor-prints").reprint_file_name):
        images = decode([from_print(image) for image in read(name).prints[:5]])
        grades[name] = [
            quality(i.pixels, extractor.extract(i.pixels)) for i in images if isinstance(i, GreyImage)
        ]

    poor, good = grades.values()
    assert min(poor) >= 4
    assert max(good) <= 2
