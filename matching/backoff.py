"""When to try again. Pure: the random number is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Backoff:
    """First wait, longest wait, how many tries before a person must look, and how much chance is mixed in."""

    first: timedelta = timedelta(seconds=50)
    longest: timedelta = timedelta(hours=1)
    tries: int = 12
    jitter: float = 0.2

    def wait_after(self, attempts: int, *, chance: float) -> timedelta:
        """How long to wait after the given number of tries (1 or more). `chance` is between 0 and 1.

        The wait doubles from `first` to `longest`, then moves by at most `jitter` to either side, so that a
        peer that comes back is not met by everybody at once. It never exceeds `longest`.
        """
        doubled = self.first * (1 << min(max(attempts, 1) - 1, 30))
        base = min(doubled, self.longest)
        return min(base * (1 + self.jitter * (2 * chance - 1)), self.longest)

    def next_attempt(self, attempts: int, *, at: datetime, chance: float) -> datetime | None:
        """When to try again, or None when all tries are used up and a person must look."""
        if attempts >= self.tries:
            return None
        return at + self.wait_after(attempts, chance=chance)
