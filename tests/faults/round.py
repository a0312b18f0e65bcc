"""One fault in one environment, and the list of those that this suite plays. Every injector says what proves that it happened."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.checker import Held
from tests.faults.environment import Environment
from tests.faults.load import Load, Sent

SOON = 20.0


@dataclass
class Round:
    """One fault in one environment: what was sent, which holds run out meanwhile, when the fault was."""

    environment: Environment
    run: int
    sent: list[Sent] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    at: float = 0.0
    proof: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def load(self, how_many: int = 8, **options: Any) -> Load:
        made = Load(self.environment.api, how_many, **options)
        self.loads.append(made)
        self.sent += made.bookings
        return made

    def hold(self, how_many: int, seconds: float) -> list[Held]:
        """Persons on holds that end in `seconds`."""
        made = []
        for _ in range(how_many):
            number = f"H-{secrets.token_hex(5)}"
            answer = self.environment.actor.do("hold", number=number, seconds=seconds)
            made.append(Held(number, answer["hold"], answer["case"], answer["deadline"]))
        self.held += made
        return made

    def happened(self) -> None:
        """The fault is there now: recovery counts from here."""
        self.at = time.monotonic()

    def proves(self, words: str) -> None:
        self.proof.append(words)

    def count(self, query: str) -> int:
        return int(self.environment.rows(query)[0][0])

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = SOON) -> Any:
        return self.environment.wait_for(what, condition, seconds)

    def some_done(self, load: Load, least: int = 2) -> None:
        """Until work for the load is in its middle."""
        query = (
            "SELECT count(*) FROM cases_booking b JOIN matching_submission s ON s.case_id = b.case_id"
            " JOIN matching_transmission t ON t.submission_id = s.id"
            " WHERE t.state = 'sent' AND b.booking_number = ANY(%s)"
        )
        self.wait(
            "the middle",
            lambda: (found := self.environment.look(query, [load.numbers])) and found[0][0] >= least,
        )


@dataclass(frozen=True)
class Row:
    """One row of the matrix. `kills`: played often. From 101 on the number is ours: places the matrix does not name."""

    number: int
    fault: str
    play: Callable[[Round], None]
    kills: bool = False
    bound: float = 15.0


ROWS: dict[int, Row] = {}


def row(
    number: int, fault: str, *, kills: bool = False, bound: float = 15.0
) -> Callable[[Callable[[Round], None]], Callable[[Round], None]]:
    def register(play: Callable[[Round], None]) -> Callable[[Round], None]:
        ROWS[number] = Row(number, fault, play, kills, bound)
        return play

    return register
