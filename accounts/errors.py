"""The errors services raise. Each door maps them once: 403, 404, 409, 400. Messages name ids, never people."""

from collections.abc import Sequence
from dataclasses import dataclass


class ClearholdError(Exception):
    """Base of every refusal a person or machine may see. `message` says what is wrong and what to do."""

    code = "refused"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code:
            self.code = code


class NotPermitted(ClearholdError):
    """In sight, but this actor may not do this."""

    code = "not_permitted"
    status = 403


class NotFound(ClearholdError):
    """Not there, or outside the actor's sight: the answer is the same, so that no booking is confirmed to a stranger."""

    code = "not_found"
    status = 404


class IllegalMove(ClearholdError):
    """The state of the thing does not allow this now."""

    code = "illegal_move"
    status = 409


class Conflict(ClearholdError):
    """The same key was used before for something else."""

    code = "conflict"
    status = 409


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: where, what, and what to enter."""

    field: str
    message: str
    code: str = "invalid"


class Invalid(ClearholdError):
    """One or more fields cannot be accepted; all problems are listed at once."""

    code = "invalid"
    status = 400

    def __init__(self, errors: Sequence[FieldError] | str, *, field: str = "", code: str = "invalid") -> None:
        if isinstance(errors, str):
            errors = [FieldError(field=field, message=errors, code=code)]
        self.errors: tuple[FieldError, ...] = tuple(errors)
        super().__init__(" ".join(error.message for error in self.errors), code=code, field=field)
