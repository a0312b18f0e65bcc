"""Which translations a person has reviewed. The reviews are rows; a changed text has a new digest and none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from detainers.documents.texts import CODES, Text, text
from detainers.models import TranslationReview
from detainers.notices import FORM, ORIGINAL


@dataclass(frozen=True)
class Standing:
    """One language: its text as it stands in the project, and the review that holds for exactly this text."""

    text: Text
    review: TranslationReview | None

    @property
    def is_reviewed(self) -> bool:
        """Whether giving this text counts. English is the original that people wrote; its review is recorded as well."""
        return self.review is not None or not self.text.is_machine_made

    @property
    def is_draft(self) -> bool:
        """Whether the notice carries the watermark of a machine draft."""
        return not self.is_reviewed


def standing(code: str) -> Standing:
    """How the text in one language stands now. Raises KeyError for a language without a text."""
    found = text(code)
    return Standing(found, _in_force(found))


def standings() -> tuple[Standing, ...]:
    """Every language, English first, by one query."""
    newest: dict[tuple[str, str], TranslationReview] = {}
    for row in TranslationReview.objects.order_by("pk"):
        newest[row.language, row.digest] = row
    found = []
    for code in CODES:
        words = text(code)
        row = newest.get((code, words.digest))
        found.append(Standing(words, row if row is not None and row.is_approval else None))
    return tuple(found)


def reviewed(code: str) -> bool:
    """Whether a notice in this language counts as notice: its text was reviewed by a person. False without a text of ours."""
    return code in CODES and standing(code).is_reviewed


def counts_as_notice(code: str, at: datetime) -> tuple[bool, str]:
    """Whether a notice in this language, given at `at`, counts, and the digest of its text; ('' where it has none of ours).

    The approval must have stood when the notice was given. Raises KeyError for a language without a notice.
    """
    if code == FORM:
        return True, ""
    now = standing(code)
    is_original = code == ORIGINAL and not now.text.is_machine_made
    approved = now.review is not None and now.review.reviewed_at <= at
    return is_original or approved, now.text.digest


def _in_force(found: Text) -> TranslationReview | None:
    """The newest review of exactly this text, unless that one withdrew it."""
    rows = TranslationReview.objects.filter(language=found.code, digest=found.digest)
    newest: TranslationReview | None = rows.order_by("-pk").first()
    return newest if newest is not None and newest.is_approval else None
