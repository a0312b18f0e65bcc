"""Whether the sweep of the clock is alive. Authority ends without it; what stops is alarms and records."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from detainers.models import SweepHeartbeat

LATE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Pulse:
    """When the sweep last ran, seen at one instant."""

    swept_at: datetime | None
    seen_at: datetime

    @property
    def age(self) -> timedelta | None:
        return None if self.swept_at is None else max(self.seen_at - self.swept_at, timedelta(0))

    @property
    def is_late(self) -> bool:
        """Never swept counts as late."""
        return self.age is None or self.age > LATE_AFTER


def read(*, at: datetime) -> Pulse:
    """The newest heartbeat of any sweep of the clock."""
    newest = SweepHeartbeat.objects.order_by("-swept_at").values_list("swept_at", flat=True).first()
    return Pulse(swept_at=newest, seen_at=at)
