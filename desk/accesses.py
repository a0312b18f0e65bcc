"""Who looked at the desk: one row per page opened; a refresh adds one only when a person appears who was not shown before."""

from collections.abc import Sequence
from uuid import UUID

from accounts.actors import Actor
from accounts.models import Agency
from audit import record
from audit.models import Access

OPENED = "board.opened"
REFRESHED = "board.refreshed"
WORK_OPENED = "work.opened"
CASE_OPENED = "case.opened"
PERSON_OPENED = "person.opened"
SEARCHED = "case.searched"
PAIRS_LISTED = "person.pairs_listed"
REGISTER_LISTED = "register.listed"
REGISTER_EXPORTED = "register.exported"
DIFFERENCES_LISTED = "register.differences_listed"
DOCUMENT_DOWNLOADED = "document.downloaded"
STATISTICS_OPENED = "statistics.opened"
DOCUMENT_PRODUCED = "document.produced"
OUTAGE_OPENED = "outage.opened"


def board_opened(actor: Actor, cases: Sequence[UUID], agency: Agency | None) -> None:
    """The board was opened and showed these cases."""
    _board(OPENED, actor, cases, agency)


def board_refreshed(actor: Actor, cases: Sequence[UUID], agency: Agency | None) -> None:
    """The board renewed itself; recorded only for cases this actor's open board had not shown."""
    seen = _seen(actor)
    new = [case for case in cases if case not in seen]
    if new:
        _board(REFRESHED, actor, new, agency)


def _board(action: str, actor: Actor, cases: Sequence[UUID], agency: Agency | None) -> None:
    record.access(
        action, actor=actor, objects=cases, object_type="case", agency=agency.public_id if agency else None
    )


def _seen(actor: Actor) -> set[UUID]:
    """Everything shown to this actor since they last opened the board."""
    mine = Access.objects.filter(actor_kind=actor.kind, actor_id=actor.id)
    opened = mine.filter(action=OPENED).order_by("-id").values("id")[:1]
    rows = mine.filter(action__in=(OPENED, REFRESHED), id__gte=opened).values_list("objects_shown", flat=True)
    return {case for shown in rows for case in shown}
