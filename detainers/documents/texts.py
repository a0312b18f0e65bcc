"""The notice to the person in each language: YAML files that a translator can read, checked when they are loaded. Pure.

The digest of a text covers every word of it, so a change of one letter makes a new text that nobody has reviewed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "texts"
CODES = ("en", "es", "fr", "pt", "zh", "vi", "ht", "ar")
PHONE = "(855) 448-6903"
"""ICE's line for citizens and victims of crime, as printed on the forms since December 2011 (Form I-247, page 3)."""
LABELS = (
    "name",
    "case",
    "facility",
    "form",
    "received",
    "made",
    "person_signs",
    "signing",
    "not_signed",
    "given_at",
    "given_by",
    "interpreter",
    "page",
)


class TextError(ValueError):
    """A text file lacks something or says it in another shape; the message names file and key."""


@dataclass(frozen=True, slots=True)
class Part:
    """One heading with its paragraphs."""

    heading: str
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """The notice in one language. `digest` is of everything a reader sees."""

    code: str
    name: str
    own_name: str
    is_right_to_left: bool
    is_machine_made: bool
    title: str
    for_you: str
    parts: tuple[Part, ...]
    call: str
    labels: Mapping[str, str]
    draft: str
    draft_note: str
    digest: str

    @property
    def version(self) -> str:
        """`es-1f0c9a2b`: what a document is stamped with."""
        return f"{self.code}-{self.digest[:8]}"


@cache
def text(code: str) -> Text:
    """The text in one of `CODES`. Raises KeyError for any other language, TextError for a file that is not whole."""
    if code not in CODES:
        raise KeyError(code)
    return read(yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8")), f"{code}.yaml")


def texts() -> tuple[Text, ...]:
    """All of them, English first."""
    return tuple(text(code) for code in CODES)


def read(data: Any, name: str) -> Text:
    """A text from parsed YAML; `name` is the file for messages. Raises TextError."""
    try:
        words = data["text"]
        parts = tuple(Part(str(item["heading"]), tuple(map(str, item["body"]))) for item in words["parts"])
        labels = {key: str(words["labels"][key]) for key in LABELS}
        found = Text(
            code=data["code"],
            name=data["name"],
            own_name=data["own_name"],
            is_right_to_left={"ltr": False, "rtl": True}[data["direction"]],
            is_machine_made={"people": False, "machine": True}[data["drafted_by"]],
            title=words["title"],
            for_you=words["for_you"],
            parts=parts,
            call=words["call"],
            labels=labels,
            draft=words["draft"],
            draft_note=words["draft_note"],
            digest=_digest(words),
        )
    except (KeyError, TypeError) as error:
        raise TextError(f"{name}: {error} is missing or not as in en.yaml. Compare the two files.") from error
    if sum(paragraph.count("{phone}") for part in parts for paragraph in part.body) != 1:
        raise TextError(f"{name}: write {{phone}} once, where the telephone number of ICE stands in en.yaml.")
    return found


def _digest(words: Any) -> str:
    plain = json.dumps(words, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()
