"""Arabic letters joined before typesetting, so that the PDF holds one character for each letter drawn. Pure.

The Arabic font takes dotted letters apart into a stroke and its dots, and PDF readers that put the text back together then repeat
or drop letters. Unicode's presentation forms (`The Unicode Standard`, 9.2; blocks FB50 and FE70) each have one glyph of their own
in the font. A reader that wants the plain letters normalises with NFKC, which every form names as its own decomposition.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_FIRST_A, _LAST_A, _FIRST_B, _LAST_B = 0xFB50, 0xFDFF, 0xFE70, 0xFEFC
_LAM = "\u0644"
_TATWEEL = "\u0640"
Forms = dict[str, str]


@cache
def _table() -> dict[str, Forms]:
    """Base text -> {initial, medial, final, isolated} -> the one character for it, from the Unicode data of Python."""
    found: dict[str, Forms] = {}
    for point in (*range(_FIRST_A, _LAST_A + 1), *range(_FIRST_B, _LAST_B + 1)):
        parts = unicodedata.decomposition(chr(point)).split()
        if len(parts) < 2 or parts[0] not in ("<initial>", "<medial>", "<final>", "<isolated>"):
            continue
        base = "".join(chr(int(part, 16)) for part in parts[1:])
        if len(base) == 1 or (len(base) == 2 and base[0] == _LAM and "\u0622" <= base[1] <= "\u0627"):
            found.setdefault(base, {})[parts[0][1:-1]] = chr(point)
    return found


def has_arabic(text: str) -> bool:
    """Whether any letter of the text is written in Arabic script."""
    return any("\u0600" <= letter <= "\u06ff" or "\u0750" <= letter <= "\u077f" for letter in text)


def joined(text: str) -> str:
    """The text with each Arabic letter in the form that its neighbours ask for; everything else as it was.

    A text with a letter that has no such form comes back unchanged: it is drawn right, and read back less well.
    """
    if not has_arabic(text) or any(_is_letter(item) and item not in _table() for item in text):
        return text
    units = _units(text)
    written = []
    for index, unit in enumerate(units):
        forms = _table().get(unit)
        if forms is None:
            written.append(unit)
            continue
        before = _goes_on(_neighbour(units, index, -1))
        after = "initial" in forms and _takes(_neighbour(units, index, 1))
        shape = ("medial" if after else "final") if before and "final" in forms else ""
        written.append(forms[shape or ("initial" if after else "isolated")])
    return "".join(written)


def plain(text: str) -> str:
    """The letters behind the presentation forms, for comparing and searching. Other characters stay as they are."""
    return "".join(
        unicodedata.normalize("NFKC", item) if _FIRST_A <= ord(item) <= _LAST_B and item in _all() else item
        for item in text
    )


@cache
def _all() -> frozenset[str]:
    return frozenset(form for forms in _table().values() for form in forms.values())


def _units(text: str) -> list[str]:
    """Characters, with lam and alef together as the one sign they must be written with."""
    found: list[str] = []
    for item in text:
        if found and found[-1] == _LAM and _LAM + item in _table():
            found[-1] += item
        else:
            found.append(item)
    return found


def _is_letter(item: str) -> bool:
    return has_arabic(item) and unicodedata.category(item) == "Lo"


def _neighbour(units: list[str], index: int, step: int) -> str:
    """The next unit that is no mark: marks sit on letters and do not part them."""
    index += step
    while 0 <= index < len(units) and unicodedata.category(units[index][0]) == "Mn":
        index += step
    return units[index] if 0 <= index < len(units) else ""


def _goes_on(unit: str) -> bool:
    """Whether this unit reaches out to the one after it."""
    return unit == _TATWEEL or "initial" in _table().get(unit, {})


def _takes(unit: str) -> bool:
    """Whether this unit can be reached from the one before it."""
    return unit == _TATWEEL or "final" in _table().get(unit, {})
