"""Names on the wire. EBTS carries 7-bit letters, hyphen and blank only; the product keeps the true name.

How a name is folded: letters that are one sign in their own alphabet are written as its users do in English
documents (ß SS, æ AE, ø O, đ D, ł L, þ TH, ð D, œ OE, ı I and the like); then NFKD takes accents off;
apostrophes and full stops disappear; every dash becomes a hyphen; commas and other white space become one
blank; the result is upper case. What has no Latin counterpart (other scripts, digits, signs) is refused,
never dropped: a person has to enter a Latin spelling.
"""

import unicodedata

from matching.formats.errors import FieldProblem, UnwritableEft

LONGEST_NAME = 50
_TAG, _MNEMONIC = "2.018", "NAM"
_LETTERS = str.maketrans(
    {
        "ß": "SS", "ẞ": "SS", "æ": "AE", "Æ": "AE", "œ": "OE", "Œ": "OE", "ø": "O", "Ø": "O", "đ": "D",
        "Đ": "D", "ð": "D", "Ð": "D", "ł": "L", "Ł": "L", "þ": "TH", "Þ": "TH", "ı": "I", "ħ": "H", "Ħ": "H",
        "ŋ": "NG", "Ŋ": "NG", "ŧ": "T", "Ŧ": "T", "ə": "A", "Ə": "A", "ɓ": "B", "ɗ": "D", "ƙ": "K", "ƴ": "Y",
        "ɛ": "E", "ɔ": "O", "Ɛ": "E", "Ɔ": "O", "ɖ": "D", "ƒ": "F",
    }
)  # fmt: skip
_SILENT = frozenset("'’‘ʼʻʹʾʿ`´.·")
_BLANKS = frozenset(" \t\r\n,")
_DASHES = frozenset("-‐‑‒–—―−")


def fold_name(text: str) -> str:
    """One part of a name as the wire can carry it; raises UnwritableEft when a sign has no counterpart."""
    folded: list[str] = []
    for char in unicodedata.normalize("NFKD", text.translate(_LETTERS)):
        if unicodedata.combining(char) or char in _SILENT:
            continue
        if char in _DASHES:
            folded.append("-")
        elif char in _BLANKS or unicodedata.category(char) == "Zs":
            folded.append(" ")
        elif char.isascii() and char.isalpha():
            folded.append(char.upper())
        else:
            message = "has a sign without a counterpart on the wire; enter the name in Latin letters."
            raise UnwritableEft(
                [FieldProblem(_TAG, _MNEMONIC, f"{_TAG} {_MNEMONIC} {message}", "characters")]
            )
    return " ".join("".join(folded).split())


def wire_name(surname: str, given_names: str, *, longest: int = LONGEST_NAME) -> str:
    """Field 2.018: folded surname, comma, folded given names ('FNU' where none is known), cut at the end."""
    last = fold_name(surname)
    if not last:
        message = f"{_TAG} {_MNEMONIC} needs a surname; enter it, or LNU where none is known."
        raise UnwritableEft([FieldProblem(_TAG, _MNEMONIC, message, "missing")])
    first = fold_name(given_names) or "FNU"
    last = last[: longest - 2].rstrip()
    return f"{last},{first}"[:longest].rstrip(" -")
