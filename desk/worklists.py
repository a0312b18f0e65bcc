"""Work by owner: mine, my team's, nobody's, and what was offered to me; most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from cases.models import AssignmentOffer
from desk import board
from desk.board import Board
from desk.filters import MINE, NOBODY, TEAM, Filters

LISTS: dict[str, Any] = {MINE: _("My work"), TEAM: _("My team's"), NOBODY: _("Unassigned")}
EMPTY: dict[str, Any] = {
    MINE: _("You own no case. Take one from the unassigned."),
    TEAM: _("No colleague owns a case that is open now."),
    NOBODY: _("Everybody on the board has an owner."),
}
ACTS: dict[str, tuple[str, ...]] = {
    MINE: ("offer", "give_back", "assign"),
    TEAM: ("assign", "give_back"),
    NOBODY: ("claim", "assign"),
}
"""What can be done with several cases of a list at once."""


@dataclass(frozen=True)
class Worklist:
    """One list at one instant, and the offers that wait for this person's answer."""

    key: str
    board: Board
    offers: tuple[AssignmentOffer, ...]

    @property
    def empty(self) -> str:
        return str(EMPTY[self.key])


def read(actor: Actor, filters: Filters, *, at: datetime) -> Worklist:
    """The list that `filters.owner` names; one's own where it names none."""
    key = filters.owner if filters.owner in LISTS else MINE
    offers = AssignmentOffer.objects.visible_to(actor).open().filter(to__public_id=actor.id)
    return Worklist(
        key=key,
        board=board.read(actor, at=at, filters=filters.but(owner=key)),
        offers=tuple(offers.select_related("case__agency", "case__person").order_by("offered_at", "pk")),
    )
