"""Whose rows the database shows now: the agencies of the acting person or machine, and nothing when nobody acts.

The second wall behind `visible_to`. The scope lives in a context variable; the database backend of the web process
(`config/postgresql`) hands it to PostgreSQL before each statement that would run under another one, and the policies of
`config/row_policies.py` compare rows with it. Code that forgets the scope reads nothing and writes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from accounts.actors import NOBODY, Actor
from accounts.permissions import Permission

AGENCIES = "clearhold.agencies"
ACTOR = "clearhold.actor"
PROTECTED = "clearhold.protected"


@dataclass
class Scope:
    """Who acts in this context. A request begins with nobody and gets its actor once it is known."""

    actor: Actor = NOBODY

    def become(self, actor: Actor) -> Actor:
        """From now on `actor` acts in this context; returned, so that it can be used on."""
        self.actor = actor
        return actor

    def settings(self) -> tuple[tuple[str, str], ...]:
        """Names and values for PostgreSQL; two empty texts stand for nobody."""
        keys = sorted({key for _, key in self.actor.grants})
        agencies = "{" + ",".join(map(str, keys)) + "}" if keys else ""
        protected = sorted(key for held, key in self.actor.grants if held is Permission.PROTECTION_HANDLE)
        narrow = "{" + ",".join(map(str, protected)) + "}" if protected else ""
        return (AGENCIES, agencies), (ACTOR, self.actor.id), (PROTECTED, narrow)


_NONE = Scope().settings()
_scope: ContextVar[Scope | None] = ContextVar("clearhold_rows", default=None)


@contextmanager
def acting_for(actor: Actor) -> Iterator[Scope]:
    """Every agency in which `actor` has any grant is in reach of the database until the end; then what was before."""
    token = _scope.set(Scope(actor))
    try:
        yield _scope.get() or Scope()
    finally:
        _scope.reset(token)


def become(actor: Actor) -> Actor:
    """Say who acts in the request that runs, once that is known. Outside a request it changes nothing and returns the actor."""
    scope = _scope.get()
    return scope.become(actor) if scope is not None else actor


def current_settings() -> tuple[tuple[str, str], ...]:
    """What PostgreSQL has to know now."""
    scope = _scope.get()
    return scope.settings() if scope is not None else _NONE
