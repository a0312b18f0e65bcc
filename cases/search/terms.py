"""What somebody may have meant by what they typed. Pure: text in, readings out.

People type a surname, a surname and the beginning of a given name, either first, with or without a comma; surnames have
several words. Each way to cut the words is a reading, and all are looked up at once.
"""

from dataclasses import dataclass

LONGEST = 100
MOST_WORDS = 5
LAST = "\U0010ffff"
"""Sorts after every letter: `x` to `x` + LAST is everything that begins with `x`, in the order of code points."""


@dataclass(frozen=True)
class Reading:
    """A folded surname, or its beginning, and the folded beginning of the given names (empty: any)."""

    surname: str
    given: str = ""


def clean(text: str) -> str:
    """What was typed, on one line and no longer than any name, without what no name holds."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())[:LONGEST].strip()


def is_number(text: str) -> bool:
    """Whether a number is meant: numbers hold digits, names hold none."""
    return any(letter.isdigit() for letter in text)


def halves(text: str) -> tuple[str, str]:
    """What stands before and after the first comma, which is how names are written surname first."""
    before, _comma, after = text.partition(",")
    return before.strip(), after.replace(",", " ").strip()


def readings(before: str, after: str = "") -> list[Reading]:
    """Readings of folded text, the likeliest first; empty when there is no letter to look for."""
    if after:
        return [Reading(before, after)] if before else []
    words = before.split()[:MOST_WORDS]
    if not words:
        return []
    found = [Reading(" ".join(words))]
    for cut in range(1, len(words)):
        first, second = " ".join(words[:cut]), " ".join(words[cut:])
        found += [Reading(first, second), Reading(second, first)]
    return found
