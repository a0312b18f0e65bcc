"""How the simulated bureau behaves: delays, which fingers it looks at, and the faults it can play."""

from collections.abc import Iterable
from dataclasses import dataclass, field

ALL_FINGERS = (1, 2, 6, 7, 3, 8, 4, 9, 5, 10)


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from the receipt of a transaction to each answer; the IAR counts from the DHS answer."""

    state: float = 0.0
    fbi: float = 0.0
    dhs: float = 0.0
    iar: float = 0.0


@dataclass(frozen=True, slots=True)
class Search:
    """Which prints are looked at. Four fingers cost little time; thumbs and index fingers go first.

    `fingers` is the order of preference, `wanted` how many usable ones end the looking. A print is usable
    with `least_minutiae` or more and a quality from 1 to `worst_quality`.
    """

    fingers: tuple[int, ...] = ALL_FINGERS
    wanted: int = 4
    least_minutiae: int = 12
    worst_quality: int = 4


@dataclass(slots=True)
class Faults:
    """What goes wrong on purpose. `unavailable` and `dropped` count down; the others hold throughout."""

    unavailable: int = 0  # answer 503 to the first n submissions
    dropped: int = 0  # accept the first n submissions, then close the connection without a word
    slow: float = 0.0  # seconds before every response
    duplicate: bool = False  # put every answer into the mailbox twice
    no_tcr: bool = False  # leave out the reference to the request
    reorder: bool = False  # answers come in reverse order


@dataclass(frozen=True, slots=True)
class Options:
    delays: Delays = field(default_factory=Delays)
    search: Search = field(default_factory=Search)
    state_ori: str | None = None  # None: the agency that the submission is addressed to


def read_faults(words: Iterable[str]) -> Faults:
    """Read `503:3`, `drop:1`, `slow:0.5`, `duplicate`, `no-tcr`, `reorder`; raises ValueError."""
    faults = Faults()
    for word in words:
        name, _, value = word.partition(":")
        try:
            _set_fault(faults, name, value)
        except ValueError:
            known = "503:N, drop:N, slow:SECONDS, duplicate, no-tcr, reorder"
            raise ValueError(f"There is no fault '{word}'; choose among {known}.") from None
    return faults


def _set_fault(faults: Faults, name: str, value: str) -> None:
    if name == "503":
        faults.unavailable = int(value)
    elif name == "drop":
        faults.dropped = int(value)
    elif name == "slow":
        faults.slow = float(value)
    elif name in ("duplicate", "no-tcr", "reorder") and not value:
        setattr(faults, name.replace("-", "_"), True)
    else:
        raise ValueError(name)
