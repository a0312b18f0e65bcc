"""What staff write down about a case for each other. Added, never changed."""

from typing import Any
from uuid import uuid4

import pgtrigger
from django.db import models

from audit.models import ClockTimestamp
from cases.querysets import CaseChildQuerySet


class CaseNote(models.Model):
    """One note of one person. A mistake is mended by another note."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    written_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    written_by = models.CharField(max_length=64)
    written_label = models.CharField(max_length=200)

    objects: Any = CaseChildQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        indexes = [models.Index(fields=["case", "id"], name="cases_note_case")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    class Privacy:
        personal = ("text",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"Note on case {self.case_id}"
