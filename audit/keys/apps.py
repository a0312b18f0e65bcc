from django.apps import AppConfig
from django.core import checks


class KeysConfig(AppConfig):
    """Wrapped data keys: tables keys_*."""

    name = "audit.keys"
    label = "keys"
    verbose_name = "Keys"

    def ready(self) -> None:
        from audit import sentences
        from audit.keys.checks import check_keys
        from audit.keys.events import SENTENCES

        sentences.register(SENTENCES)
        checks.register(check_keys, checks.Tags.security)
