"""API clients: an OAuth application that belongs to one agency."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from accounts.models import Agency


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
