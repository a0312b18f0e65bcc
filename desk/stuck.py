"""What stopped and waits for a person where no row of the board shows it: quarantine, prints not sent or not searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.scope import agencies
from cases.states import Custody
from matching.events import QUARANTINE_REASONS
from matching.models import PrintSearch, Reply, Transmission

MOST_ITEMS = 50
STUCK = ("failed", "quarantined")


@dataclass(frozen=True)
class Stuck:
    """One thing that waits: numbers and reasons, no name."""

    key: UUID
    word: str
    number: str
    where: str
    sentence: str
    since: datetime
    label: str
    url: str
    case: UUID | None = None


def read(actor: Actor) -> tuple[Stuck, ...]:
    """Everything this actor may set going again, longest waiting first."""
    found = [*_replies(actor), *_transmissions(actor), *_searches(actor)]
    return tuple(sorted(found, key=lambda item: item.since)[:MOST_ITEMS])


def _replies(actor: Actor) -> Iterator[Stuck]:
    if not actor.may_somewhere(Permission.QUARANTINE_HANDLE):
        return
    rows = Reply.objects.visible_to(actor).quarantined().select_related("agency")
    for row in rows.order_by("received_at", "pk")[:MOST_ITEMS]:
        can_attach = row.outcome != "not_understood"
        yield Stuck(
            key=row.public_id,
            word=_("Quarantine"),
            number=row.message_tcn or row.message_id,
            where=row.agency.name if row.agency else _("no jail of ours named"),
            sentence=_("A message is in quarantine: %(why)s") % {"why": _why(row)},
            since=row.received_at,
            label=_("Find its check") if can_attach else _("Look at it"),
            url=reverse("desk:reply_attach" if can_attach else "desk:reply_dismiss", args=[row.public_id]),
        )


def _why(reply: Reply) -> str:
    return QUARANTINE_REASONS.get(reply.quarantine_reason, _("a person must look."))


def _transmissions(actor: Actor) -> Iterator[Stuck]:
    rows = Transmission.objects.visible_to(actor).defer("outgoing_head")
    for row in _waiting(rows, actor):
        yield _work(row, "transmission_retry", _("Not sent"), _("The prints did not reach the state bureau."))


def _searches(actor: Actor) -> Iterator[Stuck]:
    text = _("The prints were not compared with our own repository. That is no finding.")
    for row in _waiting(PrintSearch.objects.visible_to(actor), actor):
        yield _work(row, "search_retry", _("Not searched"), text)


def _waiting(rows: Any, actor: Actor) -> Any:
    """Stuck rows of jails where this actor may try again; people in custody on the actor's own board are there already."""
    own = agencies(actor, Permission.TRANSMISSION_RETRY)
    on_board = agencies(actor, Permission.BOARD_VIEW)
    rows = rows.filter(state__in=STUCK, submission__case__agency__in=own)
    rows = rows.exclude(
        submission__case__agency__in=on_board, submission__case__custody_state=Custody.IN_CUSTODY
    )
    return rows.select_related("submission__case__agency").order_by("created_at", "pk")[:MOST_ITEMS]


def _work(row: Any, act: str, word: str, sentence: str) -> Stuck:
    case = row.submission.case
    error = capfirst(row.last_error.strip())
    cause = f" {error}" if not error or error.endswith(".") else f" {error}."
    return Stuck(
        key=row.public_id,
        word=word,
        number=case.number,
        where=case.agency.name,
        sentence=(sentence + cause).strip(),
        since=row.created_at,
        label=_("Send again") if act == "transmission_retry" else _("Search again"),
        url=reverse(f"desk:{act}", args=[row.public_id]),
        case=case.public_id,
    )
