"""Figures, the register of what can be measured, and the one that runs it.

A measure is a generator of figures. It takes a `Bench`, which gives it databases of the asked sizes, and yields one
`Figure` after another, each beside the reference it was measured with in the same run:

    @measure("sweep")
    def sweep(bench: Bench) -> Iterator[Figure]:
        with bench.database(bench.largest) as place:
            ...
            yield bench.figure("sweep.10k_due", timed, unit="s", bound=2.0, size=place.size)

A measure that has to be right before it is fast asserts that itself; a failed assertion is a figure that is not ok.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import statistics
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.places import Place

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (500, 2_000)


@dataclass(frozen=True)
class Figure:
    """One number beside what it is compared with.

    `bound` is the most (`at_most`) or the least that `value` may be, in `unit`; None is a figure without a bound.
    `reference` is the same thing done barely, or at the smallest size, in the same run and in the same unit.
    `runs` are the single values, `spread` the lowest and the highest of them. `size` is in cases.
    """

    name: str
    value: float
    unit: str
    reference: float | None = None
    bound: float | None = None
    at_most: bool = True
    ok: bool = True
    size: int | None = None
    runs: tuple[float, ...] = ()
    spread: tuple[float, float] | None = None
    load: float = 0.0
    cores: int = 0
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The figure as the line of JSON says it, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "", (), {})}


Measure = Callable[["Bench"], Iterator[Figure]]
MEASURES: dict[str, Measure] = {}


def measure(name: str) -> Callable[[Measure], Measure]:
    """Register a measure under the name that `--only` takes."""

    def register(function: Measure) -> Measure:
        MEASURES[name] = function
        return function

    return register


def load_measures() -> dict[str, Measure]:
    """Import every module of `tests.bench.figures`; the register in the order of their names."""
    from tests.bench import figures

    for module in sorted(info.name for info in pkgutil.iter_modules(figures.__path__)):
        importlib.import_module(f"tests.bench.figures.{module}")
    return MEASURES


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0-1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(-(-share * len(ordered) // 1)) - 1))]


class Bench:
    """What a measure is given: sizes, databases, a place to speak, and a way to make figures."""

    def __init__(
        self, *, sizes: Sequence[int], quick: bool, say: Callable[[str], None], fresh: bool = False
    ) -> None:
        self.sizes = tuple(sorted(sizes))
        self.quick = quick
        self.say = say
        self.fresh = fresh
        self.cores = len(os.sched_getaffinity(0))

    @property
    def smallest(self) -> int:
        return self.sizes[0]

    @property
    def largest(self) -> int:
        return self.sizes[-1]

    def repeats(self, full: int, quick: int = 1) -> int:
        """How often to repeat: `full` times, or `quick` times where only correctness is asked for."""
        return quick if self.quick else full

    @contextmanager
    def database(self, size: int) -> Iterator[Place]:
        """A database with `size` synthetic cases, made now or earlier; Django talks to it inside the block."""
        from tests.bench.places import open_place

        with open_place(size, self) as place:
            yield place

    def figure(
        self,
        name: str,
        runs: Sequence[float] | float,
        *,
        unit: str,
        reference: Sequence[float] | float | None = None,
        bound: float | None = None,
        times_reference: float | None = None,
        at_most: bool = True,
        size: int | None = None,
        note: str = "",
        **extra: Any,
    ) -> Figure:
        """A figure from single runs (their median). `times_reference` makes the bound from the reference.

        With `--quick` nothing is bound: the sizes say nothing about speed, only that everything runs.
        """
        values = tuple(runs) if isinstance(runs, Sequence) else (float(runs),)
        value = statistics.median(values)
        beside = statistics.median(reference) if isinstance(reference, Sequence) else reference
        if times_reference is not None and beside is not None:
            by_reference = beside * times_reference
            bound = by_reference if bound is None else (min if at_most else max)(bound, by_reference)
        ok = bound is None or (value <= bound if at_most else value >= bound)
        return Figure(
            name=name,
            value=_rounded(value),
            unit=unit,
            reference=None if beside is None else _rounded(beside),
            bound=None if bound is None else _rounded(bound),
            at_most=at_most,
            ok=ok or self.quick,
            size=size,
            runs=tuple(_rounded(item) for item in values),
            spread=(_rounded(min(values)), _rounded(max(values))),
            load=round(os.getloadavg()[0], 2),
            cores=self.cores,
            note=note,
            extra=extra,
        )


def run(bench: Bench, names: Sequence[str]) -> Iterator[Figure]:
    """Run measures by name and yield their figures as they come. One that fails becomes a figure that is not ok."""
    register = load_measures()
    for name in names:
        bench.say(f"measuring {name}")
        started = time.monotonic()
        try:
            yield from register[name](bench)
        except Exception as error:  # noqa: BLE001 - the other measures go on; this one is reported and fails the run
            bench.say(traceback.format_exc())
            seconds = round(time.monotonic() - started, 1)
            yield Figure(
                name, seconds, "s", ok=False, note=f"failed: {type(error).__name__}: {str(error)[-300:]}"
            )


def _rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return float(f"{value:.4g}")
