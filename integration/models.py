"""API clients (an OAuth application that belongs to one agency) and the keys under which they repeat a request safely."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from accounts.models import Agency
from audit.models import ClockTimestamp


class ApiClient(models.Model):
    """A machine of one agency. Its OAuth application holds the (hashed) secret; this row says whose machine it is."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    application = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, on_delete=models.PROTECT, related_name="api_client"
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="api_clients")
    label = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return self.label

    @property
    def is_authenticated(self) -> bool:
        """The framework asks this of whoever a token stands for."""
        return True


class IdempotencyKey(models.Model):
    """One `Idempotency-Key` of one client: what was asked under it and, once done, what was answered.

    A row without an answer is a request that still runs. Its lease lets a repeat take over from a process that died.
    """

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="idempotency_keys")
    key = models.CharField(max_length=100)
    body_sha256 = models.CharField(max_length=64)
    lease_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    response = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="integration_key_once"),
            models.CheckConstraint(
                name="integration_key_answered_or_leased",
                condition=models.Q(status__isnull=False, response__isnull=False, lease_until__isnull=True)
                | models.Q(status__isnull=True, response__isnull=True, lease_until__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["client", "created_at"], name="integration_key_age")]

    class Privacy:
        personal = ("response",)
        retention = "one day"

    def __str__(self) -> str:
        return f"key of client {self.client_id}"
