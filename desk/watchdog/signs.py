"""What the domain's pulse means: for each thing that must keep moving, how late it is, what that means, what to do. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Name(StrEnum):
    """What is watched."""

    SWEEP = "sweep"
    HOLDS = "holds"
    SEALER = "sealer"
    CLOCK = "clock"
    DELIVERIES = "deliveries"
    TRANSMISSIONS = "transmissions"
    SEARCHES = "searches"
    PACK = "pack"


@dataclass(frozen=True)
class Pulse:
    """Counts and instants of the whole installation, by the database's clock; never a person, never an agency."""

    seen_at: datetime
    swept_at: datetime | None
    holds_unrecorded_since: datetime | None
    unsealed_since: datetime | None
    newest_record_at: datetime | None
    deliveries_waiting_since: datetime | None
    transmissions_waiting_since: datetime | None
    searches_waiting_since: datetime | None
    pack_made_at: datetime | None = None
    pack_is_expected: bool = False
    open_breaches: int = 0
    failed_deliveries: int = 0
    quarantined_replies: int = 0


@dataclass(frozen=True)
class Sign:
    """One thing watched: how late it is against its bound, and the words for whoever has to act."""

    name: Name
    behind: timedelta | None
    """How far behind it is; None when it never ran."""
    bound: timedelta
    title: Words
    means: Words
    do: Words
    is_for_everybody: bool
    """Whether staff at the desk are told too, not only whoever runs the system."""

    @property
    def is_late(self) -> bool:
        """Never having run counts as late."""
        return self.behind is None or self.behind > self.bound

    @property
    def seconds(self) -> int | None:
        return None if self.behind is None else int(self.behind.total_seconds())


@dataclass(frozen=True)
class _Watch:
    bound: timedelta
    behind: Callable[[Pulse], timedelta | None]
    title: Words
    means: Words
    do: Words
    is_for_everybody: bool = False


ZERO = timedelta(0)


def _since(at: datetime | None, pulse: Pulse) -> timedelta:
    return ZERO if at is None else max(pulse.seen_at - at, ZERO)


def _sweep(pulse: Pulse) -> timedelta | None:
    return None if pulse.swept_at is None else _since(pulse.swept_at, pulse)


def _stepped_back(pulse: Pulse) -> timedelta:
    """How far the database's clock stands before the newest record that it stamped itself."""
    newest = pulse.newest_record_at
    return ZERO if newest is None else max(newest - pulse.seen_at, ZERO)


def _pack(pulse: Pulse) -> timedelta | None:
    """How old the newest pack for outages is, where one is wanted."""
    if not pulse.pack_is_expected:
        return ZERO
    return None if pulse.pack_made_at is None else _since(pulse.pack_made_at, pulse)


WATCHED: dict[Name, _Watch] = {
    Name.SWEEP: _Watch(
        timedelta(seconds=30),
        _sweep,
        _("The sweep of the clock is late."),
        _(
            "Alarms, breaches and messages may be late. Times on the pages are worked out when a page is shown and stay right; "
            "booking, serving and releasing work."
        ),
        _("See that the worker of the queue `clock` and the beat run; their logs say why not."),
        is_for_everybody=True,
    ),
    Name.HOLDS: _Watch(
        timedelta(seconds=60),
        lambda pulse: _since(pulse.holds_unrecorded_since, pulse),
        _("A hold is over and its end is not recorded yet."),
        _("Authority ended at its time all the same; what is late is the record and the alarm."),
        _("Release by the board. See what locks the case: docs/running.md, 'When the sweep is late'."),
        is_for_everybody=True,
    ),
    Name.SEALER: _Watch(
        timedelta(seconds=60),
        lambda pulse: _since(pulse.unsealed_since, pulse),
        _("The sealing of the audit ledger is late."),
        _(
            "Events and accesses are recorded and cannot be changed by the system; outside systems do not see them yet."
        ),
        _(
            "See that the worker of the queue `clock` runs, and that no transaction stays open: docs/ledger.md."
        ),
        is_for_everybody=True,
    ),
    Name.CLOCK: _Watch(
        timedelta(seconds=1),
        _stepped_back,
        _("The database's clock has gone back."),
        _(
            "It stands before records that it stamped itself. No hold gets longer by it, but alarms can come late."
        ),
        _("Set the clock of the database's machine right (NTP), then check the holds that end today."),
        is_for_everybody=True,
    ),
    Name.DELIVERIES: _Watch(
        timedelta(minutes=5),
        lambda pulse: _since(pulse.deliveries_waiting_since, pulse),
        _("Notifications wait."),
        _("What happened is recorded; who should be told is not told yet."),
        _("See that the worker of the queue `deliver` runs."),
    ),
    Name.TRANSMISSIONS: _Watch(
        timedelta(minutes=5),
        lambda pulse: _since(pulse.transmissions_waiting_since, pulse),
        _("Prints wait to be sent to the state bureau."),
        _("Nobody is held longer for it: an answer that is missing is no ground."),
        _(
            "See that the worker of the queue `deliver` and the broker run, and that the bureau's address answers."
        ),
    ),
    Name.SEARCHES: _Watch(
        timedelta(minutes=15),
        lambda pulse: _since(pulse.searches_waiting_since, pulse),
        _("Prints wait to be searched in our own repository."),
        _("Earlier bookings of the same person may not be known yet."),
        _("See that the workers of the queue `match` run; more of them shorten the queue."),
    ),
    Name.PACK: _Watch(
        timedelta(minutes=90),
        _pack,
        _("The pack for outages is old."),
        _(
            "If everything stopped now, the newest sheet of who is held until when would be older than 90 minutes."
        ),
        _(
            "See that the worker of the queue `deliver` runs and can write to DEGRADED_PACK_DIR; "
            "`manage.py degraded_pack` writes one now."
        ),
    ),
}


def read(pulse: Pulse) -> tuple[Sign, ...]:
    """Every sign of a pulse, in order of weight."""
    return tuple(
        Sign(
            name, watch.behind(pulse), watch.bound, watch.title, watch.means, watch.do, watch.is_for_everybody
        )
        for name, watch in WATCHED.items()
    )


def late(pulse: Pulse) -> tuple[Sign, ...]:
    """The signs that are past their bound."""
    return tuple(sign for sign in read(pulse) if sign.is_late)
