"""What happened (Event), who looked (Access), and what still has to be carried out of the door (Delivery).

Events and accesses hold labels and ids and no foreign keys: keeping history must never block or follow a change to a live row.
They refuse UPDATE, DELETE and TRUNCATE by trigger here and by grant in `config/grants.py`. Seals, nodes, roots and epochs are the
ledger over them (`audit/ledger/`): append-only as well, written by the sealer alone.
"""

from uuid import uuid4

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class TransactionId(models.Func):
    """The 64-bit id of the running transaction: what the sealer orders rows by."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class ClockTimestamp(models.Func):
    """The database's wall clock at this statement, not at the start of the transaction."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


def _append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def _no_truncate() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'audit rows are append-only: TRUNCATE refused on %', TG_TABLE_NAME;",
    )


class _Record(models.Model):
    """Who, on whose behalf, in which request, about which case and agency."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    txid = models.BigIntegerField(db_default=TransactionId(), editable=False)
    action = models.CharField(max_length=80)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200)
    case_id = models.UUIDField(null=True, blank=True)
    agency_id = models.UUIDField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        abstract = True


class Event(_Record):
    """One thing that happened. `facts` holds ids, codes and ISO times: never a name or a number of a person."""

    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    on_behalf_of = models.UUIDField(null=True, blank=True)
    changed = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    reason = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)
    occurred_at = models.DateTimeField()

    carried: object = None
    """What the publisher hands to handlers of its transaction, so that they need not read it again. Never stored."""

    class Meta:
        indexes = [
            models.Index(fields=["case_id", "id"], name="audit_event_case"),
            models.Index(fields=["agency_id", "id"], name="audit_event_agency"),
            models.Index(fields=["txid", "id"], name="audit_event_sealing"),
        ]
        triggers = [_append_only(), _no_truncate()]

    class Privacy:
        personal = ()
        retention = "longer than the record it describes"

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


class Access(_Record):
    """One look: a page opened or a query run, with the ids that were shown."""

    objects_shown = ArrayField(models.UUIDField(), default=list)
    object_type = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    query = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "accesses"
        indexes = [
            models.Index(fields=["case_id", "id"], name="audit_access_case"),
            models.Index(fields=["actor_id", "id"], name="audit_access_actor"),
            models.Index(fields=["txid", "id"], name="audit_access_sealing"),
            GinIndex(
                fields=["objects_shown"],
                condition=models.Q(object_type="person"),
                name="audit_access_person",
            ),
        ]
        triggers = [_append_only(), _no_truncate()]

    class Privacy:
        personal = ()
        retention = "longer than the record it describes"

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_label}"


class Delivery(models.Model):
    """Outbox row: one event still to be carried to one subscriber. An ordinary row, moved by a worker after commit."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        FAILED = "failed", "Failed, needs a person"

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    subscriber = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="audit_delivery_once"),
            models.CheckConstraint(
                name="audit_delivery_done_at",
                condition=models.Q(state="done", done_at__isnull=False)
                | (~models.Q(state="done") & models.Q(done_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="audit_delivery_due"
            ),
            models.Index(fields=["id"], condition=models.Q(state="failed"), name="audit_delivery_failed"),
        ]

    class Privacy:
        personal = ()
        retention = "30 days after done"

    def __str__(self) -> str:
        return f"{self.subscriber} {self.state}"


class Seal(models.Model):
    """The place of one event or access in the ledger. `seq` is dense from 1; see `docs/ledger.md` for the hashes."""

    class Kind(models.TextChoices):
        EVENT = "event", "Event"
        ACCESS = "access", "Access"

    seq = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=6, choices=Kind)
    row_id = models.BigIntegerField()
    txid = models.BigIntegerField()
    agency_id = models.UUIDField(null=True, blank=True)
    form = models.SmallIntegerField()
    salt = models.BinaryField(max_length=16)
    leaf = models.BinaryField(max_length=32)
    chain = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "row_id"], name="audit_seal_once")]
        indexes = [
            models.Index(
                fields=["agency_id", "seq"], condition=models.Q(kind="event"), name="audit_seal_feed"
            )
        ]
        triggers = [_append_only(), _no_truncate()]

    class Privacy:
        personal = ()
        retention = "as long as the row it seals"

    def __str__(self) -> str:
        return f"seal {self.seq}"


class SealNode(models.Model):
    """The hash of one complete subtree of the ledger's Merkle tree, so that a proof needs no pass over all leaves."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="audit_sealnode_once")]
        triggers = [_append_only(), _no_truncate()]

    class Privacy:
        personal = ()
        retention = "as long as the ledger"

    def __str__(self) -> str:
        return f"node {self.level}/{self.index}"


class LedgerRoot(models.Model):
    """What the whole ledger was at one instant, signed. It goes out, so that nobody can rewrite what it covers unseen."""

    number = models.BigIntegerField(primary_key=True)
    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    seq = models.BigIntegerField()
    chain = models.BinaryField(max_length=32)
    tree = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    public_key = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)

    class Meta:
        triggers = [_append_only(), _no_truncate()]

    class Privacy:
        personal = ()
        retention = "as long as the ledger"

    def __str__(self) -> str:
        return f"root {self.number}"


class LedgerEpoch(models.Model):
    """From here on transaction ids are those of another database server: what `resolve_ledger` decided, once and visibly.

    Seals up to `after_seq` and rows up to the floors belong to the time before; the sealer goes on at `from_txid`.
    """

    number = models.BigIntegerField(primary_key=True)
    after_seq = models.BigIntegerField()
    event_floor = models.BigIntegerField()
    access_floor = models.BigIntegerField()
    from_txid = models.BigIntegerField()
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        triggers = [_append_only(), _no_truncate()]

    class Privacy:
        personal = ()
        retention = "as long as the ledger"

    def __str__(self) -> str:
        return f"epoch {self.number}"
