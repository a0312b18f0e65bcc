"""API clients come and go. A secret is shown once, when its client is made; only its hash is kept."""

from secrets import token_urlsafe
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from accounts.actors import Actor
from accounts.errors import Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from integration import events
from integration.models import ApiClient


class NewClient(NamedTuple):
    """A client just made, with the only copy of its secret."""

    client: ApiClient
    client_id: str
    secret: str


def create_client(*, agency: Agency, label: str, actor: Actor) -> NewClient:
    """Make an API client of a jail. Raises NotPermitted, Invalid."""
    label = label.strip()
    if not label or len(label) > 100:
        raise Invalid(
            "Name the machine in up to 100 characters, such as 'Jail management system'.", field="label"
        )
    if agency.kind != Agency.Kind.JAIL:
        raise Invalid("Only a jail can have API clients.", field="agency")
    application_model = get_application_model()
    client_id, secret = f"ch-{token_urlsafe(18)}", token_urlsafe(36)
    with transaction.atomic():
        check_permission(actor, Permission.ACCOUNT_MANAGE, agency)
        application = application_model.objects.create(
            name=label,
            client_id=client_id,
            client_secret=secret,
            client_type=application_model.CLIENT_CONFIDENTIAL,
            authorization_grant_type=application_model.GRANT_CLIENT_CREDENTIALS,
        )
        client = ApiClient.objects.create(application=application, agency=agency, label=label)
        _event(events.CLIENT_CREATED, client, actor)
    return NewClient(client, client_id, secret)


def revoke_client(*, client_id: int, actor: Actor, reason: str) -> ApiClient:
    """End a client: its tokens go, its secret becomes one that nobody knows. Idempotent.

    Raises NotFound, NotPermitted, Invalid.
    """
    if not reason.strip():
        raise Invalid("Say why the client is revoked.", field="reason")
    with transaction.atomic():
        client = (
            ApiClient.objects.select_for_update(of=("self",))
            .select_related("agency")
            .filter(pk=client_id)
            .first()
        )
        if client is None:
            raise NotFound(f"There is no client {client_id}.")
        check_permission(actor, Permission.ACCOUNT_MANAGE, client.agency)
        if not client.is_active:
            return client
        client.is_active = False
        client.save(update_fields=["is_active"])
        application = client.application
        application.client_secret = token_urlsafe(36)
        application.save(update_fields=["client_secret"])
        get_access_token_model().objects.filter(application=application).delete()
        _event(events.CLIENT_REVOKED, client, actor, reason=reason.strip())
    return client


def _event(action: str, client: ApiClient, actor: Actor, *, reason: str = "") -> None:
    record.event(
        action,
        actor=actor,
        subject=Ref("api_client", client.public_id),
        agency=client.agency.public_id,
        occurred_at=timezone.now(),
        reason=reason,
    )
