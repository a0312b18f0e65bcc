import json

import numpy as np
import pytest

from matching.engine.errors import GalleryRefused, TemplateRefused
from matching.engine.gallery import Gallery, HitClass
from tests.matching.engine.conftest import person, random_finger, template_of

SUBJECTS = 12


@pytest.fixture(scope="module")
def filled() -> Gallery:
    gallery = Gallery()
    for number in range(SUBJECTS):
        gallery.add(
            f"s{number}",
            person(number),
            {"number": number, "repositories": ["fbi"] if number % 2 else ["dhs"]},
        )
    return gallery


def test_a_person_is_found_first_and_everybody_else_is_no_hit(filled):
    for number in (0, 5, 11):
        hits = filled.search(person(number, impression=1))

        assert hits[0].subject_ref == f"s{number}"
        assert hits[0].hit_class is HitClass.HIT
        assert hits[0].is_hit
        assert hits[0].fingers == 10
        assert set(hits[0].by_position) == set(range(1, 11))
        assert hits[0].score == pytest.approx(np.mean(list(hits[0].by_position.values())))
        assert not any(hit.is_hit for hit in hits[1:])
        assert hits[0].score > 2 * hits[1].score


def test_a_stranger_is_no_hit(filled):
    assert not any(hit.is_hit for hit in filled.search(person(99)))


def test_the_list_is_sorted_and_no_longer_than_asked(filled):
    hits = filled.search(person(3, impression=1), limit=4)

    assert len(hits) == 4
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_search_gives_the_same_every_time(filled):
    prints = person(5, impression=1)

    assert filled.search(prints) == filled.search(prints)


def test_only_equal_positions_are_compared(filled):
    own = person(2)
    swapped = {11 - position: template for position, template in own.items()}

    assert not any(hit.is_hit for hit in filled.search(swapped))


def test_the_score_is_over_the_fingers_both_have(filled):
    prints = person(4, impression=1)
    some = {position: prints[position] for position in (2, 3, 4, 7, 8)}

    hit = filled.search(some)[0]

    assert (hit.subject_ref, hit.fingers, hit.hit_class) == ("s4", 5, HitClass.HIT)


def test_fewer_than_four_common_fingers_are_never_a_hit_by_themselves(filled):
    prints = person(4, impression=1)

    hit = filled.search({position: prints[position] for position in (1, 2, 3)})[0]

    assert hit.subject_ref == "s4"
    assert hit.score > Gallery.threshold_for(3)
    assert hit.hit_class is HitClass.CANDIDATE
    assert not hit.is_hit


def test_the_threshold_rises_as_fingers_fall():
    thresholds = [Gallery.threshold_for(fingers) for fingers in range(10, 0, -1)]

    assert thresholds[0] == Gallery.HIT_THRESHOLD
    assert thresholds == sorted(thresholds)
    assert thresholds[-1] > thresholds[0]


def test_a_finger_without_minutiae_is_left_out(filled):
    prints = person(6, impression=1)
    prints[1] = template_of(np.zeros((0, 4)))

    assert filled.search(prints)[0].fingers == 9


def test_where_decides_who_may_be_found(filled):
    prints = person(3, impression=1)

    hits = filled.search(prints, where=lambda meta: "dhs" in meta["repositories"])

    assert hits
    assert all("dhs" in filled.meta(hit.subject_ref)["repositories"] for hit in hits)
    assert "s3" not in [hit.subject_ref for hit in hits]


def test_a_removed_subject_is_not_found_and_can_be_added_again():
    gallery = Gallery()
    for number in range(3):
        gallery.add(f"s{number}", person(number), {})
    gallery.search(person(1, impression=1))

    gallery.remove("s1")

    assert "s1" not in gallery
    assert [hit.subject_ref for hit in gallery.search(person(1, impression=1)) if hit.is_hit] == []
    gallery.add("s1", person(1), {"again": True})
    assert gallery.search(person(1, impression=1))[0].subject_ref == "s1"
    assert gallery.meta("s1") == {"again": True}


def test_an_empty_gallery_finds_nobody():
    assert Gallery().search(person(1)) == []


def test_somebody_without_a_common_finger_is_not_listed():
    gallery = Gallery()
    gallery.add("right", person(1, positions=range(1, 6)), {})

    assert gallery.search(person(1, positions=range(6, 11))) == []


def test_what_was_saved_is_loaded(filled, tmp_path):
    filled.save(tmp_path / "gallery")
    again = Gallery.load(tmp_path / "gallery")

    prints = person(7, impression=1)
    assert again.refs() == filled.refs()
    assert again.search(prints) == filled.search(prints)
    assert again.meta("s7") == filled.meta("s7")
    assert again.prints("s7") == filled.prints("s7")
    assert not list(tmp_path.glob(".*"))


def test_saving_twice_gives_the_same_bytes(filled, tmp_path):
    for name in ("one", "two"):
        filled.save(tmp_path / name)

    for suffix in (".npz", ".json"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


def test_a_changed_meta_does_not_reach_into_the_gallery(filled):
    filled.meta("s1")["number"] = 99

    assert filled.meta("s1")["number"] == 1


def test_what_cannot_be_enrolled_is_refused_with_a_sentence(filled):
    with pytest.raises(GalleryRefused, match="already enrolled"):
        filled.add("s1", person(1), {})
    with pytest.raises(GalleryRefused, match="1 to 10"):
        filled.add("new", {11: template_of(random_finger(1))}, {})
    with pytest.raises(GalleryRefused, match="1 to 10"):
        filled.add("new", {}, {})
    with pytest.raises(TemplateRefused, match="same version"):
        filled.add("new", {1: template_of(random_finger(1), version="2")}, {})
    assert "new" not in filled


def test_what_is_not_enrolled_is_refused_with_a_sentence(filled):
    for act in (filled.meta, filled.remove, filled.prints):
        with pytest.raises(GalleryRefused, match="nobody is not enrolled"):
            act("nobody")
    with pytest.raises(GalleryRefused, match="1 to 10"):
        filled.search({0: template_of(random_finger(1))})


def _of_another_schema(path):
    listing = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**listing, "schema": "other/1"}))


def _of_fewer_subjects(path):
    listing = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**listing, "subjects": listing["subjects"][:1]}))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.with_suffix(".npz").unlink(), "cannot be read"),
        (lambda path: path.with_suffix(".json").unlink(), "cannot be read"),
        (lambda path: path.with_suffix(".npz").write_bytes(b"PK"), "cannot be read"),
        (lambda path: path.with_suffix(".json").write_text("["), "cannot be read"),
        (_of_another_schema, "is not a gallery"),
        (_of_fewer_subjects, "do not belong together"),
    ],
)
def test_spoilt_files_are_refused_with_a_sentence(filled, tmp_path, spoil, words):
    filled.save(tmp_path / "gallery")

    spoil(tmp_path / "gallery")

    with pytest.raises(GalleryRefused, match=words):
        Gallery.load(tmp_path / "gallery")


def test_a_gallery_larger_than_one_block_finds_as_well(monkeypatch, filled):
    prints = person(8, impression=1)
    expected = filled.search(prints)

    monkeypatch.setattr("matching.engine.gallery.BLOCK", 70)

    assert filled.search(prints) == expected
