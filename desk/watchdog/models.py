"""What the watchdog found late, from when until when, and whether somebody was told."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now


class Incident(models.Model):
    """One stretch of time in which one watched thing was late. Kept: lateness is part of the account."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=20)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(ended_at__isnull=True), name="desk_one_open_incident"
            ),
            models.CheckConstraint(
                name="desk_incident_order",
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("began_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["began_at"], condition=models.Q(told_at__isnull=True), name="desk_incident_to_tell"
            )
        ]

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return self.name
