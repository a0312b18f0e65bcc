"""One wrapped data key per record. The key that wraps it is never in the database."""

from uuid import uuid4

import pgtrigger
from django.db import models

from audit.models import ClockTimestamp

BLIND_INDEX = "blind_index"


class DataKey(models.Model):
    """The key of one record, wrapped. Taking `wrapped` away is the erasure: no copy of the key is anywhere else."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    purpose = models.CharField(max_length=30)
    kek_id = models.CharField(max_length=40)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="keys_datakey_erased_or_wrapped",
                condition=models.Q(erased_at__isnull=True, wrapped__isnull=False)
                | models.Q(erased_at__isnull=False, wrapped__isnull=True),
            ),
        ]
        indexes = [
            # Rotation walks what is not yet under the new key; a status page counts by key.
            models.Index(
                fields=["kek_id", "id"],
                condition=models.Q(wrapped__isnull=False),
                name="keys_datakey_kek",
            ),
            models.Index(
                fields=["id"], condition=models.Q(purpose=BLIND_INDEX), name="keys_datakey_blind_index"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="only_rewrap_or_erase",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF NEW.id <> OLD.id OR NEW.public_id <> OLD.public_id OR NEW.purpose <> OLD.purpose
                        OR NEW.created_at <> OLD.created_at THEN
                        RAISE EXCEPTION 'a data key keeps its identity' USING ERRCODE = 'check_violation';
                    END IF;
                    IF OLD.erased_at IS NOT NULL THEN
                        RAISE EXCEPTION 'an erased data key stays erased' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.kek_id = OLD.kek_id AND NEW.erased_at IS NULL
                        AND NEW.wrapped IS DISTINCT FROM OLD.wrapped THEN
                        RAISE EXCEPTION 'a data key is wrapped anew under another key only'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    class Privacy:
        personal = ()
        retention = "longer than the record it opened: an erased key says when its record was erased"

    def __str__(self) -> str:
        return f"{self.purpose} {self.public_id}"

    @property
    def wrap_context(self) -> str:
        """Binds the wrapped bytes to this row and purpose."""
        return f"data key {self.public_id} ({self.purpose})"
