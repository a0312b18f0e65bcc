"""What the engine refuses, each with a stable code and a sentence."""

from __future__ import annotations


class EngineError(Exception):
    """Base of everything the engine raises on purpose."""

    code = "engine_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ModelRefused(EngineError):
    """The network file is missing or is not the one we know."""

    code = "model_refused"


class ImageRefused(EngineError):
    """The image cannot be put through the network."""

    code = "image_refused"


class TemplateRefused(EngineError):
    """Bytes that are not one of our templates, or templates of different extractors compared."""

    code = "template_refused"


class GalleryRefused(EngineError):
    """A gallery file that cannot be read, or a subject that cannot be enrolled."""

    code = "gallery_refused"
