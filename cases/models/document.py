"""Bytes received from outside, unchanged."""

from uuid import uuid4

import pgtrigger
from django.db import models

from accounts.models import Agency
from audit.keys.models import DataKey
from audit.models import ClockTimestamp
from cases.querysets import (
    DocumentQuerySet,
)


class Document(models.Model):
    """Bytes received from outside, unchanged, with their digest. What cannot be read stays here in quarantine."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="documents", null=True, blank=True
    )
    kind = models.CharField(max_length=30)
    media_type = models.CharField(max_length=100)
    channel = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    quarantine_reason = models.TextField(blank=True)

    data_key: DataKey | None = None
    """Its key, where it was stored just now: what is derived from it is sealed with the same."""

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_document_quarantine_pair",
                condition=models.Q(quarantined_at__isnull=True, quarantine_reason="")
                | (models.Q(quarantined_at__isnull=False) & ~models.Q(quarantine_reason="")),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="bytes_unchanged",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("content", "sha256", "size", "received_at", "kind"),
            ),
        ]

    class Privacy:
        personal = ("content",)
        retention = "by the retention rule of its case"

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"
