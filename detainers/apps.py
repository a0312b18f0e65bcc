from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class DetainersConfig(AppConfig):
    name = "detainers"
    verbose_name = "Detainers and holds"

    def ready(self) -> None:
        from audit import sentences
        from detainers import corrections, handlers
        from detainers.events import SENTENCES

        sentences.register(SENTENCES)
        handlers.connect()
        corrections.connect()
        post_migrate.connect(seed_policies, sender=self, dispatch_uid="detainers-policies")


def seed_policies(sender: Any, using: str, **kwargs: Any) -> None:
    """The rows of law shipped with the software, once, into a table that is there and empty."""
    from detainers.services.policy_load import seed

    if using == "default" and "detainers_policy" in connections[using].introspection.table_names():
        seed()
