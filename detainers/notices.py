"""In which language a notice was given with the copy of a detainer, and whether giving it counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

FORM: Final = "form"
"""Not ours: the notice that is printed on the form itself, written by the office that issued it."""
ORIGINAL: Final = "en"
"""The language in which people wrote the notice; it needs no reviewer."""
NOTICE_WORDS: Final[Mapping[str, Any]] = {
    "en": _("English"),
    "es": _("Spanish"),
    "fr": _("French"),
    "pt": _("Portuguese"),
    "zh": _("Chinese"),
    "vi": _("Vietnamese"),
    "ht": _("Haitian Creole"),
    "ar": _("Arabic"),
    FORM: _("as printed on the form"),
}
