"""Which documents there are, and what each is for."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """One form. The value is the name of its template, too."""

    NOTICE = "notice"
    INTENT = "intent"
    RELEASE_NOTICE = "release_notice"
    CONSENT = "consent"
    WORKSHEET = "worksheet"
    RELEASE_SHEET = "release_sheet"
    I247A = "i247a"

    @property
    def title(self) -> str | Promise:
        return TITLES[self]

    @property
    def purpose(self) -> str | Promise:
        """What it is for, in a sentence."""
        return PURPOSES[self]

    @property
    def needs_detainer(self) -> bool:
        """Whether it is about one detainer, and not about the case alone."""
        return self in (Kind.NOTICE, Kind.INTENT, Kind.RELEASE_NOTICE, Kind.I247A)

    @property
    def is_translated(self) -> bool:
        """Whether it exists in the languages of the notice. The others are in English."""
        return self is Kind.NOTICE


TITLES: dict[Kind, str | Promise] = {
    Kind.NOTICE: _("Notice to the person"),
    Kind.INTENT: _("Statement of intent"),
    Kind.RELEASE_NOTICE: _("Written release notice"),
    Kind.CONSENT: _("Interview consent form"),
    Kind.WORKSHEET: _("Hold worksheet"),
    Kind.RELEASE_SHEET: _("Release sheet"),
    Kind.I247A: _("Form I-247A"),
}
PURPOSES: dict[Kind, str | Promise] = {
    Kind.NOTICE: _(
        "Explains the detainer to the person, in their language. Give it together with the copy of the form."
    ),
    Kind.INTENT: _("Says in writing whether this jail will hold on the detainer, and why."),
    Kind.RELEASE_NOTICE: _("Tells the person and their attorney what ICE is told about the release."),
    Kind.CONSENT: _("The person's written choice before any interview by ICE."),
    Kind.WORKSHEET: _("How the end of authority was worked out, day by day, with its sources."),
    Kind.RELEASE_SHEET: _("What is checked and signed at the door. It never delays a release."),
    Kind.I247A: _("The detainer as it was issued in the system, on paper."),
}
