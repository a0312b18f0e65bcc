"""What can be wrong with an EFT file, told so that a clerk can mend it and a log may keep it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field. The message never repeats a value of the file.

    `code` is one of: missing, invalid, length, occurrences, not_allowed, contradiction, characters,
    structure, limit, image, unsupported.
    """

    tag: str
    mnemonic: str
    message: str
    code: str


class EftError(Exception):
    """An EFT file was refused; `errors` holds every problem that was found."""

    def __init__(self, errors: Iterable[FieldProblem]) -> None:
        self.errors: list[FieldProblem] = list(errors)
        super().__init__("; ".join(problem.message for problem in self.errors))


class UnreadableEft(EftError):
    """The bytes are not a well-formed ANSI/NIST-ITL transaction, or exceed a limit of the reader."""


class RefusedEft(EftError):
    """A well-formed transaction whose contents break the profile it claims to follow."""


class UnwritableEft(EftError):
    """We were asked to write something that the format cannot carry."""
