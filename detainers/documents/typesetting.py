"""Sets a template with data as tagged PDF/UA-1, from the fonts of the wheels alone.

Templates are read from this package; data travels as JSON and is shown as text, so nothing a person is called is ever read as
markup. Nothing is written, and no package is fetched. The compiler caches layouts in this process; fonts are opened once.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from detainers.documents import arabic

TEMPLATES = Path(__file__).parent / "templates"
STANDARD = "ua-1"
FONTS = (
    ("fontpkg_noto_sans", "files"),
    ("fontpkg_noto_sans_arabic", "files"),
    ("noto_cjk_sans_otc", ""),
)
_ISOLATE, _END = "\u2066", "\u2069"
_HIDDEN = frozenset("\u200b\u200e\u200f\u061c\ufeff")


class TypesettingError(RuntimeError):
    """A template and its data do not fit together. The message names the template, never what was in the data."""


def set_pdf(template: str, data: Mapping[str, Any], *, created: datetime) -> bytes:
    """The PDF of `templates/<template>.typ` with this data; the same data at the same instant gives the same bytes.

    Raises TypesettingError.
    """
    inputs = {"data": json.dumps(_shown(data), ensure_ascii=False)}
    try:
        return typst.compile(
            str(TEMPLATES / f"{template}.typ"),
            root=str(TEMPLATES),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=[STANDARD],
            timestamp=int(created.astimezone(UTC).timestamp()),
            package_path=str(TEMPLATES),
            package_cache_path=str(TEMPLATES),
        )
    except (typst.TypstError, OSError) as error:
        raise TypesettingError(f"{template}.typ could not be set with its data.") from error


@cache
def _fonts() -> Any:
    paths: list[Any] = [
        str(files(package) / folder) if folder else str(files(package)) for package, folder in FONTS
    ]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)


@cache
def version_of(template: str) -> str:
    """The version of a form: eight digits of the digest of its template and of the style that it shares."""
    both = (TEMPLATES / f"{template}.typ").read_bytes() + (TEMPLATES / "style.typ").read_bytes()
    return sha256(both).hexdigest()[:8]


def facts_digest(data: Mapping[str, Any]) -> str:
    """Of everything that a document says, twelve digits: two sheets that differ in a word differ here."""
    plain = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()[:12]


def clean(text: str) -> str:
    """A text of a person without signs that steer others: direction overrides, zero-width and control characters."""
    kept = (item for item in unicodedata.normalize("NFC", text) if item not in _HIDDEN)
    spaced = (" " if unicodedata.category(item) in ("Cc", "Zl", "Zp") else item for item in kept)
    return "".join(item for item in spaced if unicodedata.bidirectional(item) not in _STEERING).strip()


_STEERING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def left_to_right(text: str) -> str:
    """A number or a name in Latin letters, kept in its own order inside a text that runs from the right."""
    return f"{_ISOLATE}{text}{_END}"


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return arabic.joined(value)
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    return value
