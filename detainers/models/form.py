"""The sealed part of a received form: numbers, names and the jail's own part."""

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from detainers.models.paper import Detainer, append_only
from detainers.querysets import DetainerChildQuerySet


class FormRecord(models.Model):
    """What one form says besides what the detainer shows: sealed under a key of its own, and never changed.

    `event_blind` finds the same event number again without its value, so that one paper is not registered twice.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    detainer = models.OneToOneField(Detainer, on_delete=models.PROTECT, related_name="record")
    sealed = models.BinaryField(
        help_text=_("Canonical JSON of the details; opened by detainers.services.records")
    )
    event_blind = models.BinaryField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = DetainerChildQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_form_sealed",
                condition=models.Q(sealed__gt=b"CH\x01") & models.Q(sealed__lt=b"CH\x02"),
            )
        ]
        indexes = [models.Index(fields=["event_blind"], name="detainers_form_event")]
        triggers = [append_only()]

    class Privacy:
        personal = ("sealed", "event_blind")
        retention = "with its case; erasing its key erases it"

    def __str__(self) -> str:
        return f"Form of detainer {self.detainer_id}"
