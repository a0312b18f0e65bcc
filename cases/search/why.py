"""Why a row was found, best first, in words for the page. Pure."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Why(StrEnum):
    """In the order in which rows are shown."""

    CASE_NUMBER = "case_number"
    BOOKING_NUMBER = "booking_number"
    TCN = "tcn"
    SID = "sid"
    UCN = "ucn"
    FIN = "fin"
    A_NUMBER = "a_number"
    CASE_NUMBER_START = "case_number_start"
    BOOKING_NUMBER_START = "booking_number_start"
    NAME = "name"
    NAME_START = "name_start"
    FORMER_NAME = "former_name"
    GIVEN_LIKE = "given_like"
    SOUND = "sound"
    SPELLING = "spelling"


WORDS: dict[Why, Any] = {
    Why.CASE_NUMBER: _("Case number"),
    Why.BOOKING_NUMBER: _("Booking number"),
    Why.TCN: _("Transaction number (TCN)"),
    Why.SID: _("State number (SID)"),
    Why.UCN: _("FBI number (UCN)"),
    Why.FIN: _("DHS print number (FIN)"),
    Why.A_NUMBER: _("A-number"),
    Why.CASE_NUMBER_START: _("Case number begins so"),
    Why.BOOKING_NUMBER_START: _("Booking number begins so"),
    Why.NAME: _("Name"),
    Why.NAME_START: _("Name begins so"),
    Why.FORMER_NAME: _("Also recorded under this name"),
    Why.GIVEN_LIKE: _("Surname; given name is like it"),
    Why.SOUND: _("Sounds like it"),
    Why.SPELLING: _("Spelt like it"),
}
RANK = {why: place for place, why in enumerate(Why)}


def words(why: Why) -> Any:
    """The reason as the list shows it."""
    return WORDS[why]


def better(one: Why, other: Why) -> Why:
    """The reason that is shown when there are two."""
    return one if RANK[one] <= RANK[other] else other
