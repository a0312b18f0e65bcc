"""The notice in eight languages: whole, alike in shape, and known by its digest."""

import unicodedata
from copy import deepcopy

import pytest
import yaml

from detainers.documents import arabic, texts

SCRIPTS = {"zh": "CJK UNIFIED", "ar": "ARABIC"}


def raw(code: str) -> dict:
    return yaml.safe_load((texts.FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))


def every_word(code: str) -> str:
    text = texts.text(code)
    body = [text.title, text.for_you, text.call, text.draft, text.draft_note, *text.labels.values()]
    for part in text.parts:
        body += [part.heading, *part.body]
    return " ".join(body)


@pytest.mark.parametrize("code", texts.CODES)
def test_each_language_says_as_much_as_the_english(code: str) -> None:
    text, english = texts.text(code), texts.text("en")

    assert [len(part.body) for part in text.parts] == [len(part.body) for part in english.parts]
    assert set(text.labels) == set(english.labels)
    assert all(value.strip() for value in text.labels.values())


@pytest.mark.parametrize("code", texts.CODES)
def test_each_language_names_what_must_be_named(code: str) -> None:
    words = every_word(code)

    assert "48" in words
    assert "DHS" in words
    assert "ICE" in words
    assert "detainer" in words
    assert words.count("{phone}") == 1
    assert "{page}" in words
    assert "{pages}" in words


@pytest.mark.parametrize("code", [code for code in texts.CODES if code != "en"])
def test_no_translation_is_left_in_english(code: str) -> None:
    english = set(every_word("en").split())
    words = every_word(code).split()

    shared = [word for word in words if len(word) > 3 and word.isalpha() and word in english]
    assert len(shared) < 0.1 * len(words), shared
    assert not {"the", "your", "after", "about"} & set(words)
    if code in SCRIPTS:
        letters = [item for item in every_word(code) if item.isalpha()]
        own = [item for item in letters if unicodedata.name(item).startswith(SCRIPTS[code])]
        assert len(own) > len(letters) * 0.8


def test_only_the_english_was_written_by_people() -> None:
    assert [text.code for text in texts.texts() if not text.is_machine_made] == ["en"]
    assert [text.code for text in texts.texts() if text.is_right_to_left] == ["ar"]


def test_a_change_of_one_letter_changes_the_digest() -> None:
    before = texts.read(raw("vi"), "vi.yaml")
    data = raw("vi")
    data["text"]["parts"][0]["body"][0] += "."

    assert texts.read(data, "vi.yaml").digest != before.digest
    assert texts.read(raw("vi"), "vi.yaml").digest == before.digest


def test_who_drafted_it_is_no_part_of_the_digest() -> None:
    data = raw("es") | {"drafted_by": "people"}

    assert texts.read(data, "es.yaml").digest == texts.text("es").digest


@pytest.mark.parametrize("path", [("title",), ("parts",), ("labels", "signing"), ("draft_note",)])
def test_a_file_that_lacks_something_says_which_file(path: tuple[str, ...]) -> None:
    data = deepcopy(raw("fr"))
    inner = data["text"]
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]

    with pytest.raises(texts.TextError, match=r"fr\.yaml"):
        texts.read(data, "fr.yaml")


def test_the_telephone_number_must_stand_there_once() -> None:
    data = raw("ht")
    data["text"]["parts"][3]["body"][0] = "Rele ICE."

    with pytest.raises(texts.TextError, match="telephone number"):
        texts.read(data, "ht.yaml")


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("بيت", "\ufe91\ufef4\ufe96"),
        ("دار", "\ufea9\ufe8d\ufead"),
        ("لا", "\ufefb"),
        ("سلام", "\ufeb3\ufefc\ufee1"),
        ("ما", "\ufee3\ufe8e"),
        ("بَيت", "\ufe91\u064e\ufef4\ufe96"),
        ("شيء", "\ufeb7\ufef2\ufe80"),
        ("48 ICE", "48 ICE"),
    ],
)
def test_arabic_letters_are_joined_as_a_hand_joins_them(written: str, forms: str) -> None:
    assert arabic.joined(written) == forms


@pytest.mark.parametrize("code", texts.CODES)
def test_joining_loses_no_letter(code: str) -> None:
    words = every_word(code)

    assert arabic.plain(arabic.joined(words)) == words


def test_a_letter_without_a_form_leaves_the_text_as_it_was() -> None:
    assert arabic.joined("ࢠبيت") in ("ࢠبيت", "ࢠ" + arabic.joined("بيت"))
    assert arabic.joined("ݐبيت") == "ݐبيت"
