"""The level of criminal history as it was worked out: scheme, inputs and result, so that it can be worked out again."""

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.models import Case
from detainers.levels import SCHEMES, Level, again
from detainers.models.paper import append_only
from detainers.querysets import OnCaseQuerySet


class CriminalLevel(models.Model):
    """One result. Never changed: when convictions change, the next one says so."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="criminal_levels")
    scheme = models.CharField(max_length=20, choices=[(row.code.value, row.title) for row in SCHEMES])
    on = models.DateField(_("worked out for"))
    level = models.CharField(max_length=10, blank=True)
    result = models.JSONField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = OnCaseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case", "-id"], name="detainers_level_latest")]
        triggers = [append_only()]

    class Privacy:
        personal = ("level", "result")
        retention = "with its case"

    def __str__(self) -> str:
        return f"Level by {self.scheme}"

    @property
    def reasons(self) -> list[str]:
        return list(self.result["reasons"])

    def worked_out_again(self) -> Level | None:
        """The same from its own inputs."""
        return again(self.result)
