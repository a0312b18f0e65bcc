"""Signed roots: what the ledger was at one instant, so that what it covers cannot be rewritten unseen."""

from datetime import UTC
from typing import Any

from django.db import connection, transaction

from audit import record
from audit.events import ROOT_SIGNED
from audit.ledger import signing, tree
from audit.ledger.errors import LedgerDamaged, NothingSealed
from audit.ledger.place import place
from audit.ledger.sealer import hold_the_lock
from audit.ledger.signing import RootText
from audit.models import LedgerRoot
from audit.record import ActorLike, Ref


def seal_root(*, actor: ActorLike) -> LedgerRoot:
    """Sign a root over everything sealed so far, keep it and record it as an event.

    The same ledger again gives the last root again. Raises NoSigningKey without a key, NothingSealed for an empty ledger, and
    LedgerDamaged when the ledger is shorter than its last root says: such a ledger is never signed.
    """
    key = signing.signing_key()
    public = signing.raw_public(key.public_key())
    with transaction.atomic():
        hold_the_lock()
        at, last = place(), LedgerRoot.objects.order_by("-number").first()
        if at.seq == 0:
            raise NothingSealed("Nothing has been sealed yet. Run `manage.py seal_ledger` first.")
        _refuse_cut(at.seq, last)
        if last is not None and last.seq == at.seq:
            return last
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (now,) = cursor.fetchone()
        text = RootText(
            number=last.number + 1 if last else 1,
            seq=at.seq,
            chain=at.chain,
            tree=tree.root_at(at.seq),
            previous=digest_of(last) if last else bytes(32),
            made_at=now,
            key_id=signing.key_id(public),
        )
        root = LedgerRoot.objects.create(**vars(text), public_key=public, signature=key.sign(text.message()))
        record.event(
            ROOT_SIGNED,
            actor=actor,
            subject=Ref("ledger_root", root.public_id),
            occurred_at=now,
            facts={
                "number": root.number,
                "seq": root.seq,
                "tree": text.tree.hex(),
                "chain": text.chain.hex(),
                "key": text.key_id,
            },
        )
    return root


def seal_daily_root(*, actor: ActorLike) -> LedgerRoot | None:
    """The root of this day (UTC by the database's clock), unless there is one or nothing was sealed since the last."""
    last = LedgerRoot.objects.order_by("-number").first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
        (today,) = cursor.fetchone()
    at = place()
    if at.seq == 0 or (
        last is not None and (last.made_at.astimezone(UTC).date() >= today or last.seq == at.seq)
    ):
        return None
    return seal_root(actor=actor)


def text_of(root: LedgerRoot) -> RootText:
    """What a stored root says."""
    return RootText(
        number=root.number,
        seq=root.seq,
        chain=bytes(root.chain),
        tree=bytes(root.tree),
        previous=bytes(root.previous),
        made_at=root.made_at,
        key_id=root.key_id,
    )


def digest_of(root: LedgerRoot) -> bytes:
    return text_of(root).digest(bytes(root.signature))


def as_json(root: LedgerRoot) -> dict[str, Any]:
    """A root as it goes out: in files, mails, exports and on the page. Holds nothing about anybody."""
    text = text_of(root)
    return {
        "type": "root",
        "number": text.number,
        "seq": text.seq,
        "chain": text.chain.hex(),
        "tree": text.tree.hex(),
        "previous": text.previous.hex(),
        "made_at": text.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "key": text.key_id,
        "public_key": bytes(root.public_key).hex(),
        "signature": bytes(root.signature).hex(),
    }


def _refuse_cut(seq: int, last: LedgerRoot | None) -> None:
    if last is not None and last.seq > seq:
        raise LedgerDamaged(
            f"Root {last.number} covers {last.seq} seals and the ledger ends at {seq}: its tail was cut off. "
            "No root is signed. Run `manage.py verify_ledger` and compare with the roots that were sent out."
        )
