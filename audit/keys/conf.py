"""Which provider this process uses, from the settings."""

from django.conf import settings

from audit.keys.errors import KeyUnavailable
from audit.keys.ports import KeyProvider
from audit.keys.providers import EnvironmentProvider, FileProvider


def provider() -> KeyProvider:
    """The key provider that the settings name. Raises KeyUnavailable for an unknown one."""
    if settings.KEY_PROVIDER == "file":
        return FileProvider(settings.KEY_DIRECTORY, settings.KEY_CURRENT)
    if settings.KEY_PROVIDER == "environment":
        return EnvironmentProvider(settings.KEYS, settings.KEY_CURRENT)
    raise KeyUnavailable(f"CLEARHOLD_KEY_PROVIDER is '{settings.KEY_PROVIDER}'. Use 'file' or 'environment'.")
