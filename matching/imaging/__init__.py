"""Decoding of fingerprint images, always in a limited child process. Knows nothing of Django.

The names are loaded when first used, so that the child process does not pay for what only the parent needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matching.imaging.codec import encode_wsq
    from matching.imaging.images import EncodedImage, GreyImage, Limits, Refusal, from_print
    from matching.imaging.parent import decode

__all__ = ["EncodedImage", "GreyImage", "Limits", "Refusal", "decode", "encode_wsq", "from_print"]

_HOMES = {"decode": "parent", "encode_wsq": "codec"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'images')}"), name)
