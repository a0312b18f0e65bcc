"""One proof: the write that must not go through, and the guard that refuses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction

if TYPE_CHECKING:
    from config.proofs.scene import Scene


class Held(Exception):
    """The database did what it must do by itself; for guards that add instead of refusing."""


class _Untouched(Exception):
    """Rolls an attempt back that went through."""


@dataclass(frozen=True)
class Guard:
    """What stands behind a proof, with the statement that takes it away: a test does that and sees the proof fail."""

    name: str
    without: str


@dataclass(frozen=True)
class Proof:
    """`tries` writes what is forbidden; `refused_by` is what the refusal must say, as a regular expression."""

    name: str
    sentence: str
    tries: Callable[[Scene], object]
    refused_by: str
    guard: Guard


@dataclass(frozen=True)
class Outcome:
    """Whether one guard holds, and what happened."""

    name: str
    sentence: str
    guard: str
    holds: bool
    detail: str

    def as_json(self) -> dict[str, str | bool]:
        return {
            "name": self.name,
            "sentence": self.sentence,
            "guard": self.guard,
            "holds": self.holds,
            "detail": self.detail,
        }


def attempt(proof: Proof, scene: Scene) -> Outcome:
    """Try it in a savepoint and undo whatever it did."""

    def said(holds: bool, detail: str) -> Outcome:
        return Outcome(proof.name, proof.sentence, proof.guard.name, holds, detail)

    try:
        with transaction.atomic():
            proof.tries(scene)
            raise _Untouched
    except _Untouched:
        return said(False, "The write went through. Run `manage.py migrate` as the owner.")
    except Held as held:
        return said(True, str(held))
    except DatabaseError as error:
        words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if re.search(proof.refused_by, str(error)):
            return said(True, words)
        return said(False, f"Something else stopped it, not this guard: {words}")
