"""Who may review which jail, what reviewers wrote, and the cases as they see them: without names, by construction."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from audit.models import ClockTimestamp
from oversight.querysets import GrantQuerySet, NoteQuerySet, OversightCaseQuerySet


class ReviewGrant(models.Model):
    """One oversight body may read one jail's cases without names, from and until. Ended, never deleted."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    oversight_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="review_grants")
    jail_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reviewed_under")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.CharField(max_length=64)
    granted_by_label = models.CharField(max_length=200)
    granted_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["oversight_agency", "jail_agency"],
                condition=models.Q(ends_at__isnull=True),
                name="oversight_one_open_grant",
            ),
            models.CheckConstraint(
                name="oversight_grant_order",
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("starts_at")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return f"{self.oversight_agency_id} reviews {self.jail_agency_id}"

    def is_in_force(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


class ReviewNote(models.Model):
    """What a reviewer wrote about a case. Written once: a correction is another note."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case_id = models.UUIDField(_("public id of the case"))
    agency_id = models.UUIDField(_("public id of the oversight body"))
    agency_label = models.CharField(max_length=150)
    author_id = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200)
    text = models.TextField()
    written_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="oversight_note_not_empty", condition=~models.Q(text=""))]
        indexes = [models.Index(fields=["case_id", "id"], name="oversight_note_case")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'review notes are append-only: TRUNCATE refused';",
            ),
        ]

    class Privacy:
        personal = ("text",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"Note {self.public_id}"


class OversightCase(models.Model):
    """One row per case of the view `oversight_case`: no name, no number, no instant that a jail roster shows.

    `case_id` is the case's random public id: it ties notes and accesses to the case and is never shown. Everything else may be.
    """

    id = models.BigIntegerField(primary_key=True)
    case_id = models.UUIDField()
    agency_id = models.BigIntegerField()
    reference = models.CharField(max_length=14)
    jail = models.CharField(max_length=150)
    booked_week = models.CharField(max_length=8)
    age_band = models.CharField(max_length=10)
    offence_classes = ArrayField(models.CharField(max_length=12))
    custody = models.CharField(max_length=12)
    custody_minutes = models.IntegerField(null=True)
    eligible_minutes = models.IntegerField(null=True)
    past_eligible_minutes = models.IntegerField(null=True)
    past_eligible_band = models.CharField(max_length=12, null=True)  # noqa: DJ001 - NULL where nothing runs
    authority = models.CharField(max_length=12)
    in_breach = models.BooleanField()
    has_hold = models.BooleanField()
    has_breach = models.BooleanField()
    verdict = models.CharField(max_length=30, null=True)  # noqa: DJ001 - NULL where nothing was decided
    policy_code = models.CharField(max_length=40, null=True)  # noqa: DJ001 - NULL where nothing was decided
    citation = models.CharField(max_length=200, null=True)  # noqa: DJ001 - NULL where nothing was decided
    answers: Any = models.JSONField()
    detainers: Any = models.JSONField()
    holds: Any = models.JSONField()
    breaches: Any = models.JSONField()
    steps: Any = models.JSONField()
    corrections: Any = models.JSONField()

    objects = OversightCaseQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "oversight_case"

    class Privacy:
        personal = ()
        retention = "not stored"

    def __str__(self) -> str:
        return self.reference


class OversightMark(models.Model):
    """Which cases may have something rare: the view `oversight_mark`, from which filters of the list start.

    It may name a case too many, never one too few; the list asks the case itself as well.
    """

    class Mark(models.TextChoices):
        HOLD = "hold", _("Hold")
        BREACH = "breach", _("Breach")
        POLICY = "policy", _("Policy")

    case_key = models.BigIntegerField(primary_key=True)
    mark = models.CharField(max_length=6, choices=Mark)
    code = models.CharField(max_length=40)

    class Meta:
        managed = False
        db_table = "oversight_mark"

    class Privacy:
        personal = ()
        retention = "not stored"

    def __str__(self) -> str:
        return f"{self.mark} {self.code}"
