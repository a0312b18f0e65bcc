"""The settings of matching with their defaults, read at the time of use so that tests can change them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from matching.backoff import Backoff
from matching.policies import AnswerTimes


def _setting(name: str, default: Any) -> Any:
    return getattr(settings, name, default)


def backoff() -> Backoff:
    return Backoff(
        first=timedelta(seconds=_setting("MATCHING_BACKOFF_FIRST_SECONDS", 50)),
        longest=timedelta(seconds=_setting("MATCHING_BACKOFF_MAX_SECONDS", 3600)),
        tries=_setting("MATCHING_MAX_ATTEMPTS", 12),
        jitter=_setting("MATCHING_BACKOFF_JITTER", 0.2),
    )


def lease() -> timedelta:
    """How long a worker owns a row. Longer than the longest call, or a slow worker loses what it is doing."""
    return timedelta(seconds=_setting("MATCHING_LEASE_SECONDS", 120))


def search_lease() -> timedelta:
    return timedelta(seconds=_setting("MATCHING_SEARCH_LEASE_SECONDS", 300))


def poison_after() -> int:
    """How many workers may die on one row before it is set aside for a person."""
    return int(_setting("MATCHING_POISON_AFTER", 5))


def hint_again_after() -> timedelta:
    """How long a hint given to the broker is trusted before the sweep gives another."""
    return timedelta(seconds=_setting("MATCHING_HINT_SECONDS", 4))


def answer_times() -> AnswerTimes:
    return AnswerTimes(
        state=timedelta(minutes=_setting("MATCHING_STATE_ANSWER_MINUTES", 120)),
        fbi=timedelta(minutes=_setting("MATCHING_FBI_ANSWER_MINUTES", 120)),
        dhs=timedelta(minutes=_setting("MATCHING_DHS_ANSWER_MINUTES", 240)),
    )


def searches_prints() -> bool:
    """Whether bookings are searched in our own print repository."""
    return bool(_setting("MATCHING_PRINT_SEARCH", True))


def candidate_limit() -> int:
    return int(_setting("MATCHING_CANDIDATE_LIMIT", 10))


def policy_file() -> Path:
    default = Path(__file__).resolve().parent / "data" / "submission_policies.yaml"
    return Path(_setting("MATCHING_POLICY_FILE", default))


def batch_size() -> int:
    return int(_setting("MATCHING_BATCH_SIZE", 25))


def gives_hints() -> bool:
    """Whether the broker is told of new work at once. The sweep finds it in any case; tests do without."""
    return bool(_setting("MATCHING_HINTS", not _setting("TESTING", False)))
