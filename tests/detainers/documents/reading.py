"""Text and facts read back out of a PDF, and how two texts are compared.

PDF readers put back lines, not paragraphs, so spaces and line ends say nothing: they are left out on both sides. Arabic letters
come as presentation forms and are compared by the letters behind them. In a line that runs from the right pdfium gives the Arabic
in reading order, and words and numbers from the left that stand in it, with the brackets around them, in an order of its own. So
there the Arabic letters are compared in their order, and that each word and number from the left is there.
"""

import unicodedata

import pypdfium2

from detainers.documents import arabic

DROPPED = frozenset("\ufffe\u00ad\u2066\u2067\u2068\u2069\u200e\u200f")


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def text_of(pdf: bytes) -> str:
    return "\n".join(pages(pdf))


def squeezed(text: str) -> str:
    """Without spaces, line ends and direction marks, in composed letters."""
    plain = unicodedata.normalize("NFC", arabic.plain(text))
    return "".join(item for item in plain if not item.isspace() and item not in DROPPED)


def letters(text: str) -> str:
    """Letters and digits only."""
    return "".join(item for item in squeezed(text) if item.isalnum())


def arabic_letters(text: str) -> str:
    """Letters of the Arabic script only, in their order."""
    return "".join(item for item in squeezed(text) if unicodedata.name(item, "").startswith("ARABIC LETTER"))


def words_from_the_left(text: str) -> set[str]:
    """Latin words and numbers, without what stands around them."""
    plain = "".join(item if item.isascii() and item.isalnum() else " " for item in arabic.plain(text))
    return set(plain.split())


def title_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(document.get_metadata_dict()["Title"])
    finally:
        document.close()
