"""Notices and forms as PDF, and the languages of the notice to the person.

`render` is the short way to the bytes of one document; `rendering.produce` gives its version and digest too.
"""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.models import Case
    from detainers.models import Detainer


def render(
    kind: str,
    *,
    case: "Case",
    detainer: "Detainer | None" = None,
    language: str = "en",
    at: datetime | None = None,
) -> bytes:
    """The PDF of one document as the case stands at `at` (now without it). Raises ValueError, KeyError: `rendering.produce`."""
    from detainers.documents import (
        rendering,
    )  # services import `languages` from here while they are being loaded

    return rendering.render(kind, case=case, detainer=detainer, language=language, at=at)
