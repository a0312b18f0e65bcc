"""One way to make a document: what the rows say, set in its form, stamped with version and digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils import timezone

from cases.models import Case
from detainers.documents import typesetting
from detainers.documents.contents import Subject, content_of
from detainers.documents.kinds import Kind
from detainers.documents.languages import standing
from detainers.models import Detainer
from detainers.situation import load


class NotForThisCase(ValueError):
    """This kind of document says nothing about this case; the message is a sentence for whoever asked."""


@dataclass(frozen=True)
class Produced:
    """A document and what identifies it."""

    kind: Kind
    language: str
    stamp: str
    is_draft: bool
    content: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def file_name(self) -> str:
        """Without anything of a person."""
        return f"{self.kind.value}-{self.language}-{self.sha256[:12]}.pdf"


def produce(
    kind: Kind,
    *,
    case: Case,
    detainer: Detainer | None = None,
    language: str = "en",
    at: datetime | None = None,
) -> Produced:
    """The document as the case stands at `at` (now without it).

    Only the notice exists in other languages than English. Raises NotForThisCase when it is about a detainer and there is none,
    or the detainer is another case's; KeyError for a language without a text.
    """
    if not kind.is_translated and language != "en":
        raise NotForThisCase("This form is in English only. Choose English, and call an interpreter.")
    moment = at or timezone.now()
    words, situation = standing(language), load(case, moment)
    subject = Subject(case, situation, _detainer(kind, situation.detainers, detainer), words, moment)
    content = content_of(kind, subject)
    form, facts = f"{kind.value}-{typesetting.version_of(kind.value)}", typesetting.facts_digest(content)
    text = words.text.version if kind.is_translated else ""
    line = " · ".join(
        part for part in ("Clearhold", f"form {form}", text and f"text {text}", f"facts {facts}") if part
    )
    pdf = typesetting.set_pdf(kind.value, content | {"version": line}, created=moment)
    return Produced(kind, language, " ".join((form, text, facts)), bool(content["draft"]), pdf)


def render(
    kind: str,
    *,
    case: Case,
    detainer: Detainer | None = None,
    language: str = "en",
    at: datetime | None = None,
) -> bytes:
    """The bytes of `produce`. Raises ValueError for an unknown kind, and as `produce`."""
    return produce(Kind(kind), case=case, detainer=detainer, language=language, at=at).content


def kinds_for(case: Case, detainers: tuple[Detainer, ...]) -> tuple[Kind, ...]:
    """The documents that can be made of a case with these detainers."""
    issued_here = any(item.channel == Detainer.Channel.IN_SYSTEM for item in detainers)
    found = [kind for kind in Kind if detainers or not kind.needs_detainer]
    return tuple(kind for kind in found if kind is not Kind.I247A or issued_here)


def _detainer(kind: Kind, all_of_case: tuple[Detainer, ...], chosen: Detainer | None) -> Detainer | None:
    """The detainer the document is about: the one chosen, else the newest that is live, else the newest."""
    if chosen is not None:
        if chosen.pk not in {item.pk for item in all_of_case}:
            raise NotForThisCase("This detainer belongs to another case.")
        found: Detainer | None = chosen
    else:
        found = max(all_of_case, key=lambda item: (item.is_live, item.received_at, item.pk), default=None)
    if found is None and kind.needs_detainer:
        raise NotForThisCase("There is no detainer on this case, so there is nothing to give notice of.")
    if kind is Kind.I247A and found is not None and found.channel != Detainer.Channel.IN_SYSTEM:
        raise NotForThisCase(
            "This detainer was received from outside: its copy is the document received, not a rendering of ours."
        )
    return found
