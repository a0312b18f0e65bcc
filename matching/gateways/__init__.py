"""Adapters that speak to peers. Only config/wiring.py names one, by calling `register`."""

from django.conf import settings

from matching import ports
from matching.gateways.bureau import shared_bureau


def register() -> None:
    """Reach the state bureau at BUREAU_URL."""
    ports.register_gateway(
        ports.BUREAU, lambda: shared_bureau(settings.BUREAU_URL, timeout=settings.BUREAU_TIMEOUT_SECONDS)
    )
