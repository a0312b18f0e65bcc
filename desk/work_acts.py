"""What can be done about who sees to a case, where the person is, and what colleagues should know. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.permissions import Permission as P
from desk.facts import CaseFacts

Option = tuple[str, str, UUID, P, str]
"""Name of the act, its label, what it is about, the permission it needs, and why it cannot be done now."""


def options(facts: CaseFacts) -> Iterator[Option]:
    """The acts of everyday work; where the case is in somebody else's care, taking it says whose."""
    if not facts.in_custody and not facts.breaches:
        return
    yield from _owner(facts)
    if facts.in_custody:
        yield "unit_move", _("Move to another unit"), facts.public_id, P.UNIT_MOVE, ""
    yield "note_write", _("Write a note"), facts.public_id, P.WORK_OWN, ""


def _owner(facts: CaseFacts) -> Iterator[Option]:
    owner = facts.owner
    if owner is None:
        yield "case_claim", _("Take the case"), facts.public_id, P.WORK_OWN, ""
    elif owner.offer and owner.is_offered_to_me:
        yield "offer_answer", _("Answer: the case is offered to you"), owner.offer, P.WORK_OWN, ""
    elif owner.is_me and owner.offer:
        yield "offer_withdraw", _("Take the offer back"), owner.offer, P.WORK_OWN, ""
    elif owner.is_me:
        yield "case_offer", _("Hand the case over"), facts.public_id, P.WORK_OWN, ""
        yield "case_give_back", _("Give the case back"), facts.public_id, P.WORK_OWN, ""
    else:
        why = _("%(name)s owns it. Ask for it, or let a supervisor assign it.") % {"name": owner.name}
        yield "case_claim", _("Take the case"), facts.public_id, P.WORK_OWN, why
    yield "case_assign", _("Assign the case"), facts.public_id, P.WORK_ASSIGN, ""
