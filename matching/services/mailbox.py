"""Emptying our mailbox at a peer: fetch, store and record, and only then delete there. At least once, never less."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog
from django.db import Error as DatabaseError
from django.db import transaction

from matching import conf
from matching.errors import NoGateway
from matching.models import Mailbox, MailboxTrouble
from matching.owners import is_certainly_gone
from matching.ports import BUREAU, BureauGateway, GatewayError, Permanent, Transient, Waiting, gateway_for
from matching.services.replies import Message, record_replies, record_reply

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]
Fetched = tuple[Waiting, bytes]


@dataclass
class Collected:
    """What one round brought: new messages, repeated ones, and those left at the peer for the next round."""

    new: int = 0
    repeated: int = 0
    left: int = 0


def collect_mailbox(*, owner: str, clock: Clock, peer: str = BUREAU, rounds: int = 20) -> Collected | None:
    """Bring home everything that waits at a peer. None when another worker is at it, or the peer cannot be
    reached.

    No call to the peer is made inside a transaction. A crash between recording and deleting brings the
    message again, and the record of it knows it.
    """
    if not _take_mailbox(peer, owner, clock()):
        return None
    result = Collected()
    try:
        gateway = _gateway(peer)
        for batch in _batches(gateway, rounds):
            _record_batch(peer, gateway, batch, clock, result)
    except GatewayError as error:
        log.warning("mailbox_not_reached", peer=peer, code=error.code)
        _let_go(peer, owner, clock(), error)
        return None
    _let_go(peer, owner, clock(), None)
    return result


def _gateway(peer: str) -> BureauGateway:
    try:
        return gateway_for(peer)
    except NoGateway as error:
        raise Transient(error.code, "No connection to this peer is set up.") from error


def _take_mailbox(peer: str, owner: str, at: datetime) -> bool:
    """One worker empties a mailbox at a time; two would do no harm, only the work twice."""
    with transaction.atomic():
        Mailbox.objects.get_or_create(peer=peer)
        row = Mailbox.objects.select_for_update(skip_locked=True).filter(peer=peer).first()
        if row is None or (row.lease_until is not None and row.lease_until > at and not _is_left(row, owner)):
            return False
        row.lease_owner, row.lease_until, row.polled_at = owner, at + conf.lease(), at
        row.save(update_fields=["lease_owner", "lease_until", "polled_at"])
    return True


def _is_left(row: Mailbox, owner: str) -> bool:
    """Its worker has ended, or is this one, which does one thing at a time and so is no longer at it."""
    return row.lease_owner == owner or is_certainly_gone(row.lease_owner)


def _let_go(peer: str, owner: str, at: datetime, error: GatewayError | None) -> None:
    fields: dict[str, object] = {"lease_owner": "", "lease_until": None}
    if error is None:
        fields |= {"succeeded_at": at, "last_error_code": "", "last_error": ""}
    else:
        fields |= {"last_error_code": error.code[:40], "last_error": error.sentence[:200]}
    Mailbox.objects.filter(peer=peer, lease_owner=owner).update(**fields)


def _batches(gateway: BureauGateway, rounds: int) -> Iterator[list[Fetched]]:
    """Every waiting message once, in order, a batch at a time; one that cannot be brought does not stop the next."""
    after, size = 0, conf.batch_size()
    for _ in range(rounds):
        waiting = gateway.list_waiting(after=after, limit=size)
        if not waiting:
            return
        after = waiting[-1].number
        yield [(message, content) for message in waiting if (content := _fetch(gateway, message)) is not None]
        if len(waiting) < size:
            return


def _fetch(gateway: BureauGateway, message: Waiting) -> bytes | None:
    try:
        return gateway.fetch(message)
    except (
        Permanent
    ) as error:  # deleted by another worker since it was listed, or refused: the next listing tells
        log.warning("message_not_fetched", number=message.number, code=error.code)
        return None


def _record_batch(
    peer: str, gateway: BureauGateway, batch: list[Fetched], clock: Clock, result: Collected
) -> None:
    """One transaction for the batch; when that fails, one for each message, so that a bad one harms only itself."""
    if not batch:
        return
    messages = [Message(str(message.number), content) for message, content in batch]
    try:
        news = [recorded.is_new for recorded in record_replies(peer=peer, messages=messages, at=clock())]
    except Exception as error:  # noqa: BLE001 - whatever one message does to us, the others must get through; it is counted below
        log.warning("mailbox_batch_failed", peer=peer, error=type(error).__name__, messages=len(batch))
        kept = [
            (message, is_new)
            for message, content in batch
            if (is_new := _record_alone(peer, message, content, clock())) is not None
        ]
    else:
        kept = [(message, is_new) for (message, _), is_new in zip(batch, news, strict=True)]
    result.left += len(batch) - len(kept)
    if kept:
        gateway.delete_all([message for message, _ in kept])
    for _, is_new in kept:
        result.new += is_new
        result.repeated += not is_new


def _record(peer: str, message: Waiting, content: bytes, at: datetime, *, reason: str = "") -> bool:
    recorded = record_reply(
        peer=peer, message_id=str(message.number), content=content, at=at, unreadable_reason=reason
    )
    return recorded.is_new


def _record_alone(peer: str, message: Waiting, content: bytes, at: datetime) -> bool | None:
    """Whether the message was new; None when it stays at the peer. After some failures it is set aside whole and unread."""
    try:
        return _record(peer, message, content, at)
    except Exception as error:  # noqa: BLE001 - counted; the message stays at the peer until it is recorded or set aside
        log.error("message_not_recorded", peer=peer, number=message.number, error=type(error).__name__)
    try:
        if _count_trouble(peer, content, at) < conf.poison_after():
            return None
        return _record(peer, message, content, at, reason="could_not_record")
    except DatabaseError as error:
        log.error("message_not_set_aside", peer=peer, number=message.number, error=type(error).__name__)
        return None


def _count_trouble(peer: str, content: bytes, at: datetime) -> int:
    with transaction.atomic():
        digest = sha256(content).hexdigest()
        row, created = MailboxTrouble.objects.select_for_update().get_or_create(
            peer=peer, sha256=digest, defaults={"first_seen_at": at}
        )
        if not created:
            row.attempts += 1
            row.save(update_fields=["attempts"])
    return int(row.attempts)
