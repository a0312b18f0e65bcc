"""Every write of the machines' door."""

from integration.services.clients import NewClient, create_client, revoke_client

__all__ = ["NewClient", "create_client", "revoke_client"]
