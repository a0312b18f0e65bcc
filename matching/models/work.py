from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import pgtrigger
from django.db import models

from matching.states import Move, pairs


def choices(states: type[StrEnum]) -> list[tuple[str, str]]:
    """Choices of a state field, in plain words."""
    return [
        (state.value, state.value.replace("_", " ").capitalize().replace(" iar", " IAR")) for state in states
    ]


def only_legal_moves(moves: Iterable[Move]) -> pgtrigger.FSM:
    """The table of moves again, held by PostgreSQL itself against any writer."""
    return pgtrigger.FSM(name="only_legal_moves", field="state", transitions=pairs(moves))


class LeasedWork(models.Model):
    """Work that one worker at a time takes for a limited time, with its own count of tries: the broker is never asked."""

    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0, help_text="Workers that vanished while holding it")
    next_attempt_at = models.DateTimeField()
    hinted_at = models.DateTimeField(null=True, blank=True, help_text="When the broker was last told")
    last_error_code = models.CharField(max_length=40, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    def is_leased_to(self, owner: str, at: datetime) -> bool:
        """Whether this worker still holds the row."""
        return self.lease_owner == owner and self.lease_until is not None and self.lease_until > at

    def forget_lease(self) -> None:
        self.lease_owner, self.lease_until = "", None


LEASE_FIELDS = ("lease_owner", "lease_until", "attempts", "deaths", "next_attempt_at", "hinted_at")
ERROR_FIELDS = ("last_error_code", "last_error")
